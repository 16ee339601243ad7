use std::path::PathBuf;

use clap::builder::ValueParser;
use clap::{Arg, ArgAction, ArgMatches, Args, Command, FromArgMatches};
use doubleback::attack::{AttackOption, OptionKind};
use doubleback::audit::Plan;
use doubleback::evaluate::ModelPath;
use serde_json::{Map, Value};

use super::global::Global;
use super::model::{ModelOptions, reading_model};
use super::values::{self, Size};
use crate::files::{Files, Format, PICTURES};
use crate::output::{JsonTarget, short, work_folder};

/// What `attack` and `transfer` have in common.
#[derive(Args, Debug)]
pub struct AttackOptions {
    /// Data set whose test images are attacked
    #[arg(long, value_name = "NAME", value_parser = values::dataset())]
    pub dataset: String,
    /// Attack
    #[arg(long, value_name = "NAME", value_parser = values::attack_name())]
    pub attack: &'static str,
    /// Perturbation sizes, in the units of the data, such as 0.1 or 8/255; for ifgsm and itgsm lengths of each of the steps; not for jsma; cw-l2, deepfool, ddn and fmn do without, and tell who has an example within
    #[arg(
        long,
        value_name = "E,E,…",
        value_parser = values::size,
        value_delimiter = ',',
        allow_hyphen_values = true
    )]
    pub eps: Vec<Size>,
    /// Options of the attack.
    #[command(flatten)]
    pub given: GivenOptions,
    /// Test images to attack, each class in proportion, drawn by --sample-seed [default: all]
    #[arg(long, value_name = "N", value_parser = values::at_least_one)]
    pub count: Option<usize>,
    /// Seed by which the images of --count are drawn
    #[arg(long, value_name = "N", default_value_t = 0, requires = "count")]
    pub sample_seed: u64,
    /// End with status 3 if an accuracy under attack is below this share: 0.4 or 40%
    #[arg(long, value_name = "SHARE", value_parser = values::share)]
    pub fail_under: Option<f64>,
    /// Print what was taken for what: a matrix, of more than 20 classes the most frequent mistakes
    #[arg(long)]
    pub confusion: bool,
    /// Write the results as JSON; without FILE or with -, to standard output
    #[arg(long, value_name = "FILE", num_args = 0..=1, default_missing_value = "-")]
    pub json: Option<JsonTarget>,
}

/// The options of attacks that were given, by name. Which there are, and which attack has which, the library's table of attacks says.
#[derive(Debug, Default)]
pub struct GivenOptions(pub Map<String, Value>);

/// Of these, the ones that attacks of an audit may be given.
#[derive(Debug, Default)]
pub struct AuditOptions(pub Map<String, Value>);

impl Args for GivenOptions {
    fn augment_args(command: Command) -> Command {
        command.args(AttackOption::all().iter().map(|option| argument(option, option.help())))
    }

    fn augment_args_for_update(command: Command) -> Command {
        Self::augment_args(command)
    }
}

impl FromArgMatches for GivenOptions {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, clap::Error> {
        let mut given = Self::default();
        given.update_from_arg_matches(matches)?;
        Ok(given)
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        self.0.extend(values(AttackOption::all().iter(), matches));
        Ok(())
    }
}

impl Args for AuditOptions {
    fn augment_args(command: Command) -> Command {
        let of_attacks = |option| {
            argument(option, option.help_among(Plan::takes)).help_heading("Options of the attacks of --ensemble custom")
        };
        command.args(Plan::options().into_iter().map(of_attacks))
    }

    fn augment_args_for_update(command: Command) -> Command {
        Self::augment_args(command)
    }
}

impl FromArgMatches for AuditOptions {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, clap::Error> {
        let mut given = Self::default();
        given.update_from_arg_matches(matches)?;
        Ok(given)
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        self.0.extend(values(Plan::options().into_iter(), matches));
        Ok(())
    }
}

/// Those that were given, by name.
fn values<'a>(
    options: impl Iterator<Item = &'a AttackOption>,
    matches: &ArgMatches,
) -> impl Iterator<Item = (String, Value)> {
    options.filter_map(|option| {
        let value = match option.kind {
            OptionKind::Flag => matches.get_flag(option.flag).then_some(Value::Bool(true)),
            _ => matches.get_one::<Value>(option.flag).cloned(),
        };
        Some((option.name(), value?))
    })
}

fn argument(option: &AttackOption, help: String) -> Arg {
    let argument = Arg::new(option.flag).long(option.flag).help(help);
    let argument = match option.conflict {
        Some(other) => argument.conflicts_with(other),
        None => argument,
    };
    let kind = option.kind;
    match kind {
        OptionKind::Flag => argument.action(ArgAction::SetTrue),
        _ => argument
            .value_name(option.placeholder)
            .allow_hyphen_values(kind.is_number())
            .value_parser(if kind.names().is_empty() {
                ValueParser::new(move |text: &str| kind.parse(text))
            } else {
                ValueParser::new(values::attack_option(kind))
            }),
    }
}

