//! What can be asked for on the command line: parser, help, man page and completions come from these types. What the commands do is in
//! [`commands`](crate::commands).
mod attack;
mod audit;
mod bench;
mod data;
mod diagnose;
mod explain;
mod export;
mod fine_tune;
mod global;
mod inspect;
mod log_format;
mod model;
mod pooling;
mod predict;
mod report;
mod reproduce;
mod study;
mod sweep;
mod train;
mod train_options;
mod values;

use clap::{Parser, Subcommand};
use clap_complete::Shell;

use crate::files::Files;

pub use attack::{AttackArgs, AttackOptions, TransferArgs};
pub use audit::{AuditArgs, MergeArgs};
pub use bench::{BenchArgs, BenchAttackArgs, BenchCommand, BenchGanArgs, BenchGradientsArgs, BenchStepArgs};
pub use data::{DataCommand, FetchArgs, ShowArgs};
pub use diagnose::DiagnoseArgs;
pub use explain::ExplainArgs;
pub use export::{ExportArgs, Exported};
pub use global::{Global, load_arguments, repeated_arguments};
pub use inspect::InspectArgs;
pub use log_format::LogFormat;
pub use model::ModelOptions;
pub use pooling::PoolingArgs;
pub use predict::PredictArgs;
pub use report::ReportArgs;
pub use reproduce::ReproduceArgs;
pub use study::{StudyAnalyseArgs, StudyCommand, StudyExportArgs, StudyNewArgs, StudyServeArgs};
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
  doubleback attack --model resnet18.onnx --dataset cifar10 \\
      --attack pgd --eps 8/255
  doubleback audit resnet18.onnx --dataset cifar10 --eps 8/255 --count 1000

Exit status:
  0    done
  1    a failure of doubleback
  2    wrong use or bad input; the message says what to do
  3    done, and an accuracy is below --fail-under
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
    /// Ask a model what it takes images for
    #[command(long_about = predict::LONG)]
    Predict(PredictArgs),
    /// Show which values of an image speak for a class
    #[command(long_about = explain::LONG)]
    Explain(ExplainArgs),
    /// Show what a model is made of
    #[command(long_about = inspect::LONG)]
    Inspect(InspectArgs),
    /// Give a model back to PyTorch or ONNX
    #[command(long_about = export::LONG)]
    Export(ExportArgs),
    /// Measure robust accuracy under an ensemble of attacks, with what to trust of it
    #[command(long_about = audit::LONG)]
    Audit(AuditArgs),
    /// Make one audit of its shards
    #[command(long_about = audit::LONG_MERGE)]
    Merge(MergeArgs),
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
    /// Ask people how convincing adversarial examples are
    #[command(subcommand, arg_required_else_help = false, long_about = study::LONG)]
    Study(StudyCommand),
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

impl Command {
    /// The files that it is told to read and write: every one that an argument names is here, or an output could replace an input.
    pub fn files(&self, global: &Global) -> Files {
        let files = match self {
            Command::Reproduce(args) => args.files(global),
            Command::Train(args) => args.files(global),
            Command::Attack(args) => args.files(global),
            Command::Transfer(args) => args.files(global),
            Command::Predict(args) => args.files(global),
            Command::Explain(args) => args.files(global),
            Command::Inspect(args) => args.files(global),
            Command::Export(args) => args.files(global),
            Command::Audit(args) => args.files(global),
            Command::Merge(args) => args.files(),
            Command::Diagnose(args) => args.files(global),
            Command::Pooling(args) => args.files(global),
            Command::Report(args) => args.files(),
            Command::Sweep(args) => args.files(),
            Command::SweepCell(args) => args.files(),
            Command::Study(command) => command.files(global),
            Command::Data(command) => command.files(global),
            Command::Bench(command) => command.files(global),
            Command::Completions { .. } | Command::Man { .. } => Files::default(),
        };
        global.reading(files)
    }
}

#[cfg(test)]
mod tests {
    use clap::builder::ValueParser;
    use clap::{Arg, CommandFactory};

    use std::path::PathBuf;

    use super::*;
    use crate::output::JsonTarget;

    /// Every command of the parser with the words that lead to it.
    fn walk(command: &clap::Command, words: &[String], found: &mut Vec<(Vec<String>, clap::Command)>) {
        if !command.has_subcommands() {
            found.push((words.to_vec(), command.clone()));
        }
        for one in command.get_subcommands().filter(|one| one.get_name() != "help") {
            walk(one, &[words, &[one.get_name().to_owned()]].concat(), found);
        }
    }

