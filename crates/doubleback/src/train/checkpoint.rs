//! The whole state of a training in one file, so that an interrupted one goes on to the same bits.

use std::path::{Path, PathBuf};

use burn::tensor::{Device, Tensor};
use serde::{Deserialize, Serialize};

use super::average::Average;
use super::curve::{CurvePoint, Sums};
use super::identity::Identity;
use super::optimizer::Stepper;
use super::options::TrainOptions;
use crate::data::words::grouped;
use crate::nn::{Module, Network, Parameter, renewed_description};
use crate::tensor_file::{self, FORMAT, Facts, Kind, TensorFile, add_fact};
use crate::{Error, Result};

/// Everything but the tensors.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct State {
    /// What is being trained and how; a checkpoint of anything else is refused.
    #[serde(default)]
    pub identity: Identity,
    /// The same as one text, in checkpoints of earlier versions.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fingerprint: Option<String>,
    pub step: usize,
    pub curve: Vec<CurvePoint>,
    pub sums: Sums,
    pub seconds: f64,
}

impl State {
    /// Before the first step.
    pub fn start(identity: Identity) -> Self {
        Self {
            identity,
            fingerprint: None,
            step: 0,
            curve: Vec::new(),
            sums: Sums::default(),
            seconds: 0.0,
        }
    }
}

/// Where the state of a training is, and what it must be of.
pub(crate) struct Files {
    /// Written from time to time, and read first.
    pub checkpoint: PathBuf,
    /// The state at the end of an earlier training of fewer steps, read if there is no checkpoint.
    pub earlier: Option<PathBuf>,
    /// What the training is of.
    pub identity: Identity,
    /// The text that an earlier version had for it, if it could have trained it.
    pub fingerprint: Option<String>,
    /// Write the checkpoint at the end, too.
    pub keep: bool,
}

const STATE: &str = "state";
/// What files are written as.
const CURRENT: &str = "doubleback-checkpoint-2";
/// What is read: the first had one text for all that a training is of.
const READ: [&str; 2] = ["doubleback-checkpoint-1", CURRENT];

const KIND: Kind = Kind {
    name: "checkpoint",
    reading: "reading the checkpoint",
    advice: "Delete it to train from the start",
};

/// The tensors of a training but for those of the network.
pub(crate) struct Moving {
    /// The optimizer.
    pub stepper: Stepper,
    /// The average of the weights, if it is wanted.
    pub average: Option<Average>,
}

impl Moving {
    /// Before the first step.
    pub fn start(network: &Network, options: &TrainOptions) -> Self {
        Self {
            stepper: Stepper::new(network, options.optimizer, options.adam),
            average: options.average.map(|decay| Average::new(network, decay)),
        }
    }
}

pub(crate) fn save(path: &Path, state: &State, network: &Network, moving: &Moving) -> Result<()> {
    let mut facts = Facts::from([(FORMAT.to_owned(), CURRENT.to_owned())]);
    add_fact(&mut facts, STATE, state)?;
    let mut tensors: Vec<(String, &Tensor<1>)> = network.tensors().map(|p| (p.name().to_owned(), p.value())).collect();
    tensors.extend(moving.stepper.tensors(network));
    tensors.extend(moving.average.iter().flat_map(Average::tensors));
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

/// What the file at `path` says of its training, if it is there.
pub(crate) fn identity(path: &Path) -> Result<Option<Identity>> {
    let Some(file) = TensorFile::find(path, &KIND)? else {
        return Ok(None);
    };
    file.format(STATE, &READ)?;
    let state: State = file.fact(STATE)?;
    Ok(Some(state.identity))
}

/// Restores a state into `network`, or nothing if there is none.
///
/// # Errors
/// When it is of another training, or has more steps than are wanted.
pub(crate) fn load(files: &Files, network: &mut Network, options: &TrainOptions) -> Result<Option<(State, Moving)>> {
    for path in [Some(&files.checkpoint), files.earlier.as_ref()].into_iter().flatten() {
        if let Some(file) = TensorFile::find(path, &KIND)? {
            return restore(path, &file, files, network, options);
        }
    }
    Ok(None)
}

/// The state that a file holds, if this training can go on from it.
fn restore(
    path: &Path,
    file: &TensorFile,
    files: &Files,
    network: &mut Network,
    options: &TrainOptions,
) -> Result<Option<(State, Moving)>> {
    file.format(STATE, &READ)?;
    let mut state: State = file.fact(STATE)?;
    if state.identity.is_student_of_another(&files.identity) {
        tracing::warn!(
            "{}: the teacher makes more steps, so the student starts from the beginning with the finished teacher",
            path.display()
        );
        return Ok(None);
    }
    check(path, &state, files)?;
    if state.step > options.steps {
        let (done, wanted) = (grouped(state.step), grouped(options.steps));
        let problem = format!(
            "this training has made {done} steps, more than the {wanted} that are wanted. Give at least {done} steps, or another output"
        );
        return Err(Error::file(path, problem));
    }
    (state.identity, state.fingerprint) = (files.identity.clone(), None);
    let device: Device = network.device().clone();
    let get = |name: &str, length: usize| file.tensor(name, &[length], &device);
    let length = |p: &Parameter| p.dims().iter().product::<usize>();
    let names: Vec<(String, usize)> = network.parameters().map(|p| (p.name().to_owned(), length(p))).collect();
    let buffers: Vec<(String, usize)> = network.buffers().map(|p| (p.name().to_owned(), length(p))).collect();
    for (name, length) in names.iter().chain(&buffers) {
        network.set(name, get(name, *length)?)?;
    }
    let moving = Moving {
        stepper: Stepper::resume(network, options.optimizer, options.adam, state.step, &get)?,
        average: match options.average {
            Some(decay) => Some(Average::resume(network, decay, &get)?),
            None => None,
        },
    };
    Ok(Some((state, moving)))
}

/// Refuses the state of another training, and says what differs.
fn check(path: &Path, state: &State, files: &Files) -> Result<()> {
    let differs = match &state.fingerprint {
        Some(old) if files.fingerprint.is_some() && renewed(old) == files.fingerprint => None,
        Some(_) => Some("of an earlier version with other options, steps or data".into()),
        None => state.identity.differences(&files.identity),
    };
    match differs {
        None => Ok(()),
        Some(differs) => Err(Error::file(
            path,
            format!("is a checkpoint of a training {differs}. Give the same ones, another output, or delete it"),
        )),
    }
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
