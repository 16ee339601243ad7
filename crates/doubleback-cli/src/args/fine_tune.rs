//! A training that begins with a model that is there.

use std::path::PathBuf;

use clap::Args;
use doubleback::train::{LayerRate, TrainedLayers};

use super::model::{ImportOptions, reading_model};
use crate::files::Files;

/// Options of `train` for a model that is there, and for layers by their names.
#[derive(Args, Clone, Debug, Default)]
#[command(next_help_heading = "Fine-tuning")]
pub struct FineTune {
    /// Model to begin with in place of random weights: of this program, ONNX or PyTorch. `--arch` is then the architecture of a file that holds weights
    /// alone
    #[arg(long, value_name = "MODEL")]
    pub from: Option<PathBuf>,
    /// Give the model a new last layer, for the classes of the data set
    #[arg(long, requires = "from")]
    pub new_head: bool,
    /// Layers that stay as they are, moving averages of their batch norms included; `layer1` stands for `layer1.0.conv1` and its like as well
    #[arg(long, value_name = "NAME,…", value_delimiter = ',')]
    pub freeze: Vec<String>,
    /// All batch norms normalize by their moving averages, which stay as they are
    #[arg(long)]
    pub frozen_norms: bool,
    /// Learning rate of layers, as a multiple of that of the others
    #[arg(long, value_name = "NAME=FACTOR,…", value_delimiter = ',', value_parser = str::parse::<LayerRate>)]
    pub layer_rate: Vec<LayerRate>,
}

impl FineTune {
    /// Which layers are trained, and how fast.
    pub fn layers(&self) -> TrainedLayers {
        TrainedLayers {
            frozen: self.freeze.clone(),
            frozen_norms: self.frozen_norms,
            rates: self.layer_rate.clone(),
        }
    }

    /// The files of a command, with those that are read for the model.
    pub(super) fn reading(&self, import: &ImportOptions, files: Files) -> Files {
        let files = import.reading(files);
        self.from
            .iter()
            .fold(files, |files, path| reading_model(files, "--from", path))
    }
}
