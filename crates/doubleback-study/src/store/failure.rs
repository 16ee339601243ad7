use std::path::Path;

use crate::error::{Error, Result};

/// What SQLite says, as an error of a study.
pub trait Failure<T> {
    /// The file, and what was tried.
    fn failing(self, file: &Path, action: &str) -> Result<T>;
}

impl<T> Failure<T> for rusqlite::Result<T> {
    fn failing(self, file: &Path, action: &str) -> Result<T> {
        self.map_err(|cause| error(file, action, &cause.to_string()))
    }
}

/// An error of a database. SQLite's messages name tables and columns, and never what is in them.
pub fn error(file: &Path, action: &str, cause: &str) -> Error {
    Error::Database {
        path: file.to_owned(),
        what: format!("{action}: {}", doubleback_error::on_one_line(cause)),
    }
}