/// Long help of `attack`.
pub const LONG: &str = "Measure a model's accuracy under one attack.\n\n\
    Prints accuracy with its 95 % Wilson interval, the share of images on which the attack reached its goal, and mean lengths \
    of the perturbations (L2; Linf; L0, the number of changed values). Says loudly when the attack could not move images \
    because their gradient is exactly zero: accuracy says nothing about those.\n\n\
    The steps of ifgsm and itgsm are as long as eps each, and only the data's bounds limit them together. jsma takes no eps: it \
    changes few values by theta each, and theta stands as eps in its results. --target takes the name of a class, \
    or its label if no class is called so. With it, images that are of this class already are among the images, and mostly successes from the start.\n\n\
    Accuracy is also given by class; of more than 12 classes, for the 10 worst. The JSON has it for all (`per_class`, with intervals, and \
    `clean_per_class`), and what was taken for what (`confusion` and `clean_confusion`: a list of [true class, predicted class, images], \
    pairs that do not occur left out; classes are places in `classes`, the list of their names).\n\n\
    With --count N, a sample of the test images is attacked: each class has its share of it, and at least one image where N allows. It is drawn by \
    --sample-seed; `index` in the JSON and the arrays says which images these are. What becomes of an image never depends on the others.\n\n\
    `8 bits` is the accuracy on the examples rounded to 8-bit pictures (`accuracy_8bit` in the JSON; null for contrast-normalized data, which has no \
    8-bit form).\n\n\
    With --out, arrays for NumPy are written to one file an eps: FILE-eps0.1.npz holds examples and originals (float32, \
    [n, channels, height, width]), index, label, prediction, prediction_8bit (int64), success (bool) and classes (their names, by label). jsma's go to FILE.npz itself. With --png, \
    the images, the examples and what was changed are written as 8-bit PNG files into the new folder DIR, one sub-folder a class, with a manifest.json \
    that says what the model takes each for; `8 bits` is the accuracy on exactly these files.\n\n\
    An interrupted attack goes on from its last finished batch of 256 images (of large ones, fewer) when the same command is given again, and gives the same bits. Until it \
    is finished, batches are kept beside the output: in FILE.work for --out, --png or --json FILE. Without any of these nothing is kept.";

/// Arguments of `attack`.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  doubleback attack --model normal.safetensors --dataset mnist-mini \\
      --attack fgsm --eps 0.1,0.2,0.3
  doubleback attack --model normal.safetensors --dataset mnist-mini \\
      --attack pgd --steps 100 --eps 0.1 --restarts 5
  doubleback attack --model normal.safetensors --dataset mnist-mini \\
      --attack pgd --norm l2 --loss margin --eps 0.5,1,2
  doubleback attack --model normal.safetensors --dataset mnist-mini \\
      --attack itgsm --eps 0.1 --steps 10 --target 3
  doubleback attack --model normal.safetensors --dataset mnist-mini \\
      --attack jsma --gamma 0.25 --count 256
  doubleback attack --model normal.safetensors --dataset mnist-mini \\
      --attack tgsm --eps 0.3 --count 100 --out examples.npz
  doubleback attack --model normal.safetensors --dataset mnist-mini \\
      --attack pgd --eps 0.3 --count 100 --png pictures
  doubleback attack --model normal.safetensors --dataset mnist-mini \\
      --attack pgd --eps 0.1 --fail-under 40% --json robust.json
  doubleback attack --model normal.safetensors --dataset mnist-mini \\
      --attack fgsm --eps 0.3 --json | jq .results")]
pub struct AttackArgs {
    /// Model to attack: a file of `doubleback train`, ONNX or PyTorch
    #[arg(long, value_name = "FILE")]
    pub model: PathBuf,
    /// What the model's file does not say.
    #[command(flatten)]
    pub import: ModelOptions,
    /// Data and attack.
    #[command(flatten)]
    pub options: AttackOptions,
    /// Write the examples, one file an eps: FILE-eps0.1.npz and so on; for jsma FILE.npz itself
    #[arg(long, value_name = "FILE.npz")]
    pub out: Option<PathBuf>,
    /// Write images, examples and perturbations as 8-bit PNG files into a new folder
    #[arg(long, value_name = "DIR")]
    pub png: Option<PathBuf>,
}

/// Long help of `transfer`.
pub const LONG_TRANSFER: &str = "Craft adversarial examples on each model and have all models classify them.\n\n\
    Prints one table an eps (for jsma, which takes none, one table): a row for the model that the examples were crafted on, a column for the model that classifies \
    them. Models are called by the names of their files, and those of one name by their folders too (max/model, avg/model); or give them \
    names: --models plain=a/model.safetensors,robust=b/model.safetensors.\n\n\
    Below, for each model, the lowest accuracy by class, over all models that examples were crafted on, at the last eps. The JSON has accuracy by \
    class and what was taken for what for each cell, as that of `doubleback attack`, whose --count, --fail-under and going on after an interruption \
    are the same here.";

