use std::path::PathBuf;

use clap::Args;

use crate::files::Files;

/// Long help of `report`.
pub const LONG: &str = "Draw a run's report again from its files alone.\n\n\
    Of a finished run of `reproduce`, `diagnose` or `pooling`: writes DIR/report.html and DIR/figures/ from DIR/results.json, and of a \
    reproduction from DIR/pictures.json.gz too. DIR/work/ is not needed.";

/// Arguments of `report`.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  doubleback report reproduction
  doubleback report diagnosis")]
pub struct ReportArgs {
    /// Folder of the run
    #[arg(value_name = "DIR")]
    pub folder: PathBuf,
}

impl ReportArgs {
    /// It draws into the folder that it reads: its own.
    pub(super) fn files(&self) -> Files {
        Files::default().reading("DIR", &self.folder)
    }
}
