use crate::args::StudyExportArgs;
use crate::exit::Result;

/// Writes a study's answers.
pub fn run(_args: &StudyExportArgs) -> Result<()> {
    todo!()
}
