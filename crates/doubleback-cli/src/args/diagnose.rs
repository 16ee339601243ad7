use std::path::PathBuf;

use clap::Args;
use doubleback::evaluate::ModelPath;
use doubleback_experiments::diagnosis::Profile;

use super::global::Global;
use super::model::{ModelOptions, reading_model};
use super::values::{self, Eps};
use crate::files::{Files, RUN};

/// Long help of `diagnose`.
pub const LONG: &str = "Find the layers at which an attack does its damage.\n\n\
    Trains one InterpretGAN for each model, which draws from a layer's activations an image that shows what the layer holds; has an oracle, a network \
    that knows nothing of the model, classify these images for clean and attacked test images; and attributes the attack's damage to layers. \
    Probes check it without a generator; decoders measure the information that each layer loses. The formulas are this project's own: of the \
    paper (Zheng et al. 2020) only the abstract is public.\n\n\
    Several models are diagnosed with the same oracle and the same attack, each attacked with its own gradients, to see what a defense moves. \
    Writes DIR/report.html, DIR/figures/ and DIR/results.json. An interrupted run goes on where it was when the same command is given again.";

/// Arguments of `diagnose`.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  doubleback diagnose --model normal.safetensors --dataset mnist-mini \\
      --attack fgsm
  doubleback diagnose --model normal.safetensors --model doubleback.safetensors \\
      --dataset mnist --attack pgd --eps 0.1 --profile standard
  doubleback diagnose --model normal.safetensors --dataset mnist-mini \\
      --attack fgsm --eps 0.15 --layers input,pool1,pool2,logits --json")]
pub struct DiagnoseArgs {
    /// Model to diagnose, FILE or NAME=FILE, of `doubleback train`, ONNX or PyTorch; give it again for several models
    #[arg(long = "model", value_name = "FILE", required = true, value_parser = values::model_path())]
    pub models: Vec<ModelPath>,
    /// What files of other programs do not say, for all of them, oracles too.
    #[command(flatten)]
    pub import: ModelOptions,
    /// Data set that the model was trained on
    #[arg(long, value_name = "NAME", value_parser = values::dataset())]
    pub dataset: String,
    /// Attack
    #[arg(long, value_name = "NAME", value_parser = values::attack_name())]
    pub attack: &'static str,
    /// Perturbation size, in the units of the data, such as 0.1 or 8/255; auto finds one at which the attack succeeds on some images and fails on others; not for jsma
    #[arg(long, value_name = "E|auto", value_parser = values::eps, allow_hyphen_values = true, default_value = "auto")]
    pub eps: Eps,
    /// Layers to study; the first and the last always are [default: all]
    #[arg(long, value_name = "NAME,NAME,…", value_delimiter = ',')]
    pub layers: Option<Vec<String>>,
    /// How much work to spend: quick takes minutes a model, standard up to half an hour [default: quick for mnist-mini, standard for others]
    #[arg(long, value_name = "NAME", value_parser = values::diagnosis_profile())]
    pub profile: Option<Profile>,
    /// Test images to attack and explain, each class in proportion, drawn by --seed [default: the first 512 for quick, 1,024 for standard]
    #[arg(long, value_name = "N", value_parser = values::at_least_one)]
    pub count: Option<usize>,
    /// Training steps of each InterpretGAN [default: by profile]
    #[arg(long, value_name = "N", value_parser = values::at_least_one)]
    pub steps: Option<usize>,
    /// Folder to write to
    #[arg(long, value_name = "DIR", default_value = "diagnosis")]
    pub out: PathBuf,
    /// Seed of networks, noise and intervals
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub seed: u64,
    /// Network that judges the explanations; of several, the mean of their probabilities [default: three of another
    /// architecture, trained first]
    #[arg(long, value_name = "FILE", value_parser = values::model_path())]
    pub oracle: Vec<ModelPath>,
    /// Print results.json instead of a summary
    #[arg(long)]
    pub json: bool,
}

impl DiagnoseArgs {
    pub(super) fn files(&self, global: &Global) -> Files {
        let files = global.reading_data(Files::default(), "--dataset", &self.dataset);
        let models = self.models.iter();
        let files = models.fold(files, |files, model| reading_model(files, "--model", &model.path));
        let oracle = self.oracle.iter();
        let files = oracle.fold(files, |files, oracle| reading_model(files, "--oracle", &oracle.path));
        let files = self.import.reading(files);
        files.writing_folder("--out", &self.out, RUN)
    }
}
