use std::path::{Path, PathBuf};
use std::sync::Arc;

use rusqlite::Connection;
use sha2::{Digest, Sha256};

use super::failure::Failure;
use super::readers::{PATIENCE, Readers};
use super::writer::{When, Writer, scrub, truncate_log};
use super::{place, schema};
use crate::assignment::Assignment;
use crate::error::{Error, Result};
use crate::folder::{Manifest, read_manifest};

/// The participants of a study and their answers. A handle: its clones are the same store.
#[derive(Clone)]
pub struct Store(Arc<Inner>);

struct Inner {
    readers: Readers,
    writer: Writer,
    assignment: Arc<Assignment>,
    classes: usize,
}

impl Store {
    /// Opens the store of a study's folder, and makes it if there is none.
    ///
    /// # Errors
    /// If the folder is on a network file system, if another server runs on it, if the database is of another study or of a later version of this
    /// program, or if SQLite fails.
    pub fn open(study: &Path) -> Result<Self> {
        place::local(study)?;
        let (manifest, checksum) = identity(study)?;
        let lock = place::lock(study)?;
        let file = file(study);
        place::create(&file)?;
        let connection = connect(&file, &checksum)?;
        Ok(Self(Arc::new(Inner {
            readers: Readers::new(file.clone()),
            writer: Writer::start(connection, file, lock)?,
            assignment: Arc::new(Assignment::new(&manifest)),
            classes: manifest.classes.len(),
        })))
    }

    /// Ends the store: what waits is written, and the log is merged into the database and truncated.
    ///
    /// # Errors
    /// If SQLite fails, or the store is closed already.
    pub async fn close(self) -> Result<()> {
        self.0.readers.close().await;
        self.0.writer.close().await
    }

    pub(super) async fn read<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Connection) -> rusqlite::Result<T> + Send + 'static,
    ) -> Result<T> {
        self.0.readers.read(work).await
    }

    pub(super) async fn write<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Connection) -> rusqlite::Result<T> + Send + 'static,
    ) -> Result<T> {
        self.0.writer.write(When::Kept, work).await
    }

    /// [`write`](Self::write) that deletes: returns when nothing of it is in the files.
    pub(super) async fn erase<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Connection) -> rusqlite::Result<T> + Send + 'static,
    ) -> Result<T> {
        self.0.writer.write(When::Scrubbed, work).await
    }

    pub(super) fn write_later(
        &self,
        work: impl FnOnce(&Connection) -> rusqlite::Result<()> + Send + 'static,
    ) -> Result<()> {
        self.0.writer.write_later(work)
    }

    pub(super) fn assignment(&self) -> Arc<Assignment> {
        Arc::clone(&self.0.assignment)
    }

    pub(super) fn classes(&self) -> usize {
        self.0.classes
    }
}

/// The database of a study's folder.
pub fn file(study: &Path) -> PathBuf {
    study.join("answers.sqlite")
}

/// A study's manifest, and the SHA-256 of its file in hexadecimal digits.
pub fn identity(study: &Path) -> Result<(Manifest, String)> {
    let manifest = read_manifest(study)?;
    let path = study.join("study.json");
    let bytes = std::fs::read(&path).map_err(|cause| Error::File {
        path,
        action: "cannot read",
        cause,
    })?;
    let checksum = Sha256::digest(&bytes)
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    Ok((manifest, checksum))
}

/// The connection that writes, after whatever the last server could not finish.
fn connect(file: &Path, checksum: &str) -> Result<Connection> {
    let mut connection = Connection::open(file).failing(file, "cannot open")?;
    connection.busy_timeout(PATIENCE).failing(file, "cannot open")?;
    connection.set_prepared_statement_cache_capacity(64);
    // Apple's disks want to be asked for what `FULL` means elsewhere. What is temporary stays in memory: a file elsewhere would keep what is deleted here.
    let pragmas =
        "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA fullfsync = ON; PRAGMA checkpoint_fullfsync = ON;
        PRAGMA foreign_keys = ON; PRAGMA secure_delete = ON; PRAGMA temp_store = MEMORY;";
    connection
        .execute_batch(pragmas)
        .failing(file, "cannot open; is it a database of a study?")?;
    let mode: String = connection
        .pragma_query_value(None, "journal_mode", |row| row.get(0))
        .failing(file, "cannot open")?;
    if mode != "wal" {
        let what = format!(
            "its file system allows no write-ahead log (journal mode `{mode}`): move the study's folder to a local disk"
        );
        return Err(Error::Content {
            path: file.to_owned(),
            what,
        });
    }
    schema::prepare(&mut connection, file, checksum)?;
    let unfinished: bool = connection
        .query_row("SELECT scrub FROM study", [], |row| row.get(0))
        .failing(file, "cannot read")?;
    match unfinished {
        true => scrub(&connection, file)?,
        false => truncate_log(&connection, file)?,
    }
    Ok(connection)
}
