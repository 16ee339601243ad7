//! The human study: what the commands of `study` do.
mod analyse;
mod export;
mod new;
mod serve;

pub use serve::run as serve;

use crate::args::StudyCommand;
use crate::context::Context;
use crate::exit::Result;

/// Does what was asked of a study.
pub fn run(command: &StudyCommand, context: &Context) -> Result<()> {
    match command {
        StudyCommand::New(args) => new::run(args, context),
        StudyCommand::Serve(args) => serve(args),
        StudyCommand::Export(args) => export::run(args),
        StudyCommand::Analyse(args) => analyse::run(args, context),
    }
}
