use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};
use doubleback_import::StateNames;

use super::global::Global;
use super::model::{ModelOptions, reading_model};
use super::values;
use crate::files::{Files, Format};
use crate::output::JsonTarget;

/// Long help of `export`.
pub const LONG: &str = "Give a model back to PyTorch or ONNX.\n\n\
    Reads any model that the other commands take, and writes what the ending of --out says:\n\n\
    .onnx: one file of version 17 of ONNX's operators with the weights inside, from `images` [batch, channels, height, width], in the bounds that the \
    model has here, to `logits` [batch, classes]. Normalization is part of the graph, batch norms stay batch norms. A layer that ONNX has no operator for is \
    refused by name.\n\n\
    .safetensors, .pt, .pth: a state dict in PyTorch's layouts, for `load_state_dict`. Its names are those of the file of PyTorch that the model came \
    from, or of its layers. A model that came from an ONNX file has mostly folded its batch norms into convolutions: with --into, the original state dict, \
    they become the identity there, and all other tensors get the model's values.";

/// Arguments of `export`.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  doubleback export doubleback.safetensors --out doubleback.onnx
  doubleback export tuned.safetensors --out resnet18.pt --names original
  doubleback export tuned.safetensors --out new.pt --into resnet18.pt
  doubleback export resnet18.pth --arch resnet18 --normalize imagenet --out r.onnx")]
pub struct ExportArgs {
    /// Model: a file of doubleback, ONNX or PyTorch
    #[arg(value_name = "MODEL")]
    pub model: PathBuf,
    /// Write this file: an ONNX model or a state dict, by its ending
    #[arg(long, value_name = "FILE.onnx|FILE.safetensors|FILE.pt", required = true)]
    pub out: PathBuf,
    /// Names of a state dict: those of the file that the model came from (of an ONNX file the names of its initializers), or those of the layers [default: those of the file, where it was PyTorch's]
    #[arg(long, value_name = "WHICH")]
    pub names: Option<Names>,
    /// Fill this state dict, the one from which an ONNX file was exported: batch norms that the model has folded become the identity
    #[arg(long, value_name = "FILE")]
    pub into: Option<PathBuf>,
    /// Images that an ONNX model takes at a time [default: any number]
    #[arg(long, value_name = "N", value_parser = values::at_least_one)]
    pub batch: Option<usize>,
    /// Write what was done as JSON; without FILE or with -, to standard output
    #[arg(long, value_name = "FILE", num_args = 0..=1, default_missing_value = "-")]
    pub json: Option<JsonTarget>,
    /// What the file does not say.
    #[command(flatten)]
    pub options: ModelOptions,
}

/// Which names the tensors of a state dict get.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Names {
    /// Those of the file that the model came from
    Original,
    /// Those of the layers
    Layers,
}

/// What is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exported {
    /// An ONNX model.
    Onnx,
    /// A state dict as `.safetensors`.
    Safetensors,
    /// A state dict as PyTorch's own file.
    PyTorch,
}

impl Exported {
    /// By the ending of a path; nothing if it is another one.
    pub fn of(path: &Path) -> Option<Self> {
        match path.extension()?.to_str()? {
            "onnx" => Some(Self::Onnx),
            "safetensors" => Some(Self::Safetensors),
            "pt" | "pth" => Some(Self::PyTorch),
            _ => None,
        }
    }

    fn format(self) -> Format {
        match self {
            Self::Onnx => Format::Onnx,
            Self::Safetensors => Format::Safetensors,
            Self::PyTorch => Format::PyTorch,
        }
    }
}

impl ExportArgs {
    /// The names that were asked for.
    pub fn state_names(&self) -> StateNames {
        match self.names {
            None => StateNames::Known,
            Some(Names::Original) => StateNames::Original,
            Some(Names::Layers) => StateNames::Layers,
        }
    }

    pub(super) fn files(&self, _: &Global) -> Files {
        let files = self
            .options
            .reading(reading_model(Files::default(), "MODEL", &self.model));
        let into = self.into.iter();
        let files = into.fold(files, |files, path| files.reading("--into", path));
        // Another ending is refused later, with what would be right.
        let format = Exported::of(&self.out).map_or(Format::Onnx, Exported::format);
        let files = files.writing("--out", &self.out, format);
        JsonTarget::file(self.json.as_ref(), files)
    }
}
