//! Files that are either complete or not there, with this crate's errors.

use std::io;
use std::path::Path;

use crate::data::atomic_file::{self, Out};
use crate::{Error, Result};

pub use crate::data::atomic_file::remove_partial_files;

/// Writes a file whole or not at all.
///
/// # Errors
/// When the folder is missing or cannot be written, or the disk is full; the file is then as it was.
pub fn write_atomically(path: &Path, bytes: &[u8]) -> Result<()> {
    atomic_file::replace(path, bytes).map_err(Error::io(path, "writing"))
}

/// The same with what `write` writes, which is never in memory as a whole.
///
/// # Errors
/// As [`write_atomically`].
pub fn write_with(path: &Path, write: &mut dyn FnMut(&mut dyn Out) -> io::Result<()>) -> Result<()> {
    atomic_file::replace_with(path, write).map_err(Error::io(path, "writing"))
}
