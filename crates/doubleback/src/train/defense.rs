use std::fmt;
use std::str::FromStr;

use crate::Error;

/// The ways to train that the paper compares, and adversarial training with PGD.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Defense {
    /// None.
    Normal,
    /// Defensive distillation.
    Distilled,
    /// Adversarial training with FGSM.
    Advtrain,
    /// Adversarial training with PGD (Madry et al. 2018).
    Pgd,
    /// Certainty sensitivity.
    Insensitive,
    /// Double backprop.
    Doubleback,
    /// Double backprop towards a teacher's labels.
    DistilledLabel,
    /// Penalty on the gradient of the predictions' entropy.
    Entropy,
    /// Double backprop and adversarial training with FGSM.
    Both,
}

impl Defense {
    /// All of them.
    pub const ALL: [Defense; 9] = [
        Defense::Normal,
        Defense::Distilled,
        Defense::Advtrain,
        Defense::Pgd,
        Defense::Insensitive,
        Defense::Doubleback,
        Defense::DistilledLabel,
        Defense::Entropy,
        Defense::Both,
    ];

    /// Those of the paper's main figures, in its order.
    pub const PAPER: [Defense; 5] = [
        Defense::Normal,
        Defense::Distilled,
        Defense::Advtrain,
        Defense::Insensitive,
        Defense::Doubleback,
    ];

    /// As on the command line: `normal`, `distilled`, `advtrain`, …
    pub fn name(self) -> &'static str {
        match self {
            Defense::Normal => "normal",
            Defense::Distilled => "distilled",
            Defense::Advtrain => "advtrain",
            Defense::Pgd => "pgd",
            Defense::Insensitive => "insensitive",
            Defense::Doubleback => "doubleback",
            Defense::DistilledLabel => "distilled-label",
            Defense::Entropy => "entropy",
            Defense::Both => "both",
        }
    }

    /// Whether it has a penalty with a weight.
    pub fn has_lambda(self) -> bool {
        use Defense::{Both, DistilledLabel, Doubleback, Entropy, Insensitive};
        matches!(self, Insensitive | Doubleback | DistilledLabel | Entropy | Both)
    }

    /// Whether it has a teacher, and so a softmax temperature.
    pub fn has_teacher(self) -> bool {
        matches!(self, Defense::Distilled | Defense::DistilledLabel)
    }

    /// Whether it trains on perturbed images.
    pub fn has_adversary(self) -> bool {
        matches!(self, Defense::Advtrain | Defense::Pgd | Defense::Both)
    }
}

impl fmt::Display for Defense {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Defense {
    type Err = Error;

    fn from_str(name: &str) -> Result<Self, Error> {
        let known = Defense::ALL.iter().map(|d| d.name());
        Defense::ALL
            .into_iter()
            .find(|d| d.name() == name)
            .ok_or_else(|| Error::unknown("defense", name, known))
    }
}

/// The weight per example that corresponds to the authors' weight at their batch size: theirs multiplies half the squared norm of the
/// gradient of the batch *mean*.
///
/// ```
/// # use doubleback::train::per_example_lambda;
/// assert!((per_example_lambda(56234.0, 256) - 109.83).abs() < 0.01);
/// ```
pub fn per_example_lambda(paper_lambda: f64, batch: usize) -> f64 {
    paper_lambda / (2.0 * batch as f64)
}

/// Inverse of [`per_example_lambda`].
pub fn paper_lambda(lambda: f64, batch: usize) -> f64 {
    lambda * 2.0 * batch as f64
}
