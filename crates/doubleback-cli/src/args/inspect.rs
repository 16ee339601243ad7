use std::path::PathBuf;

use clap::Args;

use super::global::Global;
use super::model::{ModelOptions, reading_model};
use crate::files::Files;
use crate::output::JsonTarget;

/// Long help of `inspect`.
pub const LONG: &str = "Show what a model is made of.\n\n\
    Reads any model that the other commands take: made by `doubleback train`, ONNX, PyTorch's, or .safetensors. Prints where it comes from, what images \
    it takes, what was found inside it or assumed (normalization, bounds), what was folded, undone or ignored, its layers with their output (height x \
    width x channels), parameters and multiply-adds of one image, and at which layers a latent can be taken.\n\n\
    Multiply-adds are those of convolutions and matrix products, as is usual; floating-point operations are twice as many.\n\n\
    Of a file that cannot be imported, all nodes that are in the way are listed, and the exit status is 2.";

/// Arguments of `inspect`.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  doubleback inspect resnet18.onnx
  doubleback inspect resnet18.pth --arch resnet18 --normalize imagenet
  doubleback inspect normal.safetensors --json | jq .parameters")]
pub struct InspectArgs {
    /// Model: a file of doubleback, ONNX or PyTorch
    #[arg(value_name = "MODEL")]
    pub model: PathBuf,
    /// What the file does not say.
    #[command(flatten)]
    pub options: ModelOptions,
    /// Write all of it as JSON; without FILE or with -, to standard output
    #[arg(long, value_name = "FILE", num_args = 0..=1, default_missing_value = "-")]
    pub json: Option<JsonTarget>,
}

impl InspectArgs {
    pub(super) fn files(&self, _: &Global) -> Files {
        let files = self
            .options
            .reading(reading_model(Files::default(), "MODEL", &self.model));
        JsonTarget::file(self.json.as_ref(), files)
    }
}