    fn is_path(arg: &Arg) -> bool {
        let parsers: [ValueParser; 3] = [
            clap::value_parser!(PathBuf),
            clap::value_parser!(JsonTarget).into(),
            ValueParser::new(values::model_path()),
        ];
        parsers
            .iter()
            .any(|parser| parser.type_id() == arg.get_value_parser().type_id())
    }

    fn is_data(arg: &Arg) -> bool {
        arg.get_possible_values()
            .iter()
            .any(|value| value.get_name() == "folder:PATH")
    }

    /// A value that an argument takes.
    fn value(arg: &Arg) -> String {
        match arg.get_possible_values().first() {
            Some(name) => name.get_name().to_owned(),
            None => "1".to_owned(),
        }
    }

    fn given(arg: &Arg, value: &str) -> Vec<String> {
        match arg.get_long() {
            Some(long) => vec![format!("--{long}"), value.to_owned()],
            None => vec![value.to_owned()],
        }
    }

    /// An argument that names a file or a data set, but is not among the files of its command, could be replaced by an output in silence.
    #[test]
    fn every_file_that_an_argument_names_is_among_the_files_of_its_command() {
        let mut program = Cli::command();
        program.build();
        let mut commands = Vec::new();
        walk(&program, &["doubleback".to_owned()], &mut commands);
        assert!(commands.len() > 15, "{}", commands.len());
        let mut checked = 0;
        for (words, command) in commands {
            let own = |arg: &&Arg| !["data_dir", "help", "version"].contains(&arg.get_id().as_str());
            let args: Vec<&Arg> = command.get_arguments().filter(own).collect();
            for tested in args.iter().filter(|arg| is_path(arg) || is_data(arg)) {
                let name = if is_path(tested) {
                    "this-very.file"
                } else {
                    "folder:this-very.file"
                };
                let mut line = words.clone();
                for arg in args
                    .iter()
                    .filter(|arg| arg.get_id() == tested.get_id() || arg.is_required_set())
                {
                    let is_it = arg.get_id() == tested.get_id();
                    line.extend(given(arg, &if is_it { name.to_owned() } else { value(arg) }));
                }
                // `--dataset` of `bench attack` needs a model.
                let model = args
                    .iter()
                    .find(|arg| arg.get_id() == "model" && arg.get_long().is_some());
                if let (Some(model), false) = (model, line.contains(&"--model".to_owned())) {
                    line.extend(given(model, "1"));
                }
                // `predict` needs images of one kind or the other.
                let images = args.iter().find(|arg| arg.get_id() == "images");
                let has_images = line.iter().any(|word| word == "--dataset" || word == "--images");
                if let (Some(images), false) = (images, has_images) {
                    line.extend(given(images, "1"));
                }
                // `study new` needs models and data, unless it is a demonstration.
                if args.iter().any(|arg| arg.get_id() == "demo") {
                    let missing = |arg: &&&Arg| {
                        let id = arg.get_id();
                        ["models", "dataset"].contains(&id.as_str()) && id != tested.get_id()
                    };
                    line.extend(args.iter().filter(missing).flat_map(|arg| given(arg, &value(arg))));
                }
                // `audit` needs a model, data and eps, or two audits to compare.
                let comparing = tested.get_id() == "compare";
                if comparing {
                    line.push("1".to_owned());
                } else if args.iter().any(|arg| arg.get_id() == "compare") {
                    let missing = |arg: &&&Arg| {
                        let id = arg.get_id();
                        ["model", "dataset", "eps"].contains(&id.as_str()) && id != tested.get_id()
                    };
                    line.extend(args.iter().filter(missing).flat_map(|arg| given(arg, &value(arg))));
                }
                let cli = Cli::try_parse_from(&line).unwrap_or_else(|e| panic!("{line:?}: {e}"));
                let files = cli.command.unwrap().files(&cli.global);
                let known = files
                    .paths()
                    .iter()
                    .any(|path| path.to_string_lossy().contains("this-very"));
                assert!(
                    known,
                    "`{}`: {} names a file that `files` does not have",
                    words.join(" "),
                    tested.get_id()
                );
                checked += 1;
            }
        }
        assert!(checked > 25, "{checked}");
    }
}
