//! The tables, and whether a database is one of this study.

use std::path::Path;

use rusqlite::{Connection, params};

use super::failure::Failure;
use crate::error::{Error, Result};

/// Tells these files from other SQLite databases.
const APPLICATION: i32 = 0x6462_7374;

/// Version of the tables.
const VERSION: i32 = 1;

/// Times are milliseconds since 1970. No choice (`NULL`) is "N/A". What is of a participant goes with them.
const TABLES: &str = "
CREATE TABLE study (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    manifest TEXT NOT NULL,
    admin BLOB,
    paused INTEGER NOT NULL,
    open_cap INTEGER,
    retention_days INTEGER,
    numbers INTEGER NOT NULL DEFAULT 0,
    opened INTEGER NOT NULL DEFAULT 0,
    withdrawn INTEGER NOT NULL DEFAULT 0,
    deleted INTEGER NOT NULL DEFAULT 0,
    expired INTEGER NOT NULL DEFAULT 0,
    scrub INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE TABLE participants (
    number INTEGER PRIMARY KEY,
    session BLOB NOT NULL UNIQUE,
    consent BLOB NOT NULL,
    images TEXT NOT NULL,
    stage INTEGER NOT NULL DEFAULT 0,
    enrolled INTEGER NOT NULL,
    active INTEGER NOT NULL,
    finished INTEGER,
    retention_days INTEGER
) STRICT;
CREATE TABLE links (
    number INTEGER PRIMARY KEY,
    token BLOB NOT NULL UNIQUE,
    used INTEGER NOT NULL DEFAULT 0,
    participant INTEGER UNIQUE REFERENCES participants ON DELETE SET NULL
) STRICT;
CREATE TABLE views (
    participant INTEGER NOT NULL REFERENCES participants ON DELETE CASCADE,
    position INTEGER NOT NULL,
    shown INTEGER NOT NULL,
    PRIMARY KEY (participant, position)
) STRICT, WITHOUT ROWID;
CREATE TABLE answers (
    participant INTEGER NOT NULL REFERENCES participants ON DELETE CASCADE,
    position INTEGER NOT NULL,
    first INTEGER,
    second INTEGER,
    seconds REAL NOT NULL,
    changes INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (participant, position)
) STRICT, WITHOUT ROWID;
CREATE TABLE forms (
    participant INTEGER NOT NULL REFERENCES participants ON DELETE CASCADE,
    nonce BLOB NOT NULL,
    content BLOB NOT NULL,
    PRIMARY KEY (participant, nonce)
) STRICT, WITHOUT ROWID;
CREATE TABLE comparisons (
    participant INTEGER PRIMARY KEY REFERENCES participants ON DELETE CASCADE,
    preferred INTEGER,
    comment TEXT NOT NULL
) STRICT;
";

/// Makes the tables in an empty database; in another one, checks that it is of the study with this manifest.
pub fn prepare(connection: &mut Connection, file: &Path, manifest: &str) -> Result<()> {
    let transaction = connection.transaction().failing(file, "cannot begin")?;
    let objects: i64 = transaction
        .query_row("SELECT COUNT(*) FROM sqlite_schema", [], |row| row.get(0))
        .failing(file, "cannot read the tables")?;
    if objects > 0 {
        return check(&transaction, file, manifest);
    }
    let settings = super::settings::Settings::default();
    let row = params![manifest, settings.paused, settings.retention_days];
    let made = transaction
        .execute_batch(TABLES)
        .and_then(|()| transaction.pragma_update(None, "application_id", APPLICATION))
        .and_then(|()| transaction.pragma_update(None, "user_version", VERSION))
        .and_then(|()| {
            let insert = "INSERT INTO study (id, manifest, paused, retention_days) VALUES (1, ?1, ?2, ?3)";
            transaction.execute(insert, row)
        });
    made.failing(file, "cannot make the tables")?;
    transaction.commit().failing(file, "cannot make the tables")
}

/// Checks that a database is of the study with this manifest.
pub fn check(connection: &Connection, file: &Path, manifest: &str) -> Result<()> {
    let pragma = |name| connection.pragma_query_value(None, name, |row| row.get::<_, i32>(0));
    let content = |what: String| Error::Content {
        path: file.to_owned(),
        what,
    };
    if pragma("application_id").failing(file, "cannot read")? != APPLICATION {
        return Err(content("is no database of a study: move it elsewhere".to_owned()));
    }
    let version = pragma("user_version").failing(file, "cannot read")?;
    if version != VERSION {
        let what =
            format!("version {version}: expected {VERSION}; open it with the version of doubleback that made it");
        return Err(content(what));
    }
    let stored: String = connection
        .query_row("SELECT manifest FROM study", [], |row| row.get(0))
        .failing(file, "cannot read")?;
    match stored == manifest {
        true => Ok(()),
        false => Err(content(format!(
            "is of the study whose study.json has SHA-256 {stored}, and here is {manifest}: people answered other images; put the old study.json back, \
             or make another folder"
        ))),
    }
}
