use clap::CommandFactory;
use clap_complete::Shell;

use crate::args::Cli;
use crate::exit::{Failure, Result};
use crate::output::print;

/// Prints completions.
pub fn completions(shell: Shell) -> Result<()> {
    let mut text = Vec::new();
    clap_complete::generate(shell, &mut Cli::command(), "doubleback", &mut text);
    print(&String::from_utf8_lossy(&text))
}

/// Prints the man page of the program or of one of its commands.
pub fn man(command: Option<&str>) -> Result<()> {
    let mut program = Cli::command();
    program.build();
    let page = match command {
        None => program,
        Some(name) => program
            .find_subcommand(name)
            .cloned()
            .ok_or_else(|| Failure::Input(format!("unknown command `{name}`. See `doubleback --help`")))?,
    };
    let mut text = Vec::new();
    clap_mangen::Man::new(page)
        .render(&mut text)
        .map_err(|e| Failure::Ours(format!("cannot make the man page: {e}")))?;
    print(&String::from_utf8_lossy(&text))
}
