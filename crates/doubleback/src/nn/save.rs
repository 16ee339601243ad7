//! Model files: `.safetensors` with the architecture, and how the model was trained, as JSON in the metadata.

use std::collections::BTreeMap;
use std::path::Path;

use burn::tensor::{Device, Tensor, TensorData};
use safetensors::tensor::{Dtype, SafeTensors, TensorView};

use super::architecture::Architecture;
use super::network::Network;
use super::parameter::Parameter;
use crate::write::write_atomically;
use crate::{Error, Result};

/// Free-form facts stored with a model: defense, data set, seed, options, checksums.
pub type ModelCard = BTreeMap<String, String>;

const FORMAT: &str = "doubleback-1";

/// Writes a network to `path`, whole or not at all. Convolution weights are `[height, width, in, out]`, dense ones `[in, out]`.
///
/// # Errors
/// When the file cannot be written.
pub fn save(network: &Network, card: &ModelCard, path: &Path) -> Result<()> {
    let mut tensors = Vec::new();
    for parameter in network.parameters().chain(network.buffers()) {
        tensors.push((
            parameter.name().to_owned(),
            parameter.dims().to_vec(),
            bytes(parameter)?,
        ));
    }
    let views = tensors
        .iter()
        .map(|(name, dims, bytes)| Ok((name.as_str(), TensorView::new(Dtype::F32, dims.clone(), bytes)?)))
        .collect::<std::result::Result<Vec<_>, safetensors::SafeTensorError>>()
        .map_err(|e| Error::file(path, format!("cannot be put together: {e}")))?;
    let mut metadata = card.clone();
    let architecture = serde_json::to_string(network.architecture())
        .map_err(|e| Error::file(path, format!("cannot store the architecture: {e}")))?;
    metadata.insert("architecture".into(), architecture);
    metadata.insert("format".into(), FORMAT.into());
    metadata.insert(
        "layout".into(),
        "images NHWC inside, convolutions HWIO, dense layers (in, out)".into(),
    );
    let bytes =
        safetensors::serialize(views, None).map_err(|e| Error::file(path, format!("cannot be put together: {e}")))?;
    let metadata = serde_json::to_string(&metadata)
        .map_err(|e| Error::file(path, format!("cannot store how it was trained: {e}")))?;
    let bytes = with_metadata(&bytes, &metadata).ok_or_else(|| Error::file(path, "cannot be put together"))?;
    write_atomically(path, &bytes)
}

/// Adds metadata, in JSON, to the header of a `.safetensors` file that has none. The library takes metadata in a hash map and writes it in
/// the map's random order; equal models shall be equal files.
pub(super) fn with_metadata(file: &[u8], metadata: &str) -> Option<Vec<u8>> {
    let (length, rest) = file.split_first_chunk::<8>()?;
    let (header, tensors) = rest.split_at_checked(usize::try_from(u64::from_le_bytes(*length)).ok()?)?;
    let entries = header.strip_prefix(b"{")?.trim_ascii_end();
    let mut header = format!("{{\"__metadata__\":{metadata},").into_bytes();
    header.extend(entries);
    // The format aligns tensors to 8 bytes.
    header.resize(header.len().next_multiple_of(8), b' ');
    Some([&(header.len() as u64).to_le_bytes(), header.as_slice(), tensors].concat())
}

fn bytes(parameter: &Parameter) -> Result<Vec<u8>> {
    let values: Vec<f32> = parameter
        .value()
        .try_to_vec_as()
        .map_err(|e| Error::device("reading parameters", e))?;
    Ok(values.iter().flat_map(|v| v.to_le_bytes()).collect())
}

/// Reads a network written by [`save`], and its card.
///
/// # Errors
/// When the file is missing, truncated, not a model of ours, or its tensors do not fit its architecture.
pub fn load(path: &Path, device: &Device) -> Result<(Network, ModelCard)> {
    let file = std::fs::read(path).map_err(Error::io(path, "reading the model"))?;
    let damaged = |e: &dyn std::fmt::Display| {
        Error::file(
            path,
            format!("is not a whole .safetensors file ({e}). Train or copy it again"),
        )
    };
    let (_, header) = SafeTensors::read_metadata(&file).map_err(|e| damaged(&e))?;
    let tensors = SafeTensors::deserialize(&file).map_err(|e| damaged(&e))?;
    let metadata = header.metadata().clone().unwrap_or_default();
    let architecture = metadata
        .get("architecture")
        .ok_or_else(|| Error::file(path, "has no `architecture` in its metadata, so it was not written by doubleback. Give a model made by `doubleback train`"))?;
    let architecture: Architecture = serde_json::from_str(architecture).map_err(|e| {
        Error::file(
            path,
            format!("has an architecture that cannot be read ({e}). Was it made by a newer version?"),
        )
    })?;
    let network = Network::build(architecture, device, |spec, name| {
        let view = tensors
            .tensor(name)
            .map_err(|_| Error::file(path, format!("lacks the tensor `{name}`. Train or copy it again")))?;
        if view.dtype() != Dtype::F32 || view.shape() != spec.dims {
            let problem = format!(
                "`{name}` should be F32 {:?} and is {:?} {:?}. Train or copy it again",
                spec.dims,
                view.dtype(),
                view.shape()
            );
            return Err(Error::file(path, problem));
        }
        let values: Vec<f32> = view
            .data()
            .chunks_exact(4)
            .map(|b| f32::from_le_bytes([b[0], b[1], b[2], b[3]]))
            .collect();
        let count = values.len();
        Ok(Tensor::from_data(TensorData::new(values, [count]), device))
    })?;
    let card = metadata
        .into_iter()
        .filter(|(key, _)| !["architecture", "format", "layout"].contains(&key.as_str()))
        .collect();
    Ok((network, card))
}
