//! Named tensors and facts in one `.safetensors` file: what model files, and the checkpoints and results of generators, have in common.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use burn::tensor::{Device, Tensor, TensorData};
use safetensors::tensor::{Dtype, SafeTensors, TensorView};
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::save::with_metadata;
use crate::write::write_atomically;
use crate::{Error, Result};

/// Writes tensors of `f32` and facts, whole or not at all. Equal contents are equal files.
pub(crate) fn write<'a>(
    path: &Path,
    tensors: impl IntoIterator<Item = (String, Vec<usize>, &'a Tensor<1>)>,
    facts: &BTreeMap<String, String>,
) -> Result<()> {
    let failed = |e: &dyn std::fmt::Display| Error::file(path, format!("cannot be put together: {e}"));
    let mut bytes: Vec<(String, Vec<usize>, Vec<u8>)> = Vec::new();
    for (name, dims, value) in tensors {
        let values: Vec<f32> = value
            .try_to_vec_as()
            .map_err(|e| Error::device("reading parameters", e))?;
        bytes.push((name, dims, values.iter().flat_map(|v| v.to_le_bytes()).collect()));
    }
    let views = bytes
        .iter()
        .map(|(name, dims, bytes)| Ok((name.as_str(), TensorView::new(Dtype::F32, dims.clone(), bytes)?)))
        .collect::<std::result::Result<Vec<_>, safetensors::SafeTensorError>>()
        .map_err(|e| failed(&e))?;
    let file = safetensors::serialize(views, None).map_err(|e| failed(&e))?;
    let facts = serde_json::to_string(facts).map_err(|e| failed(&e))?;
    let file = with_metadata(&file, &facts).ok_or_else(|| failed(&"its header has no place for facts"))?;
    write_atomically(path, &file)
}

/// A file that was read.
pub(crate) struct TensorFile {
    path: PathBuf,
    bytes: Vec<u8>,
    facts: BTreeMap<String, String>,
    /// What to do about a damaged file.
    advice: &'static str,
}

impl TensorFile {
    /// Reads a file; nothing if it is not there.
    pub fn read(path: &Path, advice: &'static str) -> Result<Option<Self>> {
        let bytes = match std::fs::read(path) {
            Ok(bytes) => bytes,
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            Err(e) => return Err(Error::io(path, "reading")(e)),
        };
        let mut file = Self {
            path: path.to_owned(),
            bytes,
            facts: BTreeMap::new(),
            advice,
        };
        let (_, header) = SafeTensors::read_metadata(&file.bytes).map_err(|e| file.damaged(&e))?;
        file.facts = header.metadata().clone().unwrap_or_default().into_iter().collect();
        // The lengths of all tensors are checked here.
        SafeTensors::deserialize(&file.bytes).map_err(|e| file.damaged(&e))?;
        Ok(Some(file))
    }

    /// The error of this file.
    pub fn damaged(&self, problem: &dyn std::fmt::Display) -> Error {
        let problem = format!("is not a whole file of its kind ({problem}). {}", self.advice);
        Error::file(&self.path, problem)
    }

    /// A fact, from JSON.
    pub fn fact<T: DeserializeOwned>(&self, name: &str) -> Result<T> {
        let text = self
            .facts
            .get(name)
            .ok_or_else(|| self.damaged(&format!("no `{name}`")))?;
        serde_json::from_str(text).map_err(|e| self.damaged(&format!("`{name}`: {e}")))
    }

    /// No more values than this are in the file.
    pub fn most_values(&self) -> usize {
        self.bytes.len() / size_of::<f32>()
    }

    /// The values of a tensor.
    pub fn tensor(&self, name: &str, dims: &[usize], device: &Device) -> Result<Tensor<1>> {
        let tensors = SafeTensors::deserialize(&self.bytes).map_err(|e| self.damaged(&e))?;
        let view = tensors
            .tensor(name)
            .map_err(|e| self.damaged(&format!("`{name}`: {e}")))?;
        if view.dtype() != Dtype::F32 || view.shape() != dims {
            let found = format!("`{name}` is {:?} {:?}, not F32 {dims:?}", view.dtype(), view.shape());
            return Err(self.damaged(&found));
        }
        let values: Vec<f32> = view
            .data()
            .chunks_exact(4)
            .map(|b| f32::from_le_bytes([b[0], b[1], b[2], b[3]]))
            .collect();
        let count = values.len();
        Ok(Tensor::from_data(TensorData::new(values, [count]), device))
    }
}

/// Adds a fact, as JSON.
pub(crate) fn fact<T: Serialize>(facts: &mut BTreeMap<String, String>, name: &str, value: &T) -> Result<()> {
    let text = serde_json::to_string(value).map_err(|e| Error::device("describing as JSON", e))?;
    facts.insert(name.to_owned(), text);
    Ok(())
}
