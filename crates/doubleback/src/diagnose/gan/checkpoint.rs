//! The whole state of a training in one file, so that an interrupted one goes on to the same bits.

use std::path::Path;

use burn::tensor::{Device, Tensor};
use doubleback_ops::{AdamOptions, AdamState};
use serde::{Deserialize, Serialize};

use super::explain::{restore, tensors};
use super::options::GanOptions;
use super::step::Players;
use crate::diagnose::LossPoint;
use crate::nn::Module;
use crate::tensor_file::{self, FORMAT, Facts, Kind, TensorFile, add_fact};
use crate::train::Adam;
use crate::{Error, Result};

/// Everything but the tensors.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct State {
    /// What is being trained and how; a checkpoint of anything else is refused.
    pub fingerprint: String,
    pub step: usize,
    pub losses: Vec<LossPoint>,
    /// Sums of the losses since the last point.
    pub sums: Option<LossPoint>,
    pub seconds: f64,
}

const STATE: &str = "state";
/// What files are written as, and what those that do not say are of.
const CURRENT: &str = "doubleback-interpretgan-checkpoint-1";
const KIND: Kind = Kind {
    name: "file of its kind",
    reading: "reading",
    advice: "Delete it to train from the start",
};

pub(super) fn save(path: &Path, state: &State, players: &Players) -> Result<()> {
    let mut facts = Facts::from([(FORMAT.to_owned(), CURRENT.to_owned())]);
    add_fact(&mut facts, STATE, state)?;
    let mut all: Vec<(String, Vec<usize>, &Tensor<1>)> = Vec::new();
    all.extend(tensors(&players.discriminator));
    all.extend(moments(&players.discriminator, &players.discriminator_adam));
    for (generator, adam) in &players.generators {
        all.extend(tensors(generator));
        all.extend(moments(generator, adam));
    }
    tensor_file::write(path, all, &facts)
}

/// Restores a checkpoint, or gives nothing if there is none.
pub(super) fn load(
    path: &Path,
    fingerprint: &str,
    players: &mut Players,
    options: &GanOptions,
    device: &Device,
) -> Result<Option<State>> {
    let Some(file) = TensorFile::find(path, &KIND)? else {
        return Ok(None);
    };
    file.format(STATE, &[CURRENT])?;
    let state: State = file.fact(STATE)?;
    if state.fingerprint != fingerprint {
        return Err(Error::file(
            path,
            "is a checkpoint of generators with other options or of another model. Give these options, another output, or delete it",
        ));
    }
    let discriminator = options.adam(options.discriminator_rate);
    restore(&mut players.discriminator, &file, device)?;
    players.discriminator_adam = adam(&players.discriminator, &file, discriminator, state.step, device)?;
    for (generator, adam_of) in &mut players.generators {
        restore(generator, &file, device)?;
        let options = options.adam(options.generator_rate);
        *adam_of = adam(generator, &file, options, state.step, device)?;
    }
    Ok(Some(state))
}

fn moments<'a, M: Module>(module: &'a M, adam: &'a Adam) -> impl Iterator<Item = (String, Vec<usize>, &'a Tensor<1>)> {
    let pairs = module.parameters().zip(adam.states());
    pairs.flat_map(|(parameter, state)| {
        let (name, dims) = (parameter.name(), parameter.dims());
        [
            (format!("{name}.first"), dims.to_vec(), &state.first),
            (format!("{name}.second"), dims.to_vec(), &state.second),
        ]
    })
}

fn adam(module: &impl Module, file: &TensorFile, options: AdamOptions, step: usize, device: &Device) -> Result<Adam> {
    let state = |parameter: &crate::nn::Parameter| {
        let moment = |role: &str| file.tensor(&format!("{}.{role}", parameter.name()), parameter.dims(), device);
        Ok(AdamState {
            first: moment("first")?,
            second: moment("second")?,
        })
    };
    let states = module.parameters().map(state).collect::<Result<_>>()?;
    Ok(Adam::resume(options, states, step))
}
