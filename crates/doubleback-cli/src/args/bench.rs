use std::path::PathBuf;

use clap::{Args, Subcommand};
use doubleback::nn::{Activation, Pool};
use doubleback_experiments::bench::{Step, TimedAttack};

use super::global::Global;
use super::model::{ImportOptions, ModelOptions, reading_model};
use super::values;
use crate::files::Files;

/// Things to time.
#[derive(Debug, Subcommand)]
#[command(after_help = "\
Examples:
  doubleback bench step
  doubleback bench attack --batch 64")]
pub enum BenchCommand {
    /// Time forward, input gradient, plain and double-backprop steps of a network
    #[command(long_about = STEP, after_help = STEP_EXAMPLES)]
    Step(BenchStepArgs),
    /// Time attacks on a network
    #[command(long_about = ATTACK, after_help = ATTACK_EXAMPLES)]
    Attack(BenchAttackArgs),
    /// Time the CPU kernels of a network's convolutions and dense layers
    #[command(long_about = KERNELS, after_help = KERNELS_EXAMPLES)]
    Kernels(BenchArgs),
    /// Compare a device's gradients with the CPU's
    #[command(long_about = GRADIENTS, after_help = GRADIENTS_EXAMPLES)]
    Gradients(BenchGradientsArgs),
    /// Time a training step of the generator that explains a layer
    #[command(long_about = GAN, after_help = GAN_EXAMPLES)]
    Gan(BenchGanArgs),
}

const GAN: &str = "Time a training step of the generator that explains a layer.\n\n\
    One generator of 28 x 28 images from latents of 7 x 7 x 64 against its discriminator, both with Adam; values are random. \
    Prints a JSON object: engine, step, median_ms, min_ms. `bench/compare.py gan` runs the same step in PyTorch.";

const GAN_EXAMPLES: &str = "\
Examples:
  doubleback bench gan
  doubleback bench gan --batch 64 --threads 1";

const GRADIENTS: &str = "Compare the gradients that --device computes with the CPU's, on a network with random weights.\n\n\
    Prints a JSON object: engine, device, input_gradient (in inference), second_order (of double backprop's objective, the parameter that \
    is farthest off), parameter. Both are lengths of differences as shares of the length of the CPU's gradient.";

const GRADIENTS_EXAMPLES: &str = "\
Examples:
  doubleback bench gradients --device vulkan
  doubleback bench gradients --device vulkan --arch resnet-small --batch 64";

const STEP: &str = "Time forward, input gradient, plain and double-backprop steps of a network.\n\n\
    The network is one of --arch with random weights, or any --model. Images and labels are random. It runs as in training: batch norm \
    takes the statistics of the batch; with --inference it runs as attacks run it. Prints one JSON object a line: engine, step, \
    median_ms, min_ms. The folder `bench` of the source has scripts that run the same steps in PyTorch and TensorFlow and compare.";

const KERNELS: &str = "Time the CPU kernels of a network's convolutions and dense layers: forward, input gradient, weight gradient.\n\n\
    Values are random. Prints one JSON object a line: first what the processor reaches at best, in products of matrices (gflops) and in \
    copying (gigabytes a second); then layer, kernel, median_ms, min_ms, gflops, flops, bytes. gflops is the rate at which the textbook \
    algorithm would have had to work; faster algorithms can exceed the processor's peak. `bench/roofline.py` makes a table of them.";

const KERNELS_EXAMPLES: &str = "\
Examples:
  doubleback bench kernels
  doubleback bench kernels --arch vgg-small --threads 1
  doubleback bench kernels --model resnet18.onnx --batch 16";

const STEP_EXAMPLES: &str = "\
Examples:
  doubleback bench step
  doubleback bench step --pool avg --batch 128 --threads 4
  doubleback bench step --arch resnet-small --only double
  doubleback bench step --arch small-cnn --classes 100 --image-size 64x64
  doubleback bench step --model resnet18.pth --arch resnet18 --image-size 224x224 --batch 16";

const ATTACK: &str = "Time attacks on a network in inference.\n\n\
    Images and labels are random unless a model and a data set are given. pgd-10 is PGD with ten steps of a quarter of eps from a random start, \
    pgd-40 with forty of a thirtieth; all others have their defaults. Measures all that an attack gives: examples, predictions, lengths of perturbations. \
    Prints one JSON object a line: engine, attack, images_per_second (of the median), median_ms, min_ms, success, accuracy, mean_changed.\n\n\
    How long most attacks take depends on how soon the network yields, so give them a trained model and its data. A targeted attack aims at the next class.\n\n\
    The folder `bench` of the source has scripts that run the same attacks with torchattacks, foolbox and pyautoattack.";

const ATTACK_EXAMPLES: &str = "\
Examples:
  doubleback bench attack
  doubleback bench attack --arch small-cnn --batch 64 --threads 4
  doubleback bench attack --model trades.pt --only pgd-40 --batch 250 --count 1000
  doubleback bench attack --model trades.pt --arch small-cnn --dataset mnist \\
      --only apgd-ce,square --eps 0.3 --batch 250 --runs 1
  doubleback bench attack --only jsma --model normal.safetensors \\
      --dataset mnist-mini --batch 64 --runs 3";

