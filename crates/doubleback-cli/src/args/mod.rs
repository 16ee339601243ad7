//! What can be asked for on the command line: parser, help, man page and completions come from these types. What the commands do is in
//! [`commands`](crate::commands).
mod attack;
mod bench;
mod data;
mod diagnose;
mod pooling;
mod report;
mod reproduce;
mod sweep;
mod train;
mod values;

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};
use clap_complete::Shell;
use doubleback::data::{Background, DuplicatePolicy, Grayscale, LoadOptions};
use doubleback::device::DeviceName;

pub use attack::{AttackArgs, AttackOptions, TransferArgs};
pub use bench::{BenchArgs, BenchAttackArgs, BenchCommand, BenchGanArgs, BenchStepArgs};
pub use data::{DataCommand, FetchArgs, ShowArgs};
pub use diagnose::DiagnoseArgs;
pub use pooling::PoolingArgs;
pub use report::ReportArgs;
pub use reproduce::ReproduceArgs;
pub use sweep::{Launcher, SweepArgs, SweepCellArgs};
pub use train::TrainArgs;
pub use values::{Eps, InputLayer};

/// Train image classifiers with input gradient regularization, attack them, report
#[derive(Debug, Parser)]
#[command(name = "doubleback", version, max_term_width = 100, arg_required_else_help = false)]
#[command(
    long_about = "Train image classifiers with input gradient regularization, attack them, report.\n\n\
    Without a command, `doubleback` runs `doubleback reproduce`: it trains the five models of Ross & Doshi-Velez \
    (AAAI 2018) on a small MNIST that comes with the program, attacks all with all, and writes a report."
)]
#[command(after_help = AFTER_HELP)]
pub struct Cli {
    /// Options of all commands.
    #[command(flatten)]
    pub global: Global,
    /// The command.
    #[command(subcommand)]
    pub command: Option<Command>,
}

const AFTER_HELP: &str = "\
Examples:
  doubleback
  doubleback train --dataset mnist-mini --defense doubleback \\
      --out doubleback.safetensors
  doubleback attack --model doubleback.safetensors --dataset mnist-mini \\
      --attack fgsm --eps 0.1,0.2

Exit status:
  0    done
  1    a failure of doubleback
  2    wrong use or bad input; the message says what to do
  130  interrupted; run the same command again to go on";

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Train the paper's five models, attack all with all, write a report
    #[command(long_about = reproduce::LONG)]
    Reproduce(ReproduceArgs),
    /// Train one model
    #[command(long_about = train::LONG)]
    Train(TrainArgs),
    /// Measure a model's accuracy under one attack
    #[command(long_about = attack::LONG)]
    Attack(AttackArgs),
    /// Attack models with examples crafted on each of them
    #[command(long_about = attack::LONG_TRANSFER)]
    Transfer(TransferArgs),
    /// Find the layers at which an attack does its damage
    #[command(long_about = diagnose::LONG)]
    Diagnose(DiagnoseArgs),
    /// Compare max and average pooling: robustness, and what the layers lose
    #[command(long_about = pooling::LONG)]
    Pooling(PoolingArgs),
    /// Draw a run's report again from its files alone
    #[command(long_about = report::LONG)]
    Report(ReportArgs),
    /// Train a grid of models and choose the penalty weights
    #[command(long_about = sweep::LONG)]
    Sweep(SweepArgs),
    /// Work on one training of a sweep
    #[command(hide = true)]
    SweepCell(SweepCellArgs),
    /// List, fetch, check and show data sets
    #[command(subcommand, arg_required_else_help = false)]
    Data(DataCommand),
    /// Time training steps and attacks on this machine
    #[command(subcommand, arg_required_else_help = false)]
    Bench(BenchCommand),
    /// Print completions for a shell
    #[command(
        after_help = "Examples:\n  doubleback completions bash > ~/.local/share/bash-completion/completions/doubleback"
    )]
    Completions {
        /// The shell
        shell: Shell,
    },
    /// Print a man page
    #[command(after_help = "Examples:\n  doubleback man > doubleback.1\n  doubleback man train > doubleback-train.1")]
    Man {
        /// A command; without one, the page of the whole program
        command: Option<String>,
    },
}

/// Options of all commands.
#[derive(Args, Debug)]
#[command(next_help_heading = "Options of all commands")]
pub struct Global {
    /// Folder with mnist/ and its like [default: doubleback in the user's data folder]
    #[arg(
        long,
        global = true,
        value_name = "DIR",
        env = "DOUBLEBACK_DATA",
        hide_env_values = true
    )]
    pub data_dir: Option<PathBuf>,
    /// How the colors of svhn, or of folder:PATH with --channels 1, become gray: luma, or Grundland & Dodgson's decolorize [default: luma]
    #[arg(long, global = true, value_name = "HOW", value_parser = values::grayscale())]
    pub grayscale: Option<Grayscale>,
    /// Rows and columns to resize the images of folder:PATH to
    #[arg(long, global = true, value_name = "HxW", value_parser = values::image_size)]
    pub image_size: Option<[usize; 2]>,
    /// Channels of the images of folder:PATH: 1 for gray, 3 for color [default: 1 if all are stored gray, otherwise 3]
    #[arg(long, global = true, value_name = "N", value_parser = values::channels)]
    pub channels: Option<usize>,
    /// Color to put transparent images of folder:PATH on: white, black or #rrggbb [default: the colors beneath show]
    #[arg(long, global = true, value_name = "COLOR")]
    pub background: Option<Background>,
    /// What to do with images that a data set holds more than once [default: remove for notmnist, keep for others]
    #[arg(long, global = true, value_name = "WHAT", value_parser = values::duplicates())]
    pub duplicates: Option<DuplicatePolicy>,
    /// Where to compute: cpu, cuda[:N], vulkan, metal, wgpu; all but cpu need a build with the feature of that name
    #[arg(long, global = true, value_name = "DEVICE", default_value = "cpu")]
    pub device: DeviceName,
    /// Worker threads; 0 is one a core
    #[arg(long, global = true, value_name = "N", default_value_t = 0)]
    pub threads: usize,
    /// Show no progress and no warnings
    #[arg(long, short, global = true)]
    pub quiet: bool,
    /// Form of progress, warnings and errors on standard error
    #[arg(long, global = true, value_name = "FORMAT", value_enum, default_value_t)]
    pub log_format: LogFormat,
}

impl Global {
    /// Where data sets are looked for.
    pub fn load_options(&self) -> LoadOptions {
        let mut options = match &self.data_dir {
            Some(dir) => LoadOptions::in_dir(dir),
            None => LoadOptions::default(),
        };
        options.grayscale = self.grayscale;
        options.image_size = self.image_size;
        options.channels = self.channels;
        options.background = self.background;
        options.duplicates = self.duplicates;
        options
    }
}

/// Form of what goes to standard error.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum LogFormat {
    /// For people.
    #[default]
    Text,
    /// One JSON object a line.
    Json,
}
