//! The human study: what the commands of `study` do.
mod analyse;
mod export;
mod new;
mod serve;

pub use serve::run as serve;

use crate::args::StudyCommand;
use crate::context::Context;
use crate::exit::Result;
use crate::output::grouped;

/// Does what was asked of a study.
pub fn run(command: &StudyCommand, context: &Context) -> Result<()> {
    match command {
        StudyCommand::New(args) => new::run(args, context),
        StudyCommand::Serve(args) => serve(args),
        StudyCommand::Export(args) => export::run(args),
        StudyCommand::Analyse(args) => analyse::run(args, context),
    }
}

/// Such as `237 answers of 8 participants`.
fn answers(answers: usize, participants: usize) -> String {
    let some = |count: usize, what: &str| match count {
        1 => format!("1 {what}"),
        count => format!("{} {what}s", grouped(count)),
    };
    format!("{} of {}", some(answers, "answer"), some(participants, "participant"))
}