/// Arguments of `bench attack`.
#[derive(Args, Debug)]
pub struct BenchAttackArgs {
    /// The network and how often.
    #[command(flatten)]
    pub bench: BenchArgs,
    /// Time these attacks alone [default: fgsm and pgd-10]
    #[arg(long, value_name = "ATTACK,…", value_delimiter = ',', value_parser = values::timed_attack())]
    pub only: Vec<TimedAttack>,
    /// Perturbation size, for attacks that take one
    #[arg(long, value_name = "X", value_parser = values::size, default_value = "0.1")]
    pub eps: values::Size,
    /// Images to attack in all, batch after batch [default: one batch]
    #[arg(long, value_name = "N", value_parser = values::at_least_one)]
    pub count: Option<usize>,
    /// Attack the first test images of this data set instead of random ones
    #[arg(long, value_name = "NAME", value_parser = values::dataset(), requires = "model")]
    pub dataset: Option<String>,
}

/// Arguments of `bench step`.
#[derive(Args, Debug)]
pub struct BenchStepArgs {
    /// The network and how often.
    #[command(flatten)]
    pub bench: BenchArgs,
    /// Time this step alone
    #[arg(long, value_name = "STEP", value_parser = values::step())]
    pub only: Option<Step>,
    /// Run the network as in use: moving averages, no dropout. Times forward and input_gradient
    #[arg(long)]
    pub inference: bool,
}

/// Arguments of `bench gradients`.
#[derive(Args, Debug)]
pub struct BenchGradientsArgs {
    /// Network
    #[arg(long, value_name = "NAME", value_parser = values::architecture(), default_value = "paper-cnn")]
    pub arch: String,
    /// Pooling of the network; resnet-small, resnet18 and wrn-28-2 have none to choose
    #[arg(long, value_name = "KIND", value_parser = values::pool(), default_value = "max")]
    pub pool: Pool,
    /// Activation of the network in place of ReLU: relu, silu, gelu, softplus, softplus:BETA, elu or mish
    #[arg(long, value_name = "NAME", value_parser = values::activation, default_value = "relu")]
    pub activation: Activation,
    /// Images
    #[arg(long, value_name = "N", value_parser = values::at_least_one, default_value = "64")]
    pub batch: usize,
}

/// Arguments of `bench gan`.
#[derive(Args, Debug)]
pub struct BenchGanArgs {
    /// Real images a step, and as many generated ones
    #[arg(long, value_name = "N", value_parser = values::at_least_one, default_value = "128")]
    pub batch: usize,
    /// Measured runs, after a few that do not count
    #[arg(long, value_name = "N", value_parser = values::at_least_one, default_value = "12")]
    pub runs: usize,
}

/// Arguments of the commands of `bench`.
#[derive(Args, Debug)]
pub struct BenchArgs {
    /// Network: paper-cnn, small-cnn, vgg-small, resnet-small, resnet18 or wrn-28-2, with random weights [default: paper-cnn]. With --model, the architecture
    /// of a file that holds weights alone, by its name in torchvision, timm or here
    #[arg(long, value_name = "NAME")]
    pub arch: Option<String>,
    /// Pooling of the network; resnet-small, resnet18 and wrn-28-2 have none to choose
    #[arg(long, value_name = "KIND", value_parser = values::pool(), default_value = "max", conflicts_with = "model")]
    pub pool: Pool,
    /// Activation of the network in place of ReLU: relu, silu, gelu, softplus, softplus:BETA, elu or mish
    #[arg(long, value_name = "NAME", value_parser = values::activation, default_value = "relu", conflicts_with = "model")]
    pub activation: Activation,
    /// Classes of the network
    #[arg(long, value_name = "N", value_parser = values::classes, default_value = "10", conflicts_with = "model")]
    pub classes: usize,
    /// Network with its weights, of any kind
    #[arg(long, value_name = "FILE")]
    pub model: Option<PathBuf>,
    /// What the model's file does not say.
    #[command(flatten)]
    pub import: ImportOptions,
    /// Images a step or attack
    #[arg(long, value_name = "N", value_parser = values::at_least_one, default_value = "256")]
    pub batch: usize,
    /// Measured runs of each, after a few that do not count
    #[arg(long, value_name = "N", value_parser = values::at_least_one, default_value = "12")]
    pub runs: usize,
}

impl BenchArgs {
    /// What is said of the model that its file does not say.
    pub fn model_options(&self) -> ModelOptions {
        ModelOptions {
            arch: self.arch.clone(),
            import: self.import.clone(),
        }
    }

    /// The files of its model.
    fn files(&self) -> Files {
        let model = self.model.iter();
        model.fold(self.import.reading(Files::default()), |files, path| {
            reading_model(files, "--model", path)
        })
    }
}

impl BenchCommand {
    /// It writes to standard output alone.
    pub(super) fn files(&self, global: &Global) -> Files {
        match self {
            BenchCommand::Attack(args) => {
                let data = args.dataset.iter();
                data.fold(args.bench.files(), |files, name| {
                    global.reading_data(files, "--dataset", name)
                })
            }
            BenchCommand::Step(args) => args.bench.files(),
            BenchCommand::Kernels(args) => args.files(),
            BenchCommand::Gradients(_) | BenchCommand::Gan(_) => Files::default(),
        }
    }
}
