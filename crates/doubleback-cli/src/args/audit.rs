use std::path::PathBuf;
use std::time::Duration;

use clap::Args;
use doubleback::attack::Norm;
use doubleback::audit::{Shard, Suite};

use super::attack::AuditOptions;
use super::global::Global;
use super::model::{ModelOptions, reading_model};
use super::values::{self, Size};
use crate::files::{AUDIT, CARD, Files};
use crate::output::JsonTarget;

/// Long help of `audit`.
pub const LONG: &str = "Measure how robust a model is under an ensemble of attacks, and what of that is to be trusted.\n\n\
    Attacks are tried in order, each on the images that none before it has broken. The robust accuracy is the share of all images that are classified rightly \
    and stand at the end. Before it, the model's outputs and gradients are probed on the first 128 images; after it, a longer attack is tried on those of \
    them that stand. What gives reason for doubt is told first, as flags with their evidence: zero or wrong gradients, outputs that are \
    probabilities, randomness, an attack without gradients that does better than those with, and others.\n\n\
    The ensemble standard is that of AutoAttack (Croce & Hein 2020) with its published settings: apgd-ce, apgd-t, fab-t, square. plus is its longer form, \
    rand that for models with randomness, and with custom --attacks names the attacks. These may be given options as to `doubleback attack`: each goes to those \
    of them that have it. What differs from an attack's defaults is told in the report and the JSON.\n\n\
    DIR has report.html, results.json (as --json) and, until the audit is finished, work/: an interrupted audit goes on when the same command is given \
    again, and gives the same numbers. With --time-budget, the audit stops at the end of a batch when the time is over; its results are then partial, and \
    say what the robust accuracy is at most. The same command goes on.\n\n\
    With --explain, the images that the report shows stand beside the maps of these methods, with their default options (see `doubleback explain`), for their true \
    classes, before and after the attack. An audit that is there already gains them without another attack.\n\n\
    With --shard i/n, every n-th image from the i-th is attacked, for example on n machines; `doubleback merge` makes one audit of the parts.\n\n\
    With --compare, nothing is attacked: the audits in two folders (or JSON files) are set side by side.";

/// Arguments of `audit`.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  doubleback audit normal.safetensors --dataset mnist-mini --eps 0.1
  doubleback audit resnet18.onnx --dataset cifar10 --eps 8/255 --count 1000
  doubleback audit resnet18.onnx --dataset folder:images --eps 4/255 \\
      --time-budget 10m
  doubleback audit normal.safetensors --dataset mnist-mini --norm l2 --eps 1 \\
      --ensemble custom --attacks apgd-ce,deepfool,ddn
  doubleback audit normal.safetensors --dataset mnist-mini --eps 0.1 \\
      --ensemble custom --attacks apgd-ce,square --restarts 3 --queries 1000
  doubleback audit normal.safetensors --dataset mnist-mini --eps 0.1 --shard 1/2
  doubleback audit normal.safetensors --dataset mnist-mini --eps 0.1 --surrogate
  doubleback audit normal.safetensors --dataset mnist-mini --eps 0.1 \\
      --explain gradient,integrated-gradients
  doubleback audit --compare audit-normal audit-robust")]
