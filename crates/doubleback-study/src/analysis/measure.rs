//! What is counted of an answer.

use serde::{Deserialize, Serialize};

use crate::answer::Answer;

/// What is counted of an answer to an adversarial image.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Measure {
    /// "Human fooled" (Table 1): the most plausible label is the class that the attack aimed at.
    Fooled,
    /// "Mistake reasonable" (Table 1): the target is among the two most plausible labels, or none is plausible.
    Reasonable,
    /// What is not reasonable: the paper's test is of these errors.
    Unreasonable,
}

impl Measure {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Fooled, Self::Reasonable, Self::Unreasonable];

    /// Those that models are compared by: what the paper tests, and the other half of its table.
    pub const COMPARED: [Self; 2] = [Self::Unreasonable, Self::Fooled];

    /// Whether an answer to an image of this target counts.
    pub fn counts(self, answer: Answer, target: usize) -> bool {
        match self {
            Self::Fooled => answer.fooled(target),
            Self::Reasonable => answer.reasonable(target),
            Self::Unreasonable => !answer.reasonable(target),
        }
    }

    /// In words: `human fooled`, `mistake reasonable`, `mistake unreasonable`.
    pub fn words(self) -> &'static str {
        match self {
            Self::Fooled => "human fooled",
            Self::Reasonable => "mistake reasonable",
            Self::Unreasonable => "mistake unreasonable",
        }
    }
}
