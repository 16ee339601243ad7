//! The command line.

use std::ffi::OsString;
use std::path::PathBuf;

use pyo3::prelude::*;

/// Runs the command that `words` ask for, the first of which is the program's name, and gives its exit status. `program` is what to start for
/// further commands.
#[pyfunction]
#[pyo3(signature = (words, program))]
pub fn command(py: Python<'_>, words: Vec<OsString>, program: Option<PathBuf>) -> u8 {
    py.detach(|| doubleback_cli::run(words, program))
}
