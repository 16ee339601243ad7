use std::path::PathBuf;

use clap::builder::ValueParser;
use clap::{Arg, ArgAction, ArgMatches, Args, Command, FromArgMatches};
use doubleback::explain::{ExplainOption, ValueKind};
use serde_json::{Map, Value};

use super::global::Global;
use super::model::{ModelOptions, reading_model};
use super::values;
use crate::files::{Files, Format};
use crate::output::JsonTarget;

/// The options of methods that were given, by name. Which there are, and which method has which, the library's table of methods says.
#[derive(Debug, Default)]
pub struct MethodOptions(pub Map<String, Value>);

impl Args for MethodOptions {
    fn augment_args(command: Command) -> Command {
        command.args(ExplainOption::all().iter().map(argument))
    }

    fn augment_args_for_update(command: Command) -> Command {
        Self::augment_args(command)
    }
}

impl FromArgMatches for MethodOptions {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, clap::Error> {
        let mut given = Self::default();
        given.update_from_arg_matches(matches)?;
        Ok(given)
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        let given = ExplainOption::all().iter().filter_map(|option| {
            let value = match option.kind {
                ValueKind::Flag => matches.get_flag(option.flag).then_some(Value::Bool(true))?,
                _ => matches.get_one::<Value>(option.flag)?.clone(),
            };
            Some((option.name(), value))
        });
        self.0.extend(given);
        Ok(())
    }
}

fn argument(option: &ExplainOption) -> Arg {
    let kind = option.kind;
    let argument = Arg::new(option.flag)
        .long(option.flag)
        .help(option.help())
        .help_heading("Options of the methods");
    if kind == ValueKind::Flag {
        return argument.action(ArgAction::SetTrue);
    }
    let named = kind == ValueKind::Method || !kind.names().is_empty();
    argument
        .value_name(option.placeholder)
        .allow_hyphen_values(kind.is_number())
        .value_parser(match named {
            true => ValueParser::new(values::explain_option(kind)),
            false => ValueParser::new(move |text: &str| kind.parse(text)),
        })
}

/// Long help of `explain`.
pub const LONG: &str = "Show which values of an image speak for a class.\n\n\
    A method attributes the logit of one class of each image, --target, to the values of the image: gradient is the signed gradient of that logit, saliency its \
    absolute value, score the gradient of the sum of all log-probabilities (Ross & Doshi-Velez 2018), which is the same for every target; rise weighs \
    probabilities instead of logits. Methods that promise completeness, whose values should sum to the difference of the logit between image and baseline, say by \
    how much they miss it (`gap`). guided-backprop, deconvnet, grad-cam, grad-cam++, guided-grad-cam and lrp need a network, whose layers they look at; `inspect` names \
    its stages.\n\n\
    With --out, arrays for NumPy are written: attribution (float32, [n, channels, height, width]), index (places in the test part of the data set), target and \
    label (int64), logits (float32, [n, classes]), classes (names by label), and gap (float64) where there is one. Of several methods each has a file: \
    FILE-saliency.npz. With --png, each image and each method's map of it is a PNG file in the new folder DIR: blue for negative, white for zero, \
    red-brown for positive, each map scaled by its own greatest magnitude, channels added up.\n\n\
    --internal-batch bounds the memory that methods take: points of paths, noisy copies, hidden windows and masked images are asked about so many at once. No bit of \
    a result depends on it, nor on the images around an image. What is drawn depends on --seed and the image alone, and the masks of rise on --seed alone.";

/// Arguments of `explain`.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  doubleback explain --model normal.safetensors --dataset mnist-mini \\
      --method gradient --count 10 --png maps
  doubleback explain --model normal.safetensors --dataset mnist-mini \\
      --method integrated-gradients,smoothgrad,occlusion --index 3,14 --out maps.npz
  doubleback explain --model resnet18.onnx --dataset cifar10 --count 100 \\
      --method integrated-gradients --baseline blur --steps 100 --target predicted \\
      --out ig.npz
  doubleback explain --model normal.safetensors --dataset mnist-mini \\
      --method smoothgrad --of integrated-gradients --draws 20 --count 10 --json")]
pub struct ExplainArgs {
    /// Model: a file of doubleback, ONNX or PyTorch
    #[arg(long, value_name = "FILE")]
    pub model: PathBuf,
    /// Data set whose test images are explained
    #[arg(long, value_name = "NAME", value_parser = values::dataset())]
    pub dataset: String,
    /// Methods
    #[arg(long, value_name = "METHOD,METHOD,…", required = true, value_delimiter = ',', value_parser = values::explain_method())]
    pub method: Vec<&'static str>,
    /// What the model's file does not say.
    #[command(flatten)]
    pub import: ModelOptions,
    /// Class that is explained: of each image the true one or the predicted one, or the same of all, by name or label
    #[arg(long, value_name = "true|predicted|CLASS", default_value = "true")]
    pub target: String,
    /// Places of the images in the test part of the data set, from 0
    #[arg(long, value_name = "I,I,…", value_delimiter = ',', conflicts_with = "count")]
    pub index: Vec<usize>,
    /// Test images to explain, each class in proportion, drawn by --sample-seed [default: all]
    #[arg(long, value_name = "N", value_parser = values::at_least_one)]
    pub count: Option<usize>,
    /// Seed by which the images of --count are drawn
    #[arg(long, value_name = "N", default_value_t = 0, requires = "count")]
    pub sample_seed: u64,
    /// Images that the model is asked about at once [default: 256, of large images fewer]
    #[arg(long, value_name = "N", value_parser = values::at_least_one)]
    pub internal_batch: Option<usize>,
    /// Options of the methods.
    #[command(flatten)]
    pub given: MethodOptions,
    /// Write attributions and logits; of several methods FILE-METHOD.npz each
    #[arg(long, value_name = "FILE.npz")]
    pub out: Option<PathBuf>,
    /// Write images and maps as PNG files into a new folder
    #[arg(long, value_name = "DIR")]
    pub png: Option<PathBuf>,
    /// Write the results as JSON; without FILE or with -, to standard output
    #[arg(long, value_name = "FILE", num_args = 0..=1, default_missing_value = "-")]
    pub json: Option<JsonTarget>,
}

impl ExplainArgs {
    /// The files of attributions, in the order of the methods; none without `--out`.
    pub fn map_files(&self) -> Vec<PathBuf> {
        let Some(out) = &self.out else { return Vec::new() };
        if let [_] = self.method[..] {
            return vec![out.clone()];
        }
        let stem = out.file_stem().unwrap_or_default().to_string_lossy();
        let methods = self.method.iter();
        methods
            .map(|method| out.with_file_name(format!("{stem}-{method}.npz")))
            .collect()
    }

    pub(super) fn files(&self, global: &Global) -> Files {
        let files = self
            .import
            .reading(reading_model(Files::default(), "--model", &self.model));
        let files = global.reading_data(files, "--dataset", &self.dataset);
        let maps = self.map_files();
        let files = maps
            .iter()
            .fold(files, |files, path| files.writing("--out", path, Format::Npz));
        let folder = self.png.iter();
        let files = folder.fold(files, |files, path| files.writing_folder("--png", path, &[]));
        JsonTarget::file(self.json.as_ref(), files)
    }
}
