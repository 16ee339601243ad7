use std::path::Path;

use serde::{Deserialize, Serialize};

use super::comparison::Comparison;
use super::stage::Stage;
use crate::answer::Response;
use crate::error::Result;

/// All that a study has gathered.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Export {
    /// Answers, by participant and position.
    pub responses: Vec<Response>,
    /// Who took part, by number.
    pub participants: Vec<ExportedParticipant>,
    /// What they said of the confusion matrices, by participant.
    pub comparisons: Vec<ExportedComparison>,
}

/// A participant in an [`Export`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExportedParticipant {
    /// In the order of enrolment, from 1.
    pub number: u64,
    /// How far they came.
    pub stage: Stage,
    /// Day of their enrolment, in UTC, as `2026-11-29`: the hour is nobody's business.
    pub enrolled: String,
    /// Day on which they were done.
    pub finished: Option<String>,
}

/// A comparison in an [`Export`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExportedComparison {
    /// Number of the participant.
    pub participant: u64,
    /// What they said.
    #[serde(flatten)]
    pub comparison: Comparison,
}

/// Reads all that a study has gathered, beside a running server too.
///
/// # Errors
/// If the folder is no study or nobody has served it yet, if the database is of another study or of a later version of this program, or if SQLite fails.
pub fn export(_study: &Path) -> Result<Export> {
    todo!()
}
