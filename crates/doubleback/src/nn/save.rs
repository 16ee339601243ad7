//! Model files: `.safetensors` with the architecture, and how the model was trained, as JSON in the metadata.

use std::collections::BTreeMap;
use std::path::Path;

use burn::tensor::Device;

use super::architecture::Architecture;
use super::module::Module;
use super::network::Network;
use super::old_format::renew;
use crate::tensor_file::{self, Kind, TensorFile};
use crate::{Error, Result};

/// Free-form facts stored with a model: defense, data set, seed, options, checksums.
pub type ModelCard = BTreeMap<String, String>;

/// What files are written as. `doubleback-1` had ReLU inside batch norm; it is read too.
const FORMAT: &str = "doubleback-2";
const OLD_FORMAT: &str = "doubleback-1";

const KIND: Kind = Kind {
    name: ".safetensors file",
    reading: "reading the model",
    advice: "Train or copy it again",
};

/// Writes a network to `path`, whole or not at all. Convolution weights are `[height, width, in, out]`, dense ones `[in, out]`.
///
/// # Errors
/// When the file cannot be written.
pub fn save(network: &Network, card: &ModelCard, path: &Path) -> Result<()> {
    let mut metadata = card.clone();
    let architecture = serde_json::to_string(network.architecture())
        .map_err(|e| Error::file(path, format!("cannot store the architecture: {e}")))?;
    metadata.insert("architecture".into(), architecture);
    metadata.insert("format".into(), FORMAT.into());
    metadata.insert(
        "layout".into(),
        "images NHWC inside, convolutions HWIO, dense layers (in, out)".into(),
    );
    let tensors = network
        .tensors()
        .map(|p| (p.name().to_owned(), p.dims().to_vec(), p.value()));
    tensor_file::write(path, tensors, &metadata)
}

/// Reads a network written by [`save`], and its card.
///
/// # Errors
/// When the file is missing, truncated, not a model of ours, or its tensors do not fit its architecture.
pub fn load(path: &Path, device: &Device) -> Result<(Network, ModelCard)> {
    network(&TensorFile::read(path, &KIND)?, path, device)
}

/// Reads a network from the bytes of a file written by [`save`], and its card, such as those that were hashed. `path` is for messages.
///
/// # Errors
/// As [`load`], but for a missing file.
pub fn load_bytes(bytes: Vec<u8>, path: &Path, device: &Device) -> Result<(Network, ModelCard)> {
    network(&TensorFile::of_bytes(bytes, path, &KIND)?, path, device)
}

fn network(file: &TensorFile, path: &Path, device: &Device) -> Result<(Network, ModelCard)> {
    let metadata = file.facts();
    let architecture = metadata
        .get("architecture")
        .ok_or_else(|| Error::file(path, "has no `architecture` in its metadata, so it was not written by doubleback. Give a model made by `doubleback train`"))?;
    let unreadable = |e: serde_json::Error| {
        let problem = format!("has an architecture that cannot be read ({e}). Train or copy it again");
        Error::file(path, problem)
    };
    let architecture = match metadata.get("format").map_or(OLD_FORMAT, String::as_str) {
        FORMAT => architecture.clone(),
        OLD_FORMAT => {
            let mut old = serde_json::from_str(architecture).map_err(unreadable)?;
            renew(&mut old);
            old.to_string()
        }
        newer => {
            let problem = format!(
                "is a model file of format `{newer}`; this version reads `{FORMAT}` and `{OLD_FORMAT}`. Use the doubleback that wrote it, or a newer one"
            );
            return Err(Error::file(path, problem));
        }
    };
    let architecture: Architecture = serde_json::from_str(&architecture).map_err(unreadable)?;
    let network = Network::build(architecture, device, |spec, name| file.tensor(name, &spec.dims, device))?;
    let card = metadata
        .into_iter()
        .filter(|(key, _)| !["architecture", "format", "layout"].contains(&key.as_str()))
        .collect();
    Ok((network, card))
}