/// Arguments of `transfer`.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  doubleback transfer --models normal.safetensors,doubleback.safetensors \\
      --dataset mnist-mini --attack fgsm --eps 0.1,0.2")]
pub struct TransferArgs {
    /// Models, each a FILE or NAME=FILE: of `doubleback train`, ONNX or PyTorch
    #[arg(
        long,
        value_name = "FILE,FILE,…",
        required = true,
        value_delimiter = ',',
        value_parser = values::model_path()
    )]
    pub models: Vec<ModelPath>,
    /// What files of other programs do not say, for all of them.
    #[command(flatten)]
    pub import: ModelOptions,
    /// Data and attack.
    #[command(flatten)]
    pub options: AttackOptions,
}

impl AttackOptions {
    /// The perturbation sizes.
    pub fn eps(&self) -> Vec<f64> {
        self.eps.iter().map(|size| size.value).collect()
    }

    fn files(&self, global: &Global) -> Files {
        let files = global.reading_data(Files::default(), "--dataset", &self.dataset);
        JsonTarget::file(self.json.as_ref(), files)
    }
}

impl AttackArgs {
    /// The files of examples: `FILE-eps0.3.npz` for each eps, or the file itself if there is none. Of a fraction, which would be a folder, the name
    /// has four digits.
    pub fn example_files(&self) -> Vec<PathBuf> {
        let Some(out) = &self.out else { return Vec::new() };
        let stem = out.file_stem().unwrap_or_default().to_string_lossy();
        let name = |size: &Size| match size.fraction() {
            Some(_) => short(size.value),
            None => size.value.to_string(),
        };
        let sizes = &self.options.eps;
        let whole = |size: &Size| sizes.iter().filter(|other| name(other) == name(size)).count() > 1;
        let file = |size: &Size| {
            let name = if whole(size) {
                size.value.to_string()
            } else {
                name(size)
            };
            out.with_file_name(format!("{stem}-eps{name}.npz"))
        };
        match sizes.as_slice() {
            [] => vec![out.to_owned()],
            sizes => sizes.iter().map(file).collect(),
        }
    }

    pub(super) fn files(&self, global: &Global) -> Files {
        let files = self.import.reading(self.options.files(global));
        let files = reading_model(files, "--model", &self.model);
        let files = self
            .example_files()
            .into_iter()
            .fold(files, |files, path| files.writing("--out", &path, Format::Npz));
        let pictures = self.png.iter();
        let files = pictures.fold(files, |files, folder| files.writing_folder("--png", folder, PICTURES));
        let work = self.work();
        work.iter()
            .fold(files, |files, work| files.writing_folder("unfinished work", work, &[]))
    }

    /// The folder in which finished batches are kept, if there is a place for it.
    pub fn work(&self) -> Option<PathBuf> {
        let json = JsonTarget::path(self.options.json.as_ref());
        work_folder(&[self.out.as_deref(), self.png.as_deref(), json])
    }
}

impl TransferArgs {
    pub(super) fn files(&self, global: &Global) -> Files {
        let models = self.models.iter();
        let files = models.fold(self.import.reading(self.options.files(global)), |files, model| {
            reading_model(files, "--models", &model.path)
        });
        let work = self.work();
        work.iter()
            .fold(files, |files, work| files.writing_folder("unfinished work", work, &[]))
    }

    /// The folder in which finished batches are kept, if there is a place for it.
    pub fn work(&self) -> Option<PathBuf> {
        work_folder(&[JsonTarget::path(self.options.json.as_ref())])
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Parser)]
    struct Attack {
        #[command(flatten)]
        args: AttackArgs,
    }

    fn files(eps: &str) -> Vec<String> {
        let line = [
            "attack",
            "--model",
            "m",
            "--dataset",
            "mnist-mini",
            "--attack",
            "fgsm",
            "--out",
            "a/b.npz",
            "--eps",
            eps,
        ];
        let files = Attack::try_parse_from(line).unwrap().args.example_files();
        files.iter().map(|file| file.display().to_string()).collect()
    }

    #[test]
    fn examples_are_in_a_file_an_eps() {
        assert_eq!(files("0.1, 0.25"), ["a/b-eps0.1.npz", "a/b-eps0.25.npz"]);
        assert_eq!(files("8/255,2/4"), ["a/b-eps0.03137.npz", "a/b-eps0.5.npz"]);
        // Such as four digits do not tell apart.
        let near = files("10000/90000,10001/90000");
        assert_eq!(
            near,
            ["a/b-eps0.1111111111111111.npz", "a/b-eps0.11112222222222222.npz"]
        );
    }
}
