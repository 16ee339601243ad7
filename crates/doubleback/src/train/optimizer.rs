use burn::tensor::{Gradients, Tensor};
use doubleback_ops::{AdamOptions, AdamState, adam_update};

use crate::nn::{Module, Network, Parameter};
use crate::{Error, Result};

/// Adam over a list of parameters: those of a network or of a [`Module`].
#[derive(Clone, Debug)]
pub struct Adam {
    options: AdamOptions,
    states: Vec<AdamState>,
    step: usize,
}

impl Adam {
    /// Zero moments for a network's parameters.
    pub fn new(network: &Network, options: AdamOptions) -> Self {
        Self::over(network.parameters(), options)
    }

    /// Zero moments for a module's parameters.
    pub fn of(module: &impl Module, options: AdamOptions) -> Self {
        Self::over(module.parameters(), options)
    }

    fn over<'a>(parameters: impl IntoIterator<Item = &'a Parameter>, options: AdamOptions) -> Self {
        let states = parameters.into_iter().map(|p| AdamState::zeros_like(p.value()));
        Self {
            options,
            states: states.collect(),
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
        let collected = collect(tracked.parameters(), &mut gradients)?;
        drop((tracked, gradients));
        self.apply(network.parameters_mut(), collected)
    }

    /// The same for a module. The tape may hold other modules too, so the gradients stay the caller's; drop the loss before, so that the
    /// values change in place.
    ///
    /// # Errors
    /// When a parameter has no gradient: it does not influence the loss.
    pub fn step_module<M: Module>(&mut self, module: &mut M, tracked: M, gradients: &mut Gradients) -> Result<()> {
        let collected = collect(tracked.parameters(), gradients)?;
        drop(tracked);
        let parameters = module
            .chains_mut()
            .into_iter()
            .flat_map(crate::nn::Chain::parameters_mut);
        self.apply(parameters, collected)
    }

    fn apply<'a>(
        &mut self,
        parameters: impl Iterator<Item = &'a mut Parameter>,
        gradients: Vec<Tensor<1>>,
    ) -> Result<()> {
        self.step += 1;
        let states = std::mem::take(&mut self.states);
        for ((parameter, gradient), state) in parameters.zip(gradients).zip(states) {
            let (value, state) = adam_update(parameter.take(), gradient, state, self.options, self.step)?;
            parameter.set(value);
            self.states.push(state);
        }
        Ok(())
    }
}

/// The gradients of tracked parameters.
fn collect<'a>(tracked: impl IntoIterator<Item = &'a Parameter>, gradients: &mut Gradients) -> Result<Vec<Tensor<1>>> {
    let gradient = |parameter: &Parameter| {
        parameter.value().grad_remove(gradients).ok_or_else(|| {
            let problem = format!("`{}` has no gradient: the loss does not depend on it", parameter.name());
            Error::internal("optimizing", problem)
        })
    };
    tracked.into_iter().map(gradient).collect()
}
