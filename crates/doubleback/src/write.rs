//! Files that are either complete or not there, with this crate's errors.

use std::path::Path;

use crate::data::atomic_file;
use crate::{Error, Result};

pub use crate::data::atomic_file::remove_partial_files;

/// Writes a file whole or not at all.
///
/// # Errors
/// When the folder is missing or cannot be written, or the disk is full; the file is then as it was.
pub fn write_atomically(path: &Path, bytes: &[u8]) -> Result<()> {
    atomic_file::replace(path, bytes).map_err(Error::io(path, "writing"))
}
