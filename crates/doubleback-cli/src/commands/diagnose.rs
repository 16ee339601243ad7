use crate::args::DiagnoseArgs;
use crate::context::Context;
use crate::exit::Result;

/// Diagnoses models.
pub fn run(_args: &DiagnoseArgs, _context: &Context) -> Result<()> {
    Ok(())
}
