//! The whole state of a training in one file, so that an interrupted one goes on to the same bits.

use std::collections::HashMap;
use std::path::Path;

use burn::tensor::{Device, Tensor, TensorData};
use doubleback_ops::{AdamOptions, AdamState};
use safetensors::tensor::{Dtype, SafeTensors, TensorView};
use serde::{Deserialize, Serialize};

use super::curve::{CurvePoint, Sums};
use super::optimizer::Adam;
use crate::nn::{Network, Parameter};
use crate::write::write_atomically;
use crate::{Error, Result};

/// Everything but the tensors.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct State {
    /// What is being trained and how; a checkpoint of anything else is refused.
    pub fingerprint: String,
    pub step: usize,
    pub curve: Vec<CurvePoint>,
    pub sums: Sums,
    pub seconds: f64,
}

const STATE: &str = "state";

pub(crate) fn save(path: &Path, state: &State, network: &Network, adam: &Adam) -> Result<()> {
    let mut tensors: Vec<(String, Vec<u8>)> = Vec::new();
    let mut push = |name: String, value: &Tensor<1>| -> Result<()> {
        let values: Vec<f32> = value
            .try_to_vec_as()
            .map_err(|e| Error::device("reading parameters", e))?;
        tensors.push((name, values.iter().flat_map(|v| v.to_le_bytes()).collect()));
        Ok(())
    };
    for parameter in network.parameters().chain(network.buffers()) {
        push(parameter.name().to_owned(), parameter.value())?;
    }
    for (parameter, moments) in network.parameters().zip(adam.states()) {
        push(format!("{}.first", parameter.name()), &moments.first)?;
        push(format!("{}.second", parameter.name()), &moments.second)?;
    }
    let failed = |e: &dyn std::fmt::Display| Error::file(path, format!("the checkpoint cannot be put together: {e}"));
    let views = tensors
        .iter()
        .map(|(name, bytes)| {
            Ok((
                name.as_str(),
                TensorView::new(Dtype::F32, vec![bytes.len() / 4], bytes)?,
            ))
        })
        .collect::<std::result::Result<Vec<_>, safetensors::SafeTensorError>>()
        .map_err(|e| failed(&e))?;
    let state = serde_json::to_string(state).map_err(|e| failed(&e))?;
    let metadata = HashMap::from([(STATE.to_owned(), state)]);
    write_atomically(
        path,
        &safetensors::serialize(views, Some(metadata)).map_err(|e| failed(&e))?,
    )
}

/// Restores a checkpoint into `network`, or nothing if there is none.
pub(crate) fn load(
    path: &Path,
    fingerprint: &str,
    network: &mut Network,
    options: AdamOptions,
) -> Result<Option<(State, Adam)>> {
    let file = match std::fs::read(path) {
        Ok(file) => file,
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(e) => return Err(Error::io(path, "reading the checkpoint")(e)),
    };
    let damaged = |problem: String| {
        Error::file(
            path,
            format!("is not a whole checkpoint ({problem}). Delete it to train from the start"),
        )
    };
    let (_, header) = SafeTensors::read_metadata(&file).map_err(|e| damaged(e.to_string()))?;
    let state = header
        .metadata()
        .as_ref()
        .and_then(|m| m.get(STATE))
        .ok_or_else(|| damaged("no state".into()))?;
    let state: State = serde_json::from_str(state).map_err(|e| damaged(e.to_string()))?;
    if state.fingerprint != fingerprint {
        return Err(Error::file(
            path,
            "is a checkpoint of a training with other options. Give these options, another output, or delete it",
        ));
    }
    let tensors = SafeTensors::deserialize(&file).map_err(|e| damaged(e.to_string()))?;
    let device: Device = network.device().clone();
    let get = |name: &str, length: usize| -> Result<Tensor<1>> {
        let view = tensors.tensor(name).map_err(|e| damaged(format!("{name}: {e}")))?;
        if view.dtype() != Dtype::F32 || view.shape() != [length] {
            return Err(damaged(format!("{name} has shape {:?}", view.shape())));
        }
        let values: Vec<f32> = view
            .data()
            .chunks_exact(4)
            .map(|b| f32::from_le_bytes([b[0], b[1], b[2], b[3]]))
            .collect();
        Ok(Tensor::from_data(TensorData::new(values, [length]), &device))
    };
    let length = |p: &Parameter| p.dims().iter().product::<usize>();
    let names: Vec<(String, usize)> = network.parameters().map(|p| (p.name().to_owned(), length(p))).collect();
    let buffers: Vec<(String, usize)> = network.buffers().map(|p| (p.name().to_owned(), length(p))).collect();
    let mut moments = Vec::with_capacity(names.len());
    for (name, length) in &names {
        moments.push(AdamState {
            first: get(&format!("{name}.first"), *length)?,
            second: get(&format!("{name}.second"), *length)?,
        });
    }
    for (name, length) in names.iter().chain(&buffers) {
        network.set(name, get(name, *length)?)?;
    }
    let adam = Adam::resume(options, moments, state.step);
    Ok(Some((state, adam)))
}
