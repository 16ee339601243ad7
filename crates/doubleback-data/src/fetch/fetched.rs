//! What is here after fetching.

use std::path::PathBuf;

/// A file, or what an archive held, that is here now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fetched {
    /// The file or folder.
    pub path: PathBuf,
    /// Whether it had to be fetched.
    pub outcome: Outcome,
    /// Whether a published SHA-256 says that it is right.
    pub checked: bool,
}

/// Whether something had to be fetched.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It was not here, or not as published.
    Fetched,
    /// It was here.
    AlreadyHere,
}
