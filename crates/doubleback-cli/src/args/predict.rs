use std::path::PathBuf;

use clap::Args;
use doubleback::nn::Loss;

use super::global::Global;
use super::model::{ModelOptions, reading_model};
use super::values;
use crate::files::{Files, Format};
use crate::output::JsonTarget;

/// Long help of `predict`.
pub const LONG: &str = "Ask a model what it takes images for.\n\n\
    Of a data set, the accuracy is printed with its 95 % Wilson interval, and by class; of images without labels, the most probable classes of the first of \
    them.\n\n\
    With --out, arrays for NumPy are written: logits (float32, [n, classes]), prediction, index (places in the test part of the data set, or \
    among the images; int64), label (where it is known), classes (names by label, where there are some), and gradient (float32, [n, channels, height, \
    width]): that of each image's loss with respect to the image, in the data's own units. The loss is that of the true class, or where that is not known of \
    the predicted one: the cross-entropy, or with --gradient margin the greatest other logit less that of the class, with probability-margin the same of probabilities.";

/// Arguments of `predict`.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  doubleback predict --model resnet18.onnx --dataset cifar10 --count 1000
  doubleback predict --model resnet18.onnx --images photos --class-names imagenet.txt \\
      --preprocess imagenet --normalize imagenet
  doubleback predict --model resnet18.onnx --images x.npy --out logits.npz \\
      --gradient margin")]
pub struct PredictArgs {
    /// Model: a file of doubleback, ONNX or PyTorch
    #[arg(long, value_name = "FILE")]
    pub model: PathBuf,
    /// Data set whose test images are looked at
    #[arg(long, value_name = "NAME", value_parser = values::dataset(), required_unless_present = "images")]
    pub dataset: Option<String>,
    /// Images without labels: a folder of PNG or JPEG files, or an array [n, channels, height, width] or [n, height, width, channels] of bytes or fractions
    #[arg(long, value_name = "FILE.npy|DIR", conflicts_with = "dataset")]
    pub images: Option<PathBuf>,
    /// What the model's file does not say.
    #[command(flatten)]
    pub options: ModelOptions,
    /// Images to look at: of a data set a sample, each class in proportion, drawn by --sample-seed; without labels the first [default: all]
    #[arg(long, value_name = "N", value_parser = values::at_least_one)]
    pub count: Option<usize>,
    /// Seed by which the images of --count are drawn
    #[arg(long, value_name = "N", default_value_t = 0, requires = "count")]
    pub sample_seed: u64,
    /// Write logits, predictions and input gradients
    #[arg(long, value_name = "FILE.npz")]
    pub out: Option<PathBuf>,
    /// Loss whose input gradient --out has: of ce the cross-entropy, of margin the margin of the logits, of probability-margin that of the probabilities, of none no gradient
    #[arg(long, value_name = "LOSS", value_parser = values::gradient(), default_value = "ce", requires = "out")]
    pub gradient: values::Gradient,
    /// Write the results as JSON; without FILE or with -, to standard output
    #[arg(long, value_name = "FILE", num_args = 0..=1, default_missing_value = "-")]
    pub json: Option<JsonTarget>,
}

impl PredictArgs {
    /// The loss whose gradient is wanted, if there is a file for it.
    pub fn loss(&self) -> Option<Loss> {
        self.gradient.0.filter(|_| self.out.is_some())
    }

    pub(super) fn files(&self, global: &Global) -> Files {
        let files = self
            .options
            .reading(reading_model(Files::default(), "--model", &self.model));
        let data = self.dataset.iter();
        let files = data.fold(files, |files, name| global.reading_data(files, "--dataset", name));
        let images = self.images.iter();
        let files = images.fold(files, |files, path| files.reading_data("--images", "PATH", path));
        let out = self.out.iter();
        let files = out.fold(files, |files, path| files.writing("--out", path, Format::Npz));
        JsonTarget::file(self.json.as_ref(), files)
    }
}
