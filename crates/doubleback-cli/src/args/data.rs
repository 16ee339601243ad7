use std::path::PathBuf;

use clap::{Args, Subcommand};
use doubleback::data::Part;

use super::global::Global;
use super::values;
use crate::files::{Files, Format};

/// Commands of `data`.
#[derive(Debug, Subcommand)]
#[command(after_help = "\
Examples:
  doubleback data list
  doubleback data fetch mnist fashion-mnist
  doubleback data verify mnist --data-dir ~/data
  doubleback data duplicates folder:~/images
  doubleback data show mnist-mini --per-class 12 --out digits.png")]
pub enum DataCommand {
    /// List the data sets and where they are
    #[command(after_help = "Examples:\n  doubleback data list\n  doubleback data list --data-dir ~/data")]
    List,
    /// Download data sets from their official sites
    #[command(long_about = FETCH)]
    Fetch(FetchArgs),
    /// Compare the files of a data set with the published ones
    #[command(
        after_help = "Examples:\n  doubleback data verify mnist --data-dir ~/data\n\nThe exit status is 2 unless all files are the official ones."
    )]
    Verify {
        /// Data set
        #[arg(value_name = "NAME", value_parser = values::dataset())]
        dataset: String,
    },
    /// Count images that a data set holds more than once
    #[command(
        after_help = "Examples:\n  doubleback data duplicates cifar10\n  doubleback data duplicates notmnist --duplicates keep\n\n\
                      Images are duplicates if all their pixels are equal. `--duplicates remove` leaves all but one out, with every command."
    )]
    Duplicates {
        /// Data set
        #[arg(value_name = "NAME", value_parser = values::dataset())]
        dataset: String,
    },
    /// Draw the first images of each class as a PNG
    #[command(after_help = "Examples:\n  doubleback data show mnist-mini --part train --per-class 12 --out digits.png")]
    Show(ShowArgs),
}

const FETCH: &str = "Download data sets from their official sites.\n\n\
    Files are checked against the published SHA-256 or size and appear under their names only when they are whole. \
    What an interrupted download has is kept in NAME.part, and the same command goes on from there. \
    Proxies are taken from ALL_PROXY, HTTPS_PROXY and HTTP_PROXY, exceptions from NO_PROXY.";

/// Arguments of `data fetch`.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  doubleback data fetch mnist fashion-mnist
  doubleback data fetch svhn --extra --data-dir /srv/data
  doubleback data fetch notmnist --mirror https://mirror.example/notMNIST")]
pub struct FetchArgs {
    /// Data sets
    #[arg(value_name = "NAME", required = true, value_parser = values::dataset())]
    pub datasets: Vec<String>,
    /// Folder on a server that has the files, in place of the official sites
    #[arg(long, value_name = "URL")]
    pub mirror: Option<String>,
    /// Fetch optional files too: extra_32x32.mat of svhn, 1.3 GB
    #[arg(long)]
    pub extra: bool,
    /// Fetch files again that are here but are not the published ones
    #[arg(long)]
    pub replace: bool,
    /// Seconds without any data after which a connection is given up
    #[arg(long, value_name = "S", default_value_t = 30.0, value_parser = values::positive)]
    pub timeout: f64,
    /// Tries for each file and server that bring nothing new
    #[arg(long, value_name = "N", default_value_t = 5, value_parser = values::at_least_one)]
    pub tries: usize,
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
    /// Classes by name or number [default: all, of more than 100 the first]
    #[arg(long, value_name = "CLASS,…", value_delimiter = ',')]
    pub classes: Vec<String>,
    /// File to write the picture to
    #[arg(long, value_name = "FILE.png")]
    pub out: PathBuf,
}

impl DataCommand {
    pub(super) fn files(&self, global: &Global) -> Files {
        let reading = |name: &str| global.reading_data(Files::default(), "NAME", name);
        match self {
            DataCommand::List => Files::default(),
            // What it writes is the data.
            DataCommand::Fetch(args) => {
                let names = args.datasets.iter();
                names.fold(Files::default(), |files, name| global.reading_data(files, "NAME", name))
            }
            DataCommand::Verify { dataset } | DataCommand::Duplicates { dataset } => reading(dataset),
            DataCommand::Show(args) => reading(&args.dataset).writing("--out", &args.out, Format::Png),
        }
    }
}
