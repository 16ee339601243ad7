use std::path::PathBuf;

use clap::Args;
use doubleback_experiments::pooling_study::Profile;

use super::global::Global;
use super::values;
use crate::files::{Files, RUN};

/// Long help of `pooling`.
pub const LONG: &str = "Train the same networks with max and with average pooling, normally and with defenses, attack all, compare.\n\n\
    After claims 4 and 5 of Zheng et al. 2020 (arXiv 2007.08716), of which only the abstract is public: networks, attacks and measures are \
    this program's own. Every model is attacked with FGSM, with PGD on the cross-entropy and on the margin, and with the examples of its \
    twin with the other pooling; the layers of normally trained models are looked into with probes and decoders.\n\n\
    Writes DIR/report.html, DIR/results.json and DIR/models/*.safetensors. Models that are in DIR/models already are taken if they were trained as \
    this command trains. An interrupted run goes on where it was when the same command is given again; with more --seeds it goes on \
    to these.";

/// Arguments of `pooling`.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  doubleback pooling
  doubleback pooling --dataset mnist --data-dir ~/data --seeds 5 \\
      --out pooling-mnist
  doubleback pooling --dataset cifar10 --out pooling-cifar10 --json")]
pub struct PoolingArgs {
    /// Data set: mnist-mini, mnist, fashion-mnist or cifar10
    #[arg(long, value_name = "NAME", value_parser = values::dataset(), default_value = "mnist-mini")]
    pub dataset: String,
    /// How much work to spend: quick takes minutes; standard, hours [default: quick for mnist-mini, standard for others]
    #[arg(long, value_name = "NAME", value_parser = values::pooling_profile())]
    pub profile: Option<Profile>,
    /// Seeds to train with, this many from --seed on [default: 2 for quick; for standard 5, or 3 for cifar10]
    #[arg(long, value_name = "N", value_parser = values::at_least_one)]
    pub seeds: Option<usize>,
    /// First seed of weights and dropout
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub seed: u64,
    /// Folder to write to
    #[arg(long, value_name = "DIR", default_value = "pooling")]
    pub out: PathBuf,
    /// Print results.json instead of a summary
    #[arg(long)]
    pub json: bool,
}

impl PoolingArgs {
    pub(super) fn files(&self, global: &Global) -> Files {
        let files = global.reading_data(Files::default(), "--dataset", &self.dataset);
        files.writing_folder("--out", &self.out, RUN)
    }
}
