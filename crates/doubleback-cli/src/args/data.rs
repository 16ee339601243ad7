use std::path::PathBuf;

use clap::{Args, Subcommand};
use doubleback::data::Part;

use super::values;

/// Commands of `data`.
#[derive(Debug, Subcommand)]
#[command(after_help = "\
Examples:
  doubleback data list
  doubleback data verify mnist --data-dir ~/data
  doubleback data show mnist-mini --per-class 12 --out digits.png")]
pub enum DataCommand {
    /// List the data sets and where they are
    #[command(after_help = "Examples:\n  doubleback data list\n  doubleback data list --data-dir ~/data")]
    List,
    /// Compare the files of a data set with the published ones
    #[command(
        after_help = "Examples:\n  doubleback data verify mnist --data-dir ~/data\n\nThe exit status is 2 unless all files are the official ones."
    )]
    Verify {
        /// Data set
        #[arg(value_name = "NAME", value_parser = values::dataset())]
        dataset: String,
    },
    /// Draw the first images of each class as a PNG
    #[command(after_help = "Examples:\n  doubleback data show mnist-mini --part train --per-class 12 --out digits.png")]
    Show(ShowArgs),
}

/// Arguments of `data show`.
#[derive(Args, Debug)]
pub struct ShowArgs {
    /// Data set
    #[arg(value_name = "NAME", value_parser = values::dataset())]
    pub dataset: String,
    /// Part of the data set
    #[arg(long, value_name = "PART", value_parser = values::part(), default_value = "test")]
    pub part: Part,
    /// Images of each class, at most 100
    #[arg(long, value_name = "N", default_value_t = 10)]
    pub per_class: usize,
    /// File to write the picture to
    #[arg(long, value_name = "FILE.png")]
    pub out: PathBuf,
}
