//! What a participant says of an image, and how that is scored.

use serde::{Deserialize, Serialize};

/// A label, or that none is plausible.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Choice {
    /// The class of this index in [`Manifest::classes`](crate::folder::Manifest::classes).
    Label(usize),
    /// No label is plausible ("N/A"); as the second choice, none besides the first is.
    NotApplicable,
}

/// What a participant finds the most plausible label of an image, and the second most plausible.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Answer {
    first: Choice,
    second: Choice,
}

/// Why two choices are no answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Inconsistent {
    /// Both are the same label.
    #[error("the second most plausible label is the same as the first")]
    Same,
    /// No label is plausible, and yet a second is.
    #[error("no label is the most plausible, and yet there is a second")]
    SecondOfNone,
    /// No class has this index.
    #[error("there is no class {0}: the study has {1}")]
    Unknown(usize, usize),
}

impl Answer {
    /// An answer of two choices, for a study of so many classes.
    ///
    /// # Errors
    /// [`Inconsistent`] if the two are the same label, if the first is not applicable and the second is a label, or if a class is not there.
    pub fn new(first: Choice, second: Choice, classes: usize) -> Result<Self, Inconsistent> {
        for choice in [first, second] {
            if let Choice::Label(label) = choice
                && label >= classes
            {
                return Err(Inconsistent::Unknown(label, classes));
            }
        }
        match (first, second) {
            (Choice::NotApplicable, Choice::Label(_)) => Err(Inconsistent::SecondOfNone),
            (Choice::Label(first), Choice::Label(second)) if first == second => Err(Inconsistent::Same),
            _ => Ok(Self { first, second }),
        }
    }

    /// The most plausible label.
    pub fn first(self) -> Choice {
        self.first
    }

    /// The second most plausible label.
    pub fn second(self) -> Choice {
        self.second
    }

    /// "Human fooled" (Ross & Doshi-Velez 2018, Table 1): the first answer is the class that the attack aimed at.
    pub fn fooled(self, target: usize) -> bool {
        self.first == Choice::Label(target)
    }

    /// "Mistake reasonable" (Table 1): the target is the first or the second answer, or no label is plausible. That no label is plausible *besides the
    /// first* is no such answer.
    pub fn reasonable(self, target: usize) -> bool {
        self.fooled(target) || self.second == Choice::Label(target) || self.first == Choice::NotApplicable
    }
}

/// An answer with what it is about, as exports and the analysis have it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Response {
    /// Number of the participant, in the order of enrolment, from 1; it says nothing of who they are.
    pub participant: u64,
    /// Place of the image in the participant's order, from 1.
    pub position: usize,
    /// Index of the image in [`Manifest::candidates`](crate::folder::Manifest::candidates).
    pub candidate: usize,
    /// The answer: the last one, if it was changed.
    pub answer: Answer,
    /// Seconds from the first time that the image was shown to the first answer.
    pub seconds: f64,
    /// How often it was changed.
    pub changes: usize,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_are_scored_as_the_paper_does() {
        let label = Choice::Label;
        let of = |first, second| Answer::new(first, second, 10).unwrap();
        let scores = |answer: Answer| (answer.fooled(3), answer.reasonable(3));
        assert_eq!(scores(of(label(3), label(5))), (true, true));
        assert_eq!(scores(of(label(3), Choice::NotApplicable)), (true, true));
        assert_eq!(scores(of(label(5), label(3))), (false, true));
        assert_eq!(scores(of(label(5), label(4))), (false, false));
        assert_eq!(scores(of(label(5), Choice::NotApplicable)), (false, false));
        assert_eq!(scores(of(Choice::NotApplicable, Choice::NotApplicable)), (false, true));
    }

    #[test]
    fn what_is_no_answer_is_refused() {
        let label = Choice::Label;
        assert_eq!(Answer::new(label(3), label(3), 10), Err(Inconsistent::Same));
        assert_eq!(
            Answer::new(Choice::NotApplicable, label(3), 10),
            Err(Inconsistent::SecondOfNone)
        );
        assert_eq!(Answer::new(label(10), label(3), 10), Err(Inconsistent::Unknown(10, 10)));
        assert_eq!(Answer::new(label(1), label(11), 10), Err(Inconsistent::Unknown(11, 10)));
    }
}
