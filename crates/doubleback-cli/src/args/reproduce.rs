use std::path::PathBuf;

use clap::Args;
use doubleback_experiments::reproduce::Profile;

use super::global::Global;
use super::values;
use crate::files::{Files, RUN};

/// Long help of `reproduce`.
pub const LONG: &str = "Train the paper's models, attack all with all, write a report with the paper's figures.\n\n\
    Writes DIR/report.html, DIR/figures/, DIR/results.json and DIR/models/*.safetensors. An interrupted run goes on where it was \
    when the same command is given again.";

/// Arguments of `reproduce`.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  doubleback reproduce
  doubleback reproduce --dataset mnist --data-dir ~/data --profile standard \\
      --out mnist-standard
  doubleback reproduce --json > results.json")]
pub struct ReproduceArgs {
    /// Data set to train and test on
    #[arg(long, value_name = "NAME", value_parser = values::dataset(), default_value = "mnist-mini")]
    pub dataset: String,
    /// How much work to spend: quick takes minutes; standard, up to 2,000 steps a model and a grid of penalty weights; paper, the paper's 15,050
    #[arg(long, value_name = "NAME", value_parser = values::profile(), default_value = "quick")]
    pub profile: Profile,
    /// Seed of weights and dropout
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub seed: u64,
    /// Train this many times, with the seed and those after it, to see how much results spread
    #[arg(long, value_name = "N", value_parser = values::at_least_one, default_value_t = 1)]
    pub seeds: usize,
    /// Folder to write to
    #[arg(long, value_name = "DIR", default_value = "reproduction")]
    pub out: PathBuf,
    /// Also score the models on perturbations made with the authors' own gradients on MNIST's test images
    #[arg(long, value_name = "FILE.npy")]
    pub published_gradients: Option<PathBuf>,
    /// Print results.json instead of a summary
    #[arg(long)]
    pub json: bool,
}

impl ReproduceArgs {
    pub(super) fn files(&self, global: &Global) -> Files {
        let files = global.reading_data(Files::default(), "--dataset", &self.dataset);
        let gradients = self.published_gradients.iter();
        gradients
            .fold(files, |files, path| files.reading("--published-gradients", path))
            .writing_folder("--out", &self.out, RUN)
    }
}
