//! PyTorch's files, and others that hold weights alone: tensors by name, the architecture that they belong to, and the network of both.
//!
//! `read/` → [`weights`] → `names`, `parametrized`, `normalization` → `arch/` → `build`. `write/` is the way back, to a state dict.
mod arch;
mod build;
mod names;
mod normalization;
mod parametrized;
mod read;
mod weights;
mod write;

use std::path::Path;

use burn::tensor::Device;
use doubleback::data::Bounds;
use doubleback::nn::{Architecture, ModelCard, Network};
use doubleback::{Error, Result};

use crate::imported::{Imported, Source};
use crate::options::Options;
use crate::original::Original;
use arch::Settings;
use build::Sources;
use weights::Weights;

pub use write::{StateDict, StateNames, StateTensor, StateValues};

/// Reads a `.pt`, `.pth`, `.pt2` or `.safetensors` file of another program.
///
/// # Errors
/// Names the file, what is wrong, and what to do.
pub(crate) fn import(path: &Path, options: &Options, device: &Device) -> Result<Imported> {
    let refused = |problem: String| Error::file(path, problem);
    let file = read::read(path).map_err(refused)?;
    let (network, original, notes) = assemble(file.weights, file.most, options, device).map_err(refused)?;
    let mut card = ModelCard::new();
    original.note(&mut card);
    let source = Source {
        format: file.format.to_owned(),
        notes,
        ..Source::default()
    };
    Ok(Imported {
        network,
        card,
        source: Some(source),
    })
}

/// The network of a file's tensors, what they are called there, and what was done with them. `most` is how many values may be read in all.
fn assemble(
    mut weights: Weights,
    most: usize,
    options: &Options,
    device: &Device,
) -> std::result::Result<(Network, Original, Vec<String>), String> {
    let (architecture, sources) = understood(&mut weights, options)?;
    weights.note_conversions();
    let network = build::network(architecture, &sources, &weights, most, device)?;
    let original = build::original(&sources, &weights);
    Ok((network, original, weights.notes))
}

/// The architecture of a file's tensors, which get the names of its modules, and where each tensor of ours comes from.
fn understood(weights: &mut Weights, options: &Options) -> std::result::Result<(Architecture, Sources), String> {
    names::of_network(weights);
    if let Some(normalization) = normalization::take(weights) {
        names::of_part(weights);
        normalization::put(weights, normalization);
    }
    if let Some(normalize) = &options.normalize {
        normalization::given(weights, normalize)?;
    }
    parametrized::resolve(weights)?;
    let settings = Settings {
        size: options.size,
        bounds: options.bounds.unwrap_or(Bounds::UNIT),
    };
    arch::find(weights, options.arch.as_deref(), &settings)
}
