use std::io;
use std::path::PathBuf;

/// Why a report or its figures could not be written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The folder of the report, a file in it, or the final name could not be made.
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
    /// A file of a figure could not be written.
    #[error("{source}. Check that you may write there and that the disk has space")]
    File {
        /// Which file, and what the operating system said.
        source: doubleback::Error,
    },
    /// The values of a figure could not be put into columns.
    #[error("{}: could not write the values of the figure: {source}. This is a fault of doubleback: please report it", path.display())]
    Values {
        /// The file that was to hold them.
        path: PathBuf,
        /// What is wrong.
        source: csv::Error,
    },
}
