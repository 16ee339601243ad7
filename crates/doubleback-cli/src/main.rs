//! The program `doubleback`.

use std::process::ExitCode;

fn main() -> ExitCode {
    ExitCode::from(doubleback_cli::run(std::env::args_os(), None))
}
