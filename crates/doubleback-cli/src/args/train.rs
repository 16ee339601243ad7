use std::path::PathBuf;

use clap::Args;
use doubleback::attack;
use doubleback::nn::{Activation, Pool};
use doubleback::train::{ClassWeights, DefenseKind, ModelFiles, Norm, Output};
use doubleback_experiments::Profile;

use super::fine_tune::FineTune;
use super::global::Global;
use super::model::ImportOptions;
use super::train_options::OptimizerArgs;
use super::values;
use crate::files::{Files, Format, WORK};
use crate::output::JsonTarget;

/// Long help of `train`.
pub const LONG: &str = "Train one model and write it to a .safetensors file.\n\n\
    Steps, learning rate and penalty weight are those of a profile unless they are given. Checkpoints are kept in a folder \
    beside the model's file, with the ending `.work`, until the model is written: an interrupted training goes on where it was \
    when the same command is given again, and ends with the same bytes.\n\n\
    The state at the end is kept beside the model, with the ending `.state`: the same command with more `--steps` goes on from it, \
    and ends with the same bytes as one training of all steps. Delete it when no more steps are wanted. A model of another training \
    that has the same name is kept: as NAME.safetensors.1, .2 and so on. With a schedule other than constant another number of steps \
    is another training, which starts from the first step.";

/// Arguments of `train`.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  doubleback train --dataset mnist-mini --defense doubleback \\
      --out doubleback.safetensors
  doubleback train --dataset mnist-mini --defense doubleback \\
      --paper-lambda 56234 --steps 1000 --out model.safetensors
  doubleback train --dataset mnist-mini --defense pgd \\
      --adversarial-eps 0.2 --pgd-steps 7 --out pgd.safetensors
  doubleback train --dataset mnist --defense distilled --temperature 20 \\
      --pool avg --out model.safetensors --json curve.json
  doubleback train --dataset folder:images --defense doubleback \\
      --class-weights balanced --out model.safetensors
  doubleback train --dataset cifar10 --arch resnet-small --defense normal \\
      --optimizer sgd --momentum 0.9 --nesterov --weight-decay 5e-4 \\
      --schedule cosine --crop 4 --flip --average 0.999 --out model.safetensors
  doubleback train --from resnet18.pt --arch resnet18 --normalize cifar10 \\
      --dataset cifar10 --defense doubleback --lambda 1 --learning-rate 1e-4 \\
      --frozen-norms --out tuned.safetensors")]
