use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use strum::EnumCount;

use crate::Error;

/// Which defense, without its settings: the ways to train that the paper compares, adversarial training with PGD, and TRADES.
///
/// In files it is its [name](Self::name).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, EnumCount)]
#[serde(into = "&'static str", try_from = "String")]
pub enum DefenseKind {
    /// None.
    Normal,
    /// Defensive distillation.
    Distillation,
    /// Adversarial training with FGSM.
    AdversarialTraining,
    /// Adversarial training with PGD (Madry et al. 2018).
    PgdTraining,
    /// TRADES (Zhang et al. 2019).
    Trades,
    /// Certainty sensitivity.
    CertaintySensitivity,
    /// Double backprop.
    DoubleBackprop,
    /// Double backprop towards a teacher's labels.
    DistilledLabel,
    /// Penalty on the gradient of the predictions' entropy.
    Entropy,
    /// Double backprop and adversarial training with FGSM.
    Both,
}

impl DefenseKind {
    /// All of them.
    pub const ALL: [DefenseKind; DefenseKind::COUNT] = [
        DefenseKind::Normal,
        DefenseKind::Distillation,
        DefenseKind::AdversarialTraining,
        DefenseKind::PgdTraining,
        DefenseKind::Trades,
        DefenseKind::CertaintySensitivity,
        DefenseKind::DoubleBackprop,
        DefenseKind::DistilledLabel,
        DefenseKind::Entropy,
        DefenseKind::Both,
    ];

    /// Those of the paper's main figures, in its order.
    pub const PAPER: [DefenseKind; 5] = [
        DefenseKind::Normal,
        DefenseKind::Distillation,
        DefenseKind::AdversarialTraining,
        DefenseKind::CertaintySensitivity,
        DefenseKind::DoubleBackprop,
    ];

    /// Its name, as on the command line and in every file: `normal`, `distilled`, `advtrain`, …
    // `strum` derives no constant function with documentation, and constants of reports are named by this one.
    pub const fn name(self) -> &'static str {
        match self {
            DefenseKind::Normal => "normal",
            DefenseKind::Distillation => "distilled",
            DefenseKind::AdversarialTraining => "advtrain",
            DefenseKind::PgdTraining => "pgd",
            DefenseKind::Trades => "trades",
            DefenseKind::CertaintySensitivity => "insensitive",
            DefenseKind::DoubleBackprop => "doubleback",
            DefenseKind::DistilledLabel => "distilled-label",
            DefenseKind::Entropy => "entropy",
            DefenseKind::Both => "both",
        }
    }
}

impl fmt::Display for DefenseKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for DefenseKind {
    type Err = Error;

    fn from_str(name: &str) -> Result<Self, Error> {
        let known = DefenseKind::ALL.iter().map(|d| d.name());
        DefenseKind::ALL
            .into_iter()
            .find(|d| d.name() == name)
            .ok_or_else(|| Error::unknown("defense", name, known))
    }
}

impl From<DefenseKind> for &'static str {
    fn from(kind: DefenseKind) -> Self {
        kind.name()
    }
}

impl TryFrom<String> for DefenseKind {
    type Error = Error;

    fn try_from(name: String) -> Result<Self, Error> {
        name.parse()
    }
}
