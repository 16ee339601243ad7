use doubleback_report::redraw;

use crate::args::ReportArgs;
use crate::exit::Result;
use crate::output;

/// Draws a run's report again.
pub fn run(args: &ReportArgs) -> Result<()> {
    let redrawn = redraw(&args.folder)?;
    output::print(&format!(
        "Report:  {}\nFigures: {} ({} files)\n",
        args.folder.join("report.html").display(),
        args.folder.join("figures").display(),
        redrawn.paths.len() - 1
    ))
}
