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
mod memory;
mod output;
mod progress;
mod stats;
mod usage;

use std::process::ExitCode;

fn main() -> ExitCode {
    memory::keep();
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
