//! What is said of a model that its file does not say.

use std::path::{Path, PathBuf};

use clap::Args;
use doubleback::data::Bounds;
use doubleback_import::{Normalization, Options, files_beside};

use super::values;
use crate::files::Files;

/// Options of commands that take a model of another program.
#[derive(Args, Clone, Debug, Default)]
#[command(next_help_heading = "Models of other programs")]
pub struct ImportOptions {
    /// Output of an ONNX graph that gives the logits, by name [default: its only one]
    #[arg(long, value_name = "NAME")]
    pub output: Option<String>,
    /// Least and greatest pixel value, such as 0,255 [default: 0,1, or those of the data]
    #[arg(long, value_name = "LOW,HIGH", value_parser = values::bounds, allow_hyphen_values = true)]
    pub bounds: Option<Bounds>,
    /// What the model wants subtracted from pixels, and divided by, where it does not do so itself: imagenet, cifar10, cifar100, mnist,
    /// symmetric (to -1..1), bytes (to 0..255), or mean=0.485,0.456,0.406;std=0.229,0.224,0.225
    #[arg(long, value_name = "HOW", value_parser = str::parse::<Normalization>)]
    pub normalize: Option<Normalization>,
    /// Values that an ONNX file's own nodes may generate beyond what a file of its size may, where it is trusted
    #[arg(long, value_name = "N", default_value_t = 0, hide_default_value = true)]
    pub generated_values: usize,
    /// Compare with inputs and logits that the model's own framework gave: arrays of these names
    #[arg(long, value_name = "FILE.npz")]
    pub check: Option<PathBuf>,
}

/// The same, and what is needed of a file that holds weights alone.
#[derive(Args, Clone, Debug, Default)]
#[command(next_help_heading = "Models of other programs")]
pub struct ModelOptions {
    /// Architecture of a file that holds weights alone (.pt, .pth or .safetensors of others), by its name in torchvision, timm or here
    #[arg(long, value_name = "NAME")]
    pub arch: Option<String>,
    /// What any file may leave open.
    #[command(flatten)]
    pub import: ImportOptions,
}

impl ImportOptions {
    /// For images of `size`, rows and columns, where the file leaves that open.
    pub fn options(&self, size: Option<[usize; 2]>) -> Options {
        Options {
            arch: None,
            output: self.output.clone(),
            bounds: self.bounds,
            normalize: self.normalize.clone(),
            size,
            generated_values: self.generated_values,
            check: self.check.clone(),
        }
    }

    /// The files of a command, with those that are read for a model.
    pub(super) fn reading(&self, files: Files) -> Files {
        self.check
            .iter()
            .fold(files, |files, check| files.reading("--check", check))
    }
}

impl ModelOptions {
    /// For images of `size`, rows and columns, where the file leaves that open.
    pub fn options(&self, size: Option<[usize; 2]>) -> Options {
        Options {
            arch: self.arch.clone(),
            ..self.import.options(size)
        }
    }

    /// The files of a command, with those that are read for a model.
    pub(super) fn reading(&self, files: Files) -> Files {
        self.import.reading(files)
    }
}

/// The files of a command that reads a model, with those in which the model keeps its weights.
pub(super) fn reading_model(files: Files, option: &str, model: &Path) -> Files {
    let files = files.reading(option, model);
    let beside = files_beside(model);
    beside
        .iter()
        .fold(files, |files, path| files.reading("weights of the model", path))
}
