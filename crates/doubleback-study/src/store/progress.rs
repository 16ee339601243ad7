use super::database::Store;
use super::stage::Stage;
use crate::error::Result;

/// How a study goes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Progress {
    /// Participants that there are.
    pub enrolled: u64,
    /// By how far they are.
    pub stages: Vec<(Stage, u64)>,
    /// Those who are done.
    pub finished: u64,
    /// Answers to images.
    pub answers: u64,
    /// Unix seconds of whatever was last sent.
    pub last_activity: Option<i64>,
    /// Those who have begun by open enrolment, withdrawn ones too.
    pub opened: u64,
    /// Personal links.
    pub links: u64,
    /// Those by which somebody has begun.
    pub links_used: u64,
    /// Participants who have withdrawn.
    pub withdrawn: u64,
    /// Participants whose data the researcher deleted.
    pub deleted: u64,
    /// Participants whose data were deleted because their time was over.
    pub expired: u64,
}

/// A participant, as the researcher sees them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Attendance {
    /// Their number.
    pub number: u64,
    /// How far they are.
    pub stage: Stage,
    /// Images answered.
    pub answered: usize,
    /// Unix seconds of what they sent last.
    pub last_activity: i64,
}

impl Store {
    /// How the study goes now.
    ///
    /// # Errors
    /// If SQLite fails.
    pub async fn progress(&self) -> Result<Progress> {
        todo!()
    }

    /// All participants by number.
    ///
    /// # Errors
    /// If SQLite fails.
    pub async fn participants(&self) -> Result<Vec<Attendance>> {
        todo!()
    }
}
