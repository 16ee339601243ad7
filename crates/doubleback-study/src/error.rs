use std::io;
use std::path::PathBuf;

use doubleback_error::ErrorKind;

/// Why something of a study failed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A file or folder could not be read or written.
    #[error("{}: {action}: {cause}", path.display())]
    File {
        /// Which.
        path: PathBuf,
        /// What was tried, such as `cannot read`.
        action: &'static str,
        /// Why it failed.
        cause: io::Error,
    },
    /// A file of the study is not what it should be.
    #[error("{}: {what}", path.display())]
    Content {
        /// Which.
        path: PathBuf,
        /// What was found, what was expected and what to do.
        what: String,
    },
    /// The database of participants failed.
    #[error("{}: {what}", path.display())]
    Database {
        /// Its file.
        path: PathBuf,
        /// What was tried and what SQLite says.
        what: String,
    },
    /// A setting that cannot be.
    #[error("{0}")]
    Setting(String),
    /// Images that cannot be drawn.
    #[error(transparent)]
    Data(#[from] doubleback_data::DataError),
    /// Models that cannot be computed with; or work with them was interrupted.
    #[cfg(feature = "networks")]
    #[error(transparent)]
    Model(#[from] doubleback::Error),
}

impl Error {
    /// Whose fault it is.
    pub fn kind(&self) -> ErrorKind {
        match self {
            Self::File { cause, .. } => cause.into(),
            Self::Content { .. } | Self::Database { .. } | Self::Setting(_) => ErrorKind::Input,
            Self::Data(cause) => cause.kind(),
            #[cfg(feature = "networks")]
            Self::Model(cause) => cause.kind(),
        }
    }
}

/// What gives an [`Error`] if it fails.
pub type Result<T> = std::result::Result<T, Error>;
