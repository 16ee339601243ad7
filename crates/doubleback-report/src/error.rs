use std::io;
use std::path::PathBuf;

use doubleback::ErrorKind;

/// Why a report or its figures could not be drawn or written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The folder of the report or of its figures could not be made, or a file in it not be written.
    #[error("{}: could not {operation}: {source}. {advice}", path.display())]
    Write {
        /// The file or folder at fault.
        path: PathBuf,
        /// What was attempted, such as `create the folder`.
        operation: &'static str,
        /// What the user can do about it.
        advice: &'static str,
        /// What the operating system said.
        source: io::Error,
    },
    /// The values of a figure could not be put into columns.
    #[error("{}: could not write the values of the figure: {source}. This is a fault of doubleback: please report it", path.display())]
    Values {
        /// The file that was to hold them.
        path: PathBuf,
        /// What is wrong.
        source: csv::Error,
    },
    /// A folder or its results are not those of a finished run that has a report.
    #[error("{}: {problem}", path.display())]
    Run {
        /// The folder, or the file in it that is at fault.
        path: PathBuf,
        /// What was found in its place, and what to do.
        problem: String,
    },
    /// A folder, or a file of a run, is not there.
    #[error("{}: {problem}", path.display())]
    Missing {
        /// The folder or file.
        path: PathBuf,
        /// What is there instead, and what to do.
        problem: String,
    },
    /// The pictures of a run could not be read.
    #[error("{source}. Give the command that made this run again")]
    Pictures {
        /// Which file, and what is wrong with it.
        source: doubleback::Error,
    },
}

impl Error {
    /// Whose fault it is.
    pub fn kind(&self) -> ErrorKind {
        // No `_` here: a new variant must choose.
        match self {
            Error::Write { source, .. } => source.into(),
            Error::Values { .. } => ErrorKind::Ours,
            Error::Run { .. } => ErrorKind::Input,
            Error::Missing { .. } => ErrorKind::Missing,
            Error::Pictures { source } => source.kind(),
        }
    }
}
