use serde::{Deserialize, Serialize};

use super::answers::Kept;
use super::database::Store;
use super::token::Nonce;
use crate::error::Result;

/// What a participant says of the confusion matrices.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Comparison {
    /// Index of the model whose mistakes are the most reasonable, if one was chosen.
    pub preferred: Option<usize>,
    /// In the participant's own words; may be empty.
    pub comment: String,
}

impl Store {
    /// Keeps the comparison and makes the participant [`Done`](super::Stage::Done). Returns when it is on the disk.
    ///
    /// # Errors
    /// If SQLite fails: nothing is kept then.
    pub async fn compare(&self, _number: u64, _comparison: Comparison, _form: Nonce) -> Result<Kept> {
        todo!()
    }
}
