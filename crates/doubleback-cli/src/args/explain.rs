use std::path::PathBuf;

use clap::builder::ValueParser;
use clap::{Arg, ArgAction, ArgMatches, Args, Command, FromArgMatches};
use doubleback::evaluate::{ModelPath, model_names};
use doubleback::explain::{ExplainOption, ValueKind};
use serde_json::{Map, Value};

use super::global::Global;
use super::model::{ModelOptions, reading_model};
use super::values;
use crate::files::{EXPLANATIONS, Files, Format};
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
    With --metric, the maps of all images are measured: means with 95 % intervals over the images, each metric with its default options. deletion, insertion, \
    pixel-flipping and road ask whether the model misses what a map calls important; infidelity and completeness, whether a map says by how much the answer \
    changes; max-sensitivity and stability, whether it stays where the image hardly changes; sparseness, complexity and smoothness, whether a person can read it; \
    randomization, whether it depends on what was learned; rank-agreement and top-agreement, how far methods agree. What a method has no number of is said.\n\n\
    With --out, arrays for NumPy are written: attribution (float32, [n, channels, height, width]), index (places in the test part of the data set), target and \
    label (int64), logits (float32, [n, classes]), classes (names by label), and gap (float64) where there is one. Of several methods each has a file: \
    FILE-saliency.npz; of several models too: FILE-normal-saliency.npz. With --png, each image and each method's map of it is a PNG file in the new folder DIR: blue for \
    negative, white for zero, red-brown for positive, each map scaled by its own greatest magnitude, channels added up. With --report, methods and models stand \
    beside each other by image on one page that needs no network, report.html in the new folder DIR, with values to point at, and the metrics below.\n\n\
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
      --method smoothgrad --of integrated-gradients --draws 20 --count 10 --json
  doubleback explain --model normal.safetensors --model doubleback.safetensors \\
      --dataset mnist-mini --method gradient,integrated-gradients,lrp --count 50 \\
      --metric deletion,sparseness --report explanations")]
pub struct ExplainArgs {
    /// Model, FILE or NAME=FILE, of doubleback, ONNX or PyTorch; give it again for several models
    #[arg(long = "model", value_name = "FILE", required = true, value_parser = values::model_path())]
    pub models: Vec<ModelPath>,
    /// Data set whose test images are explained
    #[arg(long, value_name = "NAME", value_parser = values::dataset())]
    pub dataset: String,
    /// Methods
    #[arg(long, value_name = "METHOD,METHOD,…", required = true, value_delimiter = ',', value_parser = values::explain_method())]
    pub method: Vec<&'static str>,
    /// Metrics that the maps are measured by
    #[arg(long, value_name = "METRIC,METRIC,…", value_delimiter = ',', value_parser = values::explain_metric())]
    pub metric: Vec<&'static str>,
    /// What files of other programs do not say, for all of them.
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
    /// Write attributions and logits; of several methods FILE-METHOD.npz each, of several models FILE-MODEL-METHOD.npz
    #[arg(long, value_name = "FILE.npz")]
    pub out: Option<PathBuf>,
    /// Write images and maps as PNG files into a new folder
    #[arg(long, value_name = "DIR")]
    pub png: Option<PathBuf>,
    /// Write a page with the maps of the first images, and the metrics, into a new folder
    #[arg(long, value_name = "DIR")]
    pub report: Option<PathBuf>,
    /// Write the results as JSON; without FILE or with -, to standard output
    #[arg(long, value_name = "FILE", num_args = 0..=1, default_missing_value = "-")]
    pub json: Option<JsonTarget>,
}

impl ExplainArgs {
    /// What results call the models: a single one by the name that was given, or its path.
    ///
    /// # Errors
    /// When a file is given twice, or a name.
    pub fn names(&self) -> doubleback::Result<Vec<String>> {
        match self.models.as_slice() {
            [ModelPath { name: None, path }] => Ok(vec![path.display().to_string()]),
            models => model_names(models),
        }
    }

    /// What stands in the names of files for the maps of each model, and in it of each method: `saliency`, of several models `normal-saliency`.
    pub fn map_names(&self) -> Vec<Vec<String>> {
        let models = match self.models.as_slice() {
            [_] => vec![String::new()],
            // A name that is given twice is refused elsewhere.
            _ => plain(&self.names().unwrap_or_default()),
        };
        let of_model = |model: &String| {
            let prefix = if model.is_empty() {
                String::new()
            } else {
                format!("{model}-")
            };
            self.method.iter().map(|method| format!("{prefix}{method}")).collect()
        };
        models.iter().map(of_model).collect()
    }

    /// The files of attributions, by model and method; none without `--out`.
    pub fn map_files(&self) -> Vec<Vec<PathBuf>> {
        let Some(out) = &self.out else { return Vec::new() };
        if let ([_], [_]) = (&self.models[..], &self.method[..]) {
            return vec![vec![out.clone()]];
        }
        let stem = out.file_stem().unwrap_or_default().to_string_lossy();
        let file = |name: &String| out.with_file_name(format!("{stem}-{name}.npz"));
        let names = self.map_names();
        names.iter().map(|names| names.iter().map(file).collect()).collect()
    }

    pub(super) fn files(&self, global: &Global) -> Files {
        let models = self.models.iter();
        let files = models.fold(Files::default(), |files, model| {
            reading_model(files, "--model", &model.path)
        });
        let files = global.reading_data(self.import.reading(files), "--dataset", &self.dataset);
        let maps = self.map_files();
        let files = maps
            .iter()
            .flatten()
            .fold(files, |files, path| files.writing("--out", path, Format::Npz));
        let folder = self.png.iter();
        let files = folder.fold(files, |files, path| files.writing_folder("--png", path, &[]));
        let folder = self.report.iter();
        let files = folder.fold(files, |files, path| {
            files.writing_folder("--report", path, EXPLANATIONS)
        });
        JsonTarget::file(self.json.as_ref(), files)
    }
}

/// Names that can be a part of a file's: each once, also where only other signs told them apart.
fn plain(names: &[String]) -> Vec<String> {
    let plain = |c: char| {
        if c.is_alphanumeric() || "-_.+".contains(c) {
            c
        } else {
            '-'
        }
    };
    let mut found: Vec<String> = Vec::new();
    for name in names {
        let mut name: String = name.chars().map(plain).collect();
        while found.contains(&name) {
            name.push('-');
        }
        found.push(name);
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_models_become_parts_of_names_of_files() {
        let names = ["max/model", "max-model", "a b", "grad"].map(str::to_owned);
        assert_eq!(plain(&names), ["max-model", "max-model-", "a-b", "grad"]);
    }
}
