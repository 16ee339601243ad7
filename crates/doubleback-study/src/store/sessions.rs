use rusqlite::{OptionalExtension, Row};

use super::clock::now;
use super::database::Store;
use super::numbers::{index, number, stored};
use super::participant::Participant;
use super::stage::Stage;
use super::token::TokenHash;
use crate::error::Result;

impl Store {
    /// Whose session this is.
    ///
    /// # Errors
    /// If SQLite fails.
    pub async fn session(&self, session: TokenHash) -> Result<Option<Participant>> {
        self.read(move |connection| {
            let sql = "SELECT number, stage, images, (SELECT COUNT(*) FROM answers WHERE participant = number) FROM participants WHERE session = ?1";
            let of = |row: &Row<'_>| {
                Ok(Participant {
                    number: number(row.get(0)?),
                    stage: Stage::of_rank(row.get(1)?),
                    answered: index(row.get(3)?),
                    order: order(row, 2)?,
                })
            };
            connection.prepare_cached(sql)?.query_row([session.0], of).optional()
        })
        .await
    }

    /// Takes a participant to a stage; never back. Returns when it is on the disk.
    ///
    /// # Errors
    /// If SQLite fails.
    pub async fn advance(&self, number: u64, stage: Stage) -> Result<()> {
        let at = now();
        self.write(move |connection| {
            let sql = "UPDATE participants SET stage = max(stage, ?2), active = max(active, ?3),
                finished = CASE WHEN ?2 = ?4 THEN coalesce(finished, ?3) ELSE finished END WHERE number = ?1";
            let row = (stored(number), stage.rank(), at, Stage::Done.rank());
            connection.prepare_cached(sql)?.execute(row).map(drop)
        })
        .await
    }
}

/// The images of a participant, of a column with a JSON array.
pub fn order(row: &Row<'_>, column: usize) -> rusqlite::Result<Vec<usize>> {
    let text: String = row.get(column)?;
    serde_json::from_str(&text).map_err(|cause| {
        rusqlite::Error::FromSqlConversionFailure(column, rusqlite::types::Type::Text, Box::new(cause))
    })
}
