//! The command `doubleback`: the library's trainings, attacks and reports for a shell.
//!
//! Its modules `args` say what can be asked for, and `commands` do it. Results go to standard output, everything else to standard error.
mod args;
mod class_table;
mod commands;
mod context;
mod exit;
mod files;
mod interrupt;
mod memory;
mod output;
mod program;
mod progress;
mod stats;
mod usage;

use std::ffi::OsString;
use std::path::PathBuf;

/// Runs the command that `words` ask for, of which the first is the program's name, and gives the exit status; what a command says goes to
/// standard output and standard error. `program` is what to start for further commands, where that is not the executable of this process.
///
/// It is for a process that does nothing else: it listens to Ctrl-C, starts the worker threads and the log of the process, and may end it.
pub fn run(words: impl IntoIterator<Item = OsString>, program: Option<PathBuf>) -> u8 {
    memory::keep();
    exit::install_panic_hook();
    if let Some(program) = program {
        program::set(program);
    }
    let cli = match usage::parse(words.into_iter()) {
        Ok(cli) => cli,
        Err(status) => return status,
    };
    let log_format = cli.global.log_format;
    let outcome = std::panic::catch_unwind(|| commands::run(cli));
    if !interrupt::has_the_last_word() {
        // The program is being ended.
        loop {
            std::thread::park();
        }
    }
    match outcome {
        Ok(Ok(())) => exit::DONE,
        Ok(Err(failure)) => failure.report(log_format),
        // The hook has said what happened.
        Err(_) => exit::OURS,
    }
}

/// Has this process keep the memory that computing has freed, which the next step takes again, as commands do. It is for processes that compute
/// by the library and have this crate's allocator.
pub fn keep_memory() {
    memory::keep();
}
