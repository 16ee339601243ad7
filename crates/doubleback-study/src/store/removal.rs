use rusqlite::Connection;

use super::database::Store;
use super::numbers::{stored, stored_index};
use crate::error::Result;

/// Who is due at a time in milliseconds: so many days after what they sent last, as they agreed to or, if that is less, as the researcher wants now.
const DUE: &str = "active + 86400000 * min(coalesce(participants.retention_days, 1000000), coalesce((SELECT retention_days FROM study), 1000000)) <= ?1";

impl Store {
    /// Deletes all data of a participant for good, at their wish: returns when the database is written anew without them and its log is empty. Somebody who is
    /// not there is no error.
    ///
    /// # Errors
    /// If SQLite fails.
    pub async fn withdraw(&self, number: u64) -> Result<()> {
        let gone = self.erase(move |connection| {
            remove(
                connection,
                "number = ?1",
                stored(number),
                "UPDATE study SET withdrawn = withdrawn + ?1, scrub = 1",
            )
        });
        gone.await.map(drop)
    }

    /// [`withdraw`](Self::withdraw) at the researcher's wish; says whether the participant was there.
    ///
    /// # Errors
    /// If SQLite fails.
    pub async fn delete(&self, number: u64) -> Result<bool> {
        let gone = self.erase(move |connection| {
            remove(
                connection,
                "number = ?1",
                stored(number),
                "UPDATE study SET deleted = deleted + ?1, scrub = 1",
            )
        });
        Ok(gone.await? > 0)
    }

    /// Deletes all whose time is over at this time in Unix seconds, and says how many they were.
    ///
    /// # Errors
    /// If SQLite fails.
    pub async fn delete_expired(&self, now: i64) -> Result<u64> {
        let at = now.saturating_mul(1000);
        let due = self.read(move |connection| {
            let sql = format!("SELECT COUNT(*) FROM participants WHERE {DUE}");
            connection
                .prepare_cached(&sql)?
                .query_row([at], |row| row.get::<_, i64>(0))
        });
        if due.await? == 0 {
            return Ok(0);
        }
        let gone = self.erase(move |connection| {
            remove(
                connection,
                DUE,
                at,
                "UPDATE study SET expired = expired + ?1, scrub = 1",
            )
        });
        Ok(gone.await? as u64)
    }
}

/// Deletes who fits the condition, counts them, and says how many they were.
fn remove(connection: &Connection, condition: &str, value: i64, count: &str) -> rusqlite::Result<usize> {
    let gone = connection
        .prepare_cached(&format!("DELETE FROM participants WHERE {condition}"))?
        .execute([value])?;
    connection.prepare_cached(count)?.execute([stored_index(gone)])?;
    Ok(gone)
}
