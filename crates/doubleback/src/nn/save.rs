//! Model files: `.safetensors` with the architecture, and how the model was trained, as JSON in the metadata.

use std::path::Path;

use burn::tensor::{Device, Tensor, TensorData};

use super::architecture::Architecture;
use super::card::{ModelCard, check_classes};
use super::module::Module;
use super::network::Network;
use super::old_format::renew;
use crate::data::words;
use crate::tensor_file::{self, FORMAT, Kind, TensorFile};
use crate::{Error, Result};

/// What files are written as.
const CURRENT: &str = "doubleback-2";
/// Had ReLU inside batch norm; it is read too.
const OLD: &str = "doubleback-1";

/// Most values that the layers may give for one image: so many, and [`PER_VALUE`] for each value of the image and of the file. A small file shall
/// not take much memory.
const ACTIVATIONS: usize = 1 << 22;
const PER_VALUE: usize = 1 << 10;

const KIND: Kind = Kind {
    name: ".safetensors file",
    reading: "reading the model",
    advice: "Train or copy it again",
};

/// Writes a network to `path`, whole or not at all. Convolution weights are `[height, width, in, out]`, dense ones `[in, out]`.
///
/// # Errors
/// When the file cannot be written, or the card names other classes than the network has.
pub fn save(network: &Network, card: &ModelCard, path: &Path) -> Result<()> {
    check_classes(card, network.architecture().classes)
        .map_err(|problem| Error::file(path, format!("the model cannot be stored: {problem}")))?;
    let mut metadata = card.clone();
    let architecture = serde_json::to_string(network.architecture())
        .map_err(|e| Error::file(path, format!("cannot store the architecture: {e}")))?;
    metadata.insert("architecture".into(), architecture);
    metadata.insert(FORMAT.into(), CURRENT.into());
    metadata.insert(
        "layout".into(),
        "images NHWC inside, convolutions HWIO, dense layers (in, out)".into(),
    );
    let tensors = network
        .tensors()
        .map(|p| (p.name().to_owned(), p.dims().to_vec(), p.value()));
    tensor_file::write(path, tensors, &metadata)
}

/// Reads a network written by [`save`], and its card. Weights of another float type become `f32`, with a warning.
///
/// # Errors
/// When the file is missing, truncated, not a model of ours, of a newer format, or its tensors do not fit its architecture; when a value is not
/// finite, or a variance negative; when its layers would take far more memory than a file of its size is worth.
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
    let architecture = architecture(file, path)?;
    let unfit = |e: Error| match e {
        Error::Architecture { layer, problem } => file.wrong(format!("layer `{layer}`: {problem}")),
        other => other,
    };
    check_memory(file, &architecture).map_err(unfit)?;
    let tensors = architecture.tensors().map_err(unfit)?;
    file.check_names(tensors.iter().map(|(name, _)| name.as_str()))?;
    // In the order in which they are asked for.
    let mut least = tensors.iter().map(|(_, least)| *least);
    let network = Network::build(architecture, device, |spec, name| {
        let values = file.values(name, &spec.dims)?;
        if let Some(Some(least)) = least.next() {
            let what = match least {
                0.0 => "below 0, which no variance is",
                _ if name.ends_with(".scale") => "no scale that can be divided by",
                _ => "no variance that can be divided by",
            };
            file.refuse(name, &values, what, |value| value < least)?;
        }
        let count = values.len();
        Ok(Tensor::from_data(TensorData::new(values, [count]), device))
    })
    .map_err(unfit)?;
    let card: ModelCard = metadata
        .into_iter()
        .filter(|(key, _)| !["architecture", FORMAT, "layout"].contains(&key.as_str()))
        .collect();
    check_classes(&card, network.architecture().classes).map_err(|problem| file.wrong(problem))?;
    if let Some(types) = file.converted() {
        tracing::warn!("{}: {types} and were converted to F32", path.display());
    }
    Ok((network, card))
}

/// The architecture as the file describes it, in today's words.
fn architecture(file: &TensorFile, path: &Path) -> Result<Architecture> {
    let metadata = file.facts();
    let written = metadata
        .get("architecture")
        .ok_or_else(|| Error::file(path, "has no `architecture` in its metadata, so it was not written by doubleback. Give a model made by `doubleback train`"))?;
    let unreadable = |e: serde_json::Error| {
        let problem = format!("has an architecture that cannot be read ({e}). Train or copy it again");
        Error::file(path, problem)
    };
    let written = match file.format("architecture", &[OLD, CURRENT])? {
        CURRENT => written.clone(),
        _ => {
            let mut old = serde_json::from_str(written).map_err(unreadable)?;
            renew(&mut old);
            old.to_string()
        }
    };
    serde_json::from_str(&written).map_err(unreadable)
}

/// Refuses an architecture whose layers give far more values than the image and the file have.
fn check_memory(file: &TensorFile, architecture: &Architecture) -> Result<()> {
    let (working, image) = (architecture.working_values()?, architecture.shape().len());
    let most = file.most_values().saturating_add(image).saturating_mul(PER_VALUE);
    let most = most.saturating_add(ACTIVATIONS);
    if working <= most {
        return Ok(());
    }
    let [working, most] = [working, most].map(words::grouped);
    Err(file.wrong(format!(
        "its layers give {working} values for one image, more than {most}, the most for a file of its size"
    )))
}
