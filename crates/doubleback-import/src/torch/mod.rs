//! PyTorch's files, and others that hold weights alone: tensors by name, the architecture that they belong to, and the network of both.
//!
//! `read/` → [`weights`] → `names`, `parametrized`, `normalization` → `arch/` → `build`.
mod arch;
mod build;
mod names;
mod normalization;
mod parametrized;
mod read;
mod weights;

use std::path::Path;

use burn::tensor::Device;
use doubleback::data::Bounds;
use doubleback::nn::Network;
use doubleback::{Error, Result};

use crate::options::Options;
use arch::Settings;

/// A network of a file of weights.
pub(crate) struct Opened {
    /// The network, for images as the file's own code gives them to it.
    pub network: Network,
    /// `pytorch`, `pt2` or `safetensors`.
    pub format: &'static str,
    /// What was chosen, dropped, computed and converted on the way, in sentences.
    pub notes: Vec<String>,
}

/// Reads a `.pt`, `.pth`, `.pt2` or `.safetensors` file of another program.
///
/// # Errors
/// Names the file, what is wrong, and what to do.
pub(crate) fn open(path: &Path, options: &Options, device: &Device) -> Result<Opened> {
    let refused = |problem: String| Error::file(path, problem);
    let file = read::read(path).map_err(refused)?;
    let mut weights = file.weights;
    names::of_network(&mut weights);
    normalization::find(&mut weights);
    names::of_network(&mut weights);
    parametrized::resolve(&mut weights).map_err(refused)?;
    let settings = Settings {
        size: options.size,
        bounds: options.bounds.unwrap_or(Bounds::UNIT),
    };
    let (architecture, sources) = arch::find(&mut weights, options.arch.as_deref(), &settings).map_err(refused)?;
    weights.note_conversions();
    let network = build::network(architecture, &sources, &weights, file.most, device).map_err(refused)?;
    Ok(Opened {
        network,
        format: file.format,
        notes: weights.notes,
    })
}
