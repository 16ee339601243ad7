use serde::{Deserialize, Serialize};
use strum::{Display, EnumCount, EnumString, IntoStaticStr};

use crate::Error;

/// Which defense, without its settings: the ways to train that the paper compares, and adversarial training with PGD.
///
/// In files it is its [name](Self::name).
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    Hash,
    PartialOrd,
    Ord,
    Serialize,
    Deserialize,
    Display,
    EnumCount,
    EnumString,
    IntoStaticStr,
)]
#[serde(into = "&'static str", try_from = "String")]
#[strum(serialize_all = "kebab-case", parse_err_ty = Error, parse_err_fn = unknown)]
pub enum DefenseKind {
    /// None.
    Normal,
    /// Defensive distillation.
    #[strum(serialize = "distilled")]
    Distillation,
    /// Adversarial training with FGSM.
    #[strum(serialize = "advtrain")]
    AdversarialTraining,
    /// Adversarial training with PGD (Madry et al. 2018).
    #[strum(serialize = "pgd")]
    PgdTraining,
    /// Certainty sensitivity.
    #[strum(serialize = "insensitive")]
    CertaintySensitivity,
    /// Double backprop.
    #[strum(serialize = "doubleback")]
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
    pub const ALL: [Self; Self::COUNT] = [
        DefenseKind::Normal,
        DefenseKind::Distillation,
        DefenseKind::AdversarialTraining,
        DefenseKind::PgdTraining,
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
    pub fn name(self) -> &'static str {
        self.into()
    }
}

fn unknown(name: &str) -> Error {
    Error::unknown("defense", name, DefenseKind::ALL.map(DefenseKind::name))
}

impl TryFrom<String> for DefenseKind {
    type Error = Error;

    fn try_from(name: String) -> Result<Self, Error> {
        name.parse()
    }
}
