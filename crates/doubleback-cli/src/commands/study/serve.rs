use crate::args::StudyServeArgs;
use crate::exit::Result;

/// Serves a study.
pub fn run(_args: &StudyServeArgs) -> Result<()> {
    todo!()
}
