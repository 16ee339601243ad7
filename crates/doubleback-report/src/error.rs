use std::io;
use std::path::PathBuf;

/// Why a report could not be written.
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
}
