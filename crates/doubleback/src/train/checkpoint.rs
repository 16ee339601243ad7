//! The whole state of a training in one file, so that an interrupted one goes on to the same bits.

use std::path::Path;

use burn::tensor::{Device, Tensor};
use doubleback_ops::{AdamOptions, AdamState};
use serde::{Deserialize, Serialize};

use super::curve::{CurvePoint, Sums};
use super::optimizer::Adam;
use crate::nn::{Module, Network, Parameter, renewed_description};
use crate::tensor_file::{self, FORMAT, Facts, Kind, TensorFile, add_fact};
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

impl State {
    /// Before the first step.
    pub fn start(fingerprint: String) -> Self {
        Self {
            fingerprint,
            step: 0,
            curve: Vec::new(),
            sums: Sums::default(),
            seconds: 0.0,
        }
    }
}

const STATE: &str = "state";
/// What files are written as, and what those that do not say are of.
const CURRENT: &str = "doubleback-checkpoint-1";

const KIND: Kind = Kind {
    name: "checkpoint",
    reading: "reading the checkpoint",
    advice: "Delete it to train from the start",
};

pub(crate) fn save(path: &Path, state: &State, network: &Network, adam: &Adam) -> Result<()> {
    let mut facts = Facts::from([(FORMAT.to_owned(), CURRENT.to_owned())]);
    add_fact(&mut facts, STATE, state)?;
    let mut tensors: Vec<(String, &Tensor<1>)> = network.tensors().map(|p| (p.name().to_owned(), p.value())).collect();
    for (parameter, moments) in network.parameters().zip(adam.states()) {
        tensors.push((format!("{}.first", parameter.name()), &moments.first));
        tensors.push((format!("{}.second", parameter.name()), &moments.second));
    }
    let flat = tensors
        .into_iter()
        .map(|(name, value)| (name, value.dims().to_vec(), value));
    tensor_file::write(path, flat, &facts)
}

/// The fingerprint of a training with its architecture, the second part, in today's words: a checkpoint from before goes on.
fn renewed(fingerprint: &str) -> Option<String> {
    let (name, rest) = fingerprint.split_once("; ")?;
    let (architecture, rest) = rest.split_once("; ")?;
    Some(format!("{name}; {}; {rest}", renewed_description(architecture)?))
}

/// Restores a checkpoint into `network`, or nothing if there is none.
pub(crate) fn load(
    path: &Path,
    fingerprint: &str,
    network: &mut Network,
    options: AdamOptions,
) -> Result<Option<(State, Adam)>> {
    let Some(file) = TensorFile::find(path, &KIND)? else {
        return Ok(None);
    };
    file.format(&[CURRENT])?;
    let mut state: State = file.fact(STATE)?;
    if renewed(&state.fingerprint).as_deref() == Some(fingerprint) {
        state.fingerprint = fingerprint.to_owned();
    }
    if state.fingerprint != fingerprint {
        return Err(Error::file(
            path,
            "is a checkpoint of a training with other options. Give these options, another output, or delete it",
        ));
    }
    let device: Device = network.device().clone();
    let get = |name: &str, length: usize| file.tensor(name, &[length], &device);
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_fingerprint_of_a_checkpoint_from_before_becomes_todays() {
        let old = concat!(
            r#"normal; {"name":"n","input":[1,4,4],"bounds":[0.0,1.0],"classes":2,"layers":["#,
            r#"{"name":"norm","type":"batch-norm","gain":true,"epsilon":0.5,"decay":0.9,"relu":true},"#,
            r#"{"name":"pool","type":"max-pool","size":2}]}; 400 steps; seed 3"#
        );
        let new = concat!(
            r#"normal; {"name":"n","input":[1,4,4],"bounds":[0.0,1.0],"classes":2,"layers":["#,
            r#"{"name":"norm","type":"batch-norm","gain":true,"epsilon":0.5,"decay":0.9},"#,
            r#"{"name":"norm.relu","type":"relu"},"#,
            r#"{"name":"pool","type":"max-pool","kernel":[2,2],"stride":[2,2]}]}; 400 steps; seed 3"#
        );
        assert_eq!(renewed(old).as_deref(), Some(new));
        assert_eq!(renewed(new).as_deref(), Some(new));
        assert_eq!(renewed("another training"), None);
    }
}