pub struct TrainArgs {
    /// Data set to train on
    #[arg(long, value_name = "NAME", value_parser = values::dataset())]
    pub dataset: String,
    /// How to train: plainly, or with this defense
    #[arg(long, value_name = "NAME", value_parser = values::defense())]
    pub defense: DefenseKind,
    /// File to write the model to
    #[arg(long, value_name = "FILE.safetensors")]
    pub out: PathBuf,
    /// Settings to start from [default: quick for mnist-mini, standard for others]
    #[arg(long, value_name = "NAME", value_parser = values::profile())]
    pub profile: Option<Profile>,
    /// Network: paper-cnn, small-cnn, vgg-small, resnet-small, resnet18 or wrn-28-2 [default: paper-cnn]; with --from, that of a file that
    /// holds weights alone
    #[arg(long, value_name = "NAME")]
    pub arch: Option<String>,
    /// Pooling of the network; resnet-small, resnet18 and wrn-28-2 have none to choose [default: max]
    #[arg(long, value_name = "KIND", value_parser = values::pool())]
    pub pool: Option<Pool>,
    /// Activation of the network in place of ReLU: relu, silu, gelu, softplus, softplus:BETA, elu or mish [default: relu]
    #[arg(long, value_name = "NAME", value_parser = values::activation)]
    pub activation: Option<Activation>,
    /// Local contrast normalization before the network, with the floor of each image or the authors' of the batch [default: per-image
    /// for svhn, none for others]
    #[arg(long, value_name = "FLOOR", value_parser = values::local_contrast())]
    pub local_contrast: Option<values::InputLayer>,
    /// Optimizer steps [default: the profile's]
    #[arg(long, value_name = "N", value_parser = values::at_least_one)]
    pub steps: Option<usize>,
    /// Images a step [default: the profile's]
    #[arg(long, value_name = "N", value_parser = values::at_least_one)]
    pub batch: Option<usize>,
    /// Learning rate [default: the profile's; 0.1 with sgd]
    #[arg(long, value_name = "X", value_parser = values::positive, allow_hyphen_values = true)]
    pub learning_rate: Option<f64>,
    /// Weight of the gradient penalty per example, for insensitive, doubleback, distilled-label, entropy and both [default: the profile's]
    #[arg(long, value_name = "X", value_parser = values::not_negative, allow_hyphen_values = true)]
    pub lambda: Option<f64>,
    /// The same weight in the authors' units: 2 x batch x lambda
    #[arg(long, value_name = "X", value_parser = values::not_negative, allow_hyphen_values = true, conflicts_with = "lambda")]
    pub paper_lambda: Option<f64>,
    /// Norm of the penalized gradient, for the same defenses [default: squared-l2]
    #[arg(long, value_name = "NORM", value_parser = values::norm())]
    pub penalty_norm: Option<Norm>,
    /// Penalize the gradient of the cross-entropy's log-probabilities, or of logits in their place [default: log-probabilities]
    #[arg(long, value_name = "OUTPUT", value_parser = values::penalty_output())]
    pub penalty_output: Option<Output>,
    /// Size of the perturbation, such as 0.1 or 8/255, for advtrain, pgd, trades and both [default: 0.3]
    #[arg(long, value_name = "E", value_parser = values::adversarial_size, allow_hyphen_values = true)]
    pub adversarial_eps: Option<f64>,
    /// Norm that the perturbation is bounded in, for pgd and trades [default: linf]
    #[arg(long, value_name = "NORM", value_parser = values::attack_norm())]
    pub adversarial_norm: Option<attack::Norm>,
    /// Gradient steps of the attack, for pgd and trades [default: 10]
    #[arg(long, value_name = "N", value_parser = values::at_least_one)]
    pub pgd_steps: Option<usize>,
    /// Weight of the divergence of the predictions with and without perturbation, for trades [default: 6]
    #[arg(long, value_name = "X", value_parser = values::not_negative, allow_hyphen_values = true)]
    pub trades_beta: Option<f64>,
    /// Softmax temperature of the teacher, for distilled and distilled-label [default: the profile's]
    #[arg(long, value_name = "T", value_parser = values::positive, allow_hyphen_values = true)]
    pub temperature: Option<f64>,
    /// How much the images of each class count: none, balanced (each class as much as every other), a weight for each class in the order of
    /// the labels, or NAME=W,… for some classes
    #[arg(long, value_name = "WEIGHTS", value_parser = values::class_weights, default_value = "none")]
    pub class_weights: ClassWeights,
    /// Seed of weights, dropout and what is done to images
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub seed: u64,
    /// Seconds between checkpoints
    #[arg(long, value_name = "SECONDS", value_parser = values::not_negative, default_value = "15")]
    pub checkpoint_every: f64,
    /// Write settings and curve as JSON; without FILE or with -, to standard output
    #[arg(long, value_name = "FILE", num_args = 0..=1, default_missing_value = "-")]
    pub json: Option<JsonTarget>,
    /// Optimizer, schedule and their like.
    #[command(flatten)]
    pub optimizer: OptimizerArgs,
    /// Where it begins.
    #[command(flatten)]
    pub fine_tune: FineTune,
    /// What is said of the model that it begins with.
    #[command(flatten)]
    pub import: ImportOptions,
}

impl TrainArgs {
    /// The model, its state, and where an unfinished training keeps checkpoints.
    pub fn model_files(&self) -> ModelFiles {
        ModelFiles::of(&self.out)
    }

    pub(super) fn files(&self, global: &Global) -> Files {
        let files = global.reading_data(Files::default(), "--dataset", &self.dataset);
        let files = self.fine_tune.reading(&self.import, files);
        let files = files.writing("--out", &self.out, Format::Safetensors);
        let of_model = self.model_files();
        let files = files.writing("--out", &of_model.state(), Format::Safetensors);
        let files = files.writing("--out", &of_model.teacher_state(), Format::Safetensors);
        let files = files.writing_folder("--out", &of_model.work(), WORK);
        JsonTarget::file(self.json.as_ref(), files)
    }
}
