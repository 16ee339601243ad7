use crate::args::StudyAnalyseArgs;
use crate::context::Context;
use crate::exit::Result;

/// Analyses a study.
pub fn run(_args: &StudyAnalyseArgs, _context: &Context) -> Result<()> {
    todo!()
}
