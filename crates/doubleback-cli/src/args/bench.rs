use clap::{Args, Subcommand};
use doubleback::nn::Pool;

use super::values;

/// Things to time.
#[derive(Debug, Subcommand)]
#[command(after_help = "Examples:\n  doubleback bench step")]
pub enum BenchCommand {
    /// Time forward, input gradient, plain and double-backprop steps of a network
    #[command(long_about = STEP)]
    Step(BenchStepArgs),
}

const STEP: &str = "Time forward, input gradient, plain and double-backprop steps of a network.\n\n\
    Images and labels are random. Prints one JSON object a line: engine, step, median_ms, min_ms. \
    The folder `bench` of the source has scripts that run the same steps in PyTorch and TensorFlow and compare.";

/// Arguments of `bench step`.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  doubleback bench step
  doubleback bench step --pool avg --batch 128 --threads 4")]
pub struct BenchStepArgs {
    /// Network
    #[arg(long, value_name = "NAME", value_parser = values::architecture(), default_value = "paper-cnn")]
    pub arch: String,
    /// Pooling of the network; resnet-small has none to choose
    #[arg(long, value_name = "KIND", value_parser = values::pool(), default_value = "max")]
    pub pool: Pool,
    /// Images a step
    #[arg(long, value_name = "N", value_parser = values::at_least_one, default_value = "256")]
    pub batch: usize,
    /// Measured runs of each step, after three that do not count
    #[arg(long, value_name = "N", value_parser = values::at_least_one, default_value = "12")]
    pub runs: usize,
}
