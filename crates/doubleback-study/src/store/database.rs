use std::path::Path;

use crate::error::Result;

/// The participants of a study and their answers. A handle: its clones are the same store.
#[derive(Clone)]
pub struct Store;

impl Store {
    /// Opens the store of a study's folder, and makes it if there is none.
    ///
    /// # Errors
    /// If the folder is on a network file system, if another server runs on it, if the database is of another study or of a later version of this
    /// program, or if SQLite fails.
    pub fn open(_study: &Path) -> Result<Self> {
        todo!()
    }

    /// Ends the store: what waits is written, and the log is merged into the database and truncated.
    ///
    /// # Errors
    /// If SQLite fails.
    pub async fn close(self) -> Result<()> {
        todo!()
    }
}
