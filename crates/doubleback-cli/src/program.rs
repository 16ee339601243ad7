//! The program that runs commands: this executable, or one that calls the command line from within another.

use std::io;
use std::path::PathBuf;
use std::sync::OnceLock;

static PROGRAM: OnceLock<PathBuf> = OnceLock::new();

/// Commands that run others, as `sweep` does, are to start this program instead of the executable of the process.
pub fn set(program: PathBuf) {
    // It is set once, before the command.
    let _ = PROGRAM.set(program);
}

/// The program to start for another command.
pub fn file() -> io::Result<PathBuf> {
    PROGRAM.get().cloned().map_or_else(std::env::current_exe, Ok)
}
