//! PyTorch's files, and others that hold weights alone: tensors by name, the architecture that they belong to, and the network of both.
//!
//! `read/` → [`weights`] → `names`, `parametrized`, `normalization` → `arch/` → `build`.
mod arch;
mod build;
mod names;
mod normalization;
mod parametrized;
mod read;
#[cfg(test)]
mod tests;
mod weights;

use std::path::Path;

use burn::tensor::Device;
use doubleback::data::Bounds;
use doubleback::nn::{Architecture, Network};
use doubleback::{Error, Result};

use crate::options::Options;
use arch::Settings;
use build::Sources;
use weights::Weights;

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
    let format = file.format;
    let (network, notes) = assemble(file.weights, file.most, options, device).map_err(refused)?;
    Ok(Opened { network, format, notes })
}

/// The network of a file's tensors, and what was done with them. `most` is how many values may be read in all.
fn assemble(
    mut weights: Weights,
    most: usize,
    options: &Options,
    device: &Device,
) -> std::result::Result<(Network, Vec<String>), String> {
    let (architecture, sources) = understood(&mut weights, options)?;
    weights.note_conversions();
    let network = build::network(architecture, &sources, &weights, most, device)?;
    Ok((network, weights.notes))
}

/// The architecture of a file's tensors, which get the names of its modules, and where each tensor of ours comes from.
fn understood(weights: &mut Weights, options: &Options) -> std::result::Result<(Architecture, Sources), String> {
    names::of_network(weights);
    normalization::find(weights);
    names::of_network(weights);
    parametrized::resolve(weights)?;
    let settings = Settings {
        size: options.size,
        bounds: options.bounds.unwrap_or(Bounds::UNIT),
    };
    arch::find(weights, options.arch.as_deref(), &settings)
}