pub struct AuditArgs {
    /// Model to audit: a file of `doubleback train`, ONNX or PyTorch
    #[arg(value_name = "MODEL", required_unless_present = "compare")]
    pub model: Option<PathBuf>,
    /// What the model's file does not say.
    #[command(flatten)]
    pub import: ModelOptions,
    /// Data set whose test images are attacked
    #[arg(long, value_name = "NAME", value_parser = values::dataset(), required_unless_present = "compare")]
    pub dataset: Option<String>,
    /// Perturbation size, in the units of the data, such as 0.1 or 8/255
    #[arg(long, value_name = "E", value_parser = values::size, allow_hyphen_values = true, required_unless_present = "compare")]
    pub eps: Option<Size>,
    /// Norm that eps bounds
    #[arg(long, value_name = "NORM", value_parser = values::attack_norm(), default_value = "linf")]
    pub norm: Norm,
    /// Attacks, by the name of an ensemble
    #[arg(long, value_name = "NAME", value_parser = values::suite(), default_value = "standard")]
    pub ensemble: Suite,
    /// Attacks of --ensemble custom, in order, each with its defaults but for the options that are given
    #[arg(long, value_name = "NAME,NAME,…", value_delimiter = ',', value_parser = values::attack_name())]
    pub attacks: Vec<&'static str>,
    /// Options of these attacks.
    #[command(flatten)]
    pub given: AuditOptions,
    /// Test images to attack, each class in proportion, drawn by --sample-seed [default: all]
    #[arg(long, value_name = "N", value_parser = values::at_least_one)]
    pub count: Option<usize>,
    /// Seed by which the images of --count are drawn
    #[arg(long, value_name = "N", default_value_t = 0, requires = "count")]
    pub sample_seed: u64,
    /// Seed of the attacks
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub seed: u64,
    /// Attack one of several parts of the images
    #[arg(long, value_name = "I/N", value_parser = str::parse::<Shard>)]
    pub shard: Option<Shard>,
    /// Try examples of another network at the end, which is trained first, in about a minute, on the training images
    #[arg(long)]
    pub surrogate: bool,
    /// Show in the report what these methods of explanation say of its images, before and after the attack
    #[arg(long, value_name = "METHOD,METHOD,…", value_delimiter = ',', value_parser = values::explain_method())]
    pub explain: Vec<&'static str>,
    /// Stop when the attacks took this long, such as 90s, 10m or 2h
    #[arg(long, value_name = "TIME", value_parser = values::time)]
    pub time_budget: Option<Duration>,
    /// End with status 3 if the robust accuracy is below this share: 0.4 or 40%
    #[arg(long, value_name = "SHARE", value_parser = values::share)]
    pub fail_under: Option<f64>,
    /// Folder to write to [default: audit; of a shard audit-1-of-4]
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,
    /// Write the results as JSON; without FILE or with -, to standard output
    #[arg(long, value_name = "FILE", num_args = 0..=1, default_missing_value = "-")]
    pub json: Option<JsonTarget>,
    /// Write a model card for a hub of models into a folder: README.md, the results, and an entry for RobustBench's list
    #[arg(long, value_name = "DIR")]
    pub card: Option<PathBuf>,
    /// Write the results as an event file for TensorBoard into a folder
    #[arg(long, value_name = "DIR")]
    pub tensorboard: Option<PathBuf>,
    /// Set two finished audits side by side
    #[arg(
        long,
        value_names = ["A", "B"],
        num_args = 2,
        conflicts_with_all = ["model", "dataset", "eps", "attacks", "count", "shard", "explain", "time_budget", "out", "card", "tensorboard"]
    )]
    pub compare: Option<Vec<PathBuf>>,
}

/// Long help of `merge`.
pub const LONG_MERGE: &str = "Make one audit of its shards.\n\n\
    Takes the folders (or JSON files) of `doubleback audit … --shard i/n`, all n of them, and writes the audit that one machine would have made: \
    the same numbers but for the seconds, which are summed.";

/// Arguments of `merge`.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  doubleback merge audit-1-of-2 audit-2-of-2 --out audit")]
pub struct MergeArgs {
    /// Folders or JSON files of the shards
    #[arg(value_name = "DIR", required = true)]
    pub shards: Vec<PathBuf>,
    /// Folder to write to
    #[arg(long, value_name = "DIR", default_value = "audit")]
    pub out: PathBuf,
    /// Write the results as JSON; without FILE or with -, to standard output
    #[arg(long, value_name = "FILE", num_args = 0..=1, default_missing_value = "-")]
    pub json: Option<JsonTarget>,
}

impl AuditArgs {
    /// The folder to write to.
    pub fn out(&self) -> PathBuf {
        match (&self.out, self.shard) {
            (Some(out), _) => out.clone(),
            (None, Some(Shard { number, of })) => format!("audit-{number}-of-{of}").into(),
            (None, None) => "audit".into(),
        }
    }

    pub(super) fn files(&self, global: &Global) -> Files {
        let compared = self.compare.iter().flatten();
        let files = compared.fold(Files::default(), |files, path| files.reading("--compare", path));
        let files = JsonTarget::file(self.json.as_ref(), files);
        if self.compare.is_some() {
            return files;
        }
        let data = self.dataset.iter();
        let files = data.fold(files, |files, name| global.reading_data(files, "--dataset", name));
        let model = self.model.iter();
        let files = model.fold(self.import.reading(files), |files, model| {
            reading_model(files, "MODEL", model)
        });
        let files = files.writing_folder("--out", &self.out(), AUDIT);
        let card = self.card.iter();
        let files = card.fold(files, |files, folder| files.writing_folder("--card", folder, CARD));
        let events = self.tensorboard.iter();
        events.fold(files, |files, folder| {
            files.writing_folder("--tensorboard", folder, &[])
        })
    }
}

impl MergeArgs {
    pub(super) fn files(&self) -> Files {
        let shards = self.shards.iter();
        let files = shards.fold(Files::default(), |files, path| files.reading("DIR", path));
        JsonTarget::file(self.json.as_ref(), files).writing_folder("--out", &self.out, AUDIT)
    }
}
