use burn::tensor::{Gradients, Tensor};
use doubleback_ops::{AdamOptions, AdamState, adam_update};

use crate::nn::{Network, Parameter};
use crate::{Error, Result};

/// Adam over all parameters of a network.
#[derive(Clone, Debug)]
pub struct Adam {
    options: AdamOptions,
    states: Vec<AdamState>,
    step: usize,
}

impl Adam {
    /// Zero moments for a network's parameters.
    pub fn new(network: &Network, options: AdamOptions) -> Self {
        let states = network.parameters().map(|p| AdamState::zeros_like(p.value())).collect();
        Self {
            options,
            states,
            step: 0,
        }
    }

    /// Moments and step count of an earlier training.
    pub(crate) fn resume(options: AdamOptions, states: Vec<AdamState>, step: usize) -> Self {
        Self { options, states, step }
    }

    pub(crate) fn states(&self) -> &[AdamState] {
        &self.states
    }

    /// Moves `network` against the gradients that `tracked`, its copy on the tape, collected. Takes `tracked` so that no other owner
    /// of the values is left and they change in place.
    ///
    /// # Errors
    /// When a parameter has no gradient: it does not influence the loss.
    pub fn step(&mut self, network: &mut Network, tracked: Network, mut gradients: Gradients) -> Result<()> {
        let mut collected: Vec<Tensor<1>> = Vec::with_capacity(self.states.len());
        for parameter in tracked.parameters() {
            let missing = || {
                Error::device(
                    "optimizing",
                    format!("`{}` has no gradient: the loss does not depend on it", parameter.name()),
                )
            };
            collected.push(parameter.value().grad_remove(&mut gradients).ok_or_else(missing)?);
        }
        drop((tracked, gradients));
        self.step += 1;
        let states = std::mem::take(&mut self.states);
        let parameters: Vec<&mut Parameter> = network.parameters_mut().collect();
        for ((parameter, gradient), state) in parameters.into_iter().zip(collected).zip(states) {
            let (value, state) = adam_update(parameter.take(), gradient, state, self.options, self.step)?;
            parameter.set(value);
            self.states.push(state);
        }
        Ok(())
    }
}
