use std::fmt;
use std::str::FromStr;

use crate::Error;

/// The ways to train that the paper compares.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Defense {
    /// None.
    Normal,
    /// Defensive distillation.
    Distilled,
    /// Adversarial training with FGSM.
    Advtrain,
    /// Certainty sensitivity.
    Insensitive,
    /// Double backprop.
    Doubleback,
}

impl Defense {
    /// All of them, in the paper's order.
    pub const ALL: [Defense; 5] = [
        Defense::Normal,
        Defense::Distilled,
        Defense::Advtrain,
        Defense::Insensitive,
        Defense::Doubleback,
    ];

    /// `normal`, `distilled`, `advtrain`, `insensitive` or `doubleback`.
    pub fn name(self) -> &'static str {
        match self {
            Defense::Normal => "normal",
            Defense::Distilled => "distilled",
            Defense::Advtrain => "advtrain",
            Defense::Insensitive => "insensitive",
            Defense::Doubleback => "doubleback",
        }
    }

    /// Whether it has a penalty with a weight.
    pub fn has_lambda(self) -> bool {
        matches!(self, Defense::Insensitive | Defense::Doubleback)
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
