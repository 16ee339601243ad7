use super::database::Store;
use crate::error::Result;

impl Store {
    /// Deletes all data of a participant for good, at their wish: returns when the database is written anew without them and its log is empty. Somebody who is
    /// not there is no error.
    ///
    /// # Errors
    /// If SQLite fails.
    pub async fn withdraw(&self, _number: u64) -> Result<()> {
        todo!()
    }

    /// [`withdraw`](Self::withdraw) at the researcher's wish; says whether the participant was there.
    ///
    /// # Errors
    /// If SQLite fails.
    pub async fn delete(&self, _number: u64) -> Result<bool> {
        todo!()
    }

    /// Deletes all whose time is over at this time in Unix seconds, and says how many they were.
    ///
    /// # Errors
    /// If SQLite fails.
    pub async fn delete_expired(&self, _now: i64) -> Result<u64> {
        todo!()
    }
}
