//! How the files of a data set compare with the published ones.

use std::fmt;
use std::io;

use crate::error::DataError;
use crate::words::count;

/// A file and its state.
#[derive(Debug)]
#[non_exhaustive]
pub struct FileStatus {
    /// The file's path.
    pub file: String,
    /// Its state.
    pub state: FileState,
    /// Image files that it stands for, if it is of a folder of images. `None` is for files that are downloaded one by one.
    pub images: Option<usize>,
}

impl FileStatus {
    /// The state of a file that was read, or could not be.
    pub(crate) fn new(file: String, read: Result<FileState, DataError>) -> Self {
        let state = read.unwrap_or_else(FileState::from);
        Self {
            file,
            state,
            images: None,
        }
    }
}

impl fmt::Display for FileStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (&self.state, self.images) {
            (FileState::Unpublished { .. }, Some(images)) => {
                write!(f, "{}: {}, {}", self.file, count(images, "image"), self.state)
            }
            _ => write!(f, "{}: {}", self.file, self.state),
        }
    }
}

/// How a file compares with the published one.
#[derive(Debug)]
#[non_exhaustive]
pub enum FileState {
    /// The published bytes, packed or unpacked.
    Official,
    /// Sound, but not the published bytes.
    NotOfficial {
        /// SHA-256 of the file.
        sha256: String,
    },
    /// Sound, and there are no published bytes to compare with.
    Unpublished {
        /// SHA-256 of the file; of a folder, that of the names and the SHA-256 of all files in it.
        sha256: String,
    },
    /// Not there.
    Missing,
    /// Cannot be used, and the others are used without it.
    LeftOut {
        /// Why.
        why: String,
    },
    /// Cannot be used.
    Damaged(DataError),
}

impl FileState {
    /// Whether the file is as it was published, or nothing was published and it can be used, or it is known that it cannot.
    pub fn is_right(&self) -> bool {
        matches!(self, Self::Official | Self::Unpublished { .. } | Self::LeftOut { .. })
    }
}

impl From<DataError> for FileState {
    fn from(error: DataError) -> Self {
        match error {
            DataError::Io { cause, .. } if cause.kind() == io::ErrorKind::NotFound => Self::Missing,
            error => Self::Damaged(error),
        }
    }
}

impl fmt::Display for FileState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Official => f.write_str("official"),
            Self::NotOfficial { sha256 } => write!(f, "not the official bytes (SHA-256 {sha256})"),
            Self::Unpublished { sha256 } => write!(f, "sound, nothing published to compare with (SHA-256 {sha256})"),
            Self::Missing => f.write_str("missing"),
            Self::LeftOut { why } => write!(f, "left out: {why}"),
            Self::Damaged(error) => write!(f, "damaged: {error}"),
        }
    }
}
