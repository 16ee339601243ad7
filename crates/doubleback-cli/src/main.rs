//! The command `doubleback`: the library's trainings, attacks and reports for a shell.
//!
//! [`args`] says what can be asked for, [`commands`] does it. Results go to standard output, everything else to standard error.
mod args;
mod class_table;
mod commands;
mod context;
mod exit;
mod files;
mod interrupt;
mod output;
mod progress;
mod usage;

use std::process::ExitCode;

// Every training step allocates and frees tensors of several megabytes. The system's allocator gives such memory back to the kernel each
// time and gets it zeroed again, page by page; mimalloc keeps it.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Has mimalloc keep all of it: by default it gives back what was not used for some milliseconds, which is most of a step's memory.
fn keep_memory() {
    /// `mi_option_purge_delay`, of which -1 means never.
    const PURGE_DELAY: libmimalloc_sys::mi_option_t = 15;
    // SAFETY: a call that sets a number; no other thread runs yet.
    unsafe { libmimalloc_sys::mi_option_set(PURGE_DELAY, -1) }
}

fn main() -> ExitCode {
    keep_memory();
    exit::install_panic_hook();
    let cli = match usage::parse(std::env::args_os()) {
        Ok(cli) => cli,
        Err(code) => return code,
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
        Ok(Ok(())) => ExitCode::SUCCESS,
        Ok(Err(failure)) => failure.report(log_format),
        // The hook has said what happened.
        Err(_) => ExitCode::from(exit::OURS),
    }
}
