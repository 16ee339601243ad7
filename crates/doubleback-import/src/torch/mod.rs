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
use doubleback::data::{Bounds, ImageShape};
use doubleback::nn::Network;
use doubleback::{Error, Result};

use arch::Settings;

/// What a file of weights does not say.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Options<'a> {
    /// The architecture; what fits the tensors, if that is certain, if there is none.
    pub arch: Option<&'a str>,
    /// Shape of the images; the usual one of the architecture if there is none.
    pub shape: Option<ImageShape>,
    /// Least and greatest value of a pixel.
    pub bounds: Bounds,
}

/// Reads a `.pt`, `.pth`, `.pt2` or `.safetensors` file of another program. Gives the network, and what was chosen, dropped and converted on the
/// way, in sentences.
///
/// # Errors
/// Names the file, what is wrong, and what to do.
pub(crate) fn open(path: &Path, options: Options<'_>, device: &Device) -> Result<(Network, Vec<String>)> {
    let refused = |problem: String| Error::file(path, problem);
    let (mut weights, most) = read::read(path).map_err(refused)?;
    names::of_network(&mut weights);
    normalization::find(&mut weights);
    names::of_network(&mut weights);
    parametrized::resolve(&mut weights).map_err(refused)?;
    let settings = Settings {
        shape: options.shape,
        bounds: options.bounds,
    };
    let (architecture, sources) = arch::find(&mut weights, options.arch, &settings).map_err(refused)?;
    weights.note_conversions();
    let network = build::network(architecture, &sources, &weights, most, device).map_err(refused)?;
    Ok((network, weights.notes))
}
