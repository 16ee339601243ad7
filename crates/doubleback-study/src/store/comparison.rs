use rusqlite::{Connection, OptionalExtension};
use serde::{Deserialize, Serialize};

use super::clock::now;
use super::database::Store;
use super::forms;
use super::kept::Kept;
use super::numbers::{stored, stored_index};
use super::stage::Stage;
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
    pub async fn compare(&self, number: u64, comparison: Comparison, form: Nonce) -> Result<Kept> {
        let at = now();
        self.write(move |connection| keep(connection, stored(number), &comparison, form, at))
            .await
    }
}

fn keep(connection: &Connection, number: i64, comparison: &Comparison, form: Nonce, at: i64) -> rusqlite::Result<Kept> {
    let preferred = comparison.preferred.map(stored_index);
    let content = forms::content(&[
        b"comparison",
        format!("{preferred:?}").as_bytes(),
        comparison.comment.as_bytes(),
    ]);
    if let Some(kept) = forms::sent(connection, number, form, content)? {
        return Ok(kept);
    }
    let stage: Option<u32> = connection
        .prepare_cached("SELECT stage FROM participants WHERE number = ?1")?
        .query_row([number], |row| row.get(0))
        .optional()?;
    if stage != Some(Stage::Comparison.rank()) {
        return Ok(Kept::Closed);
    }
    connection
        .prepare_cached("INSERT INTO comparisons (participant, preferred, comment) VALUES (?1, ?2, ?3)")?
        .execute((number, preferred, &comparison.comment))?;
    forms::remember(connection, number, form, content)?;
    connection
        .prepare_cached(
            "UPDATE participants SET stage = ?2, active = max(active, ?3), finished = ?3 WHERE number = ?1",
        )?
        .execute((number, Stage::Done.rank(), at))?;
    Ok(Kept::New)
}
