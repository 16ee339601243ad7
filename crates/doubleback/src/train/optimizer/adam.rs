use burn::tensor::Gradients;
use doubleback_ops::{AdamOptions, AdamState, adam_update};

use super::gradients::{Collected, Rate, check_types, collect};
use crate::Result;
use crate::nn::{Module, check_type};

/// Adam (Kingma & Ba 2015) over the parameters of a [`Module`].
#[derive(Clone, Debug)]
pub struct Adam {
    options: AdamOptions,
    states: Vec<AdamState>,
    step: usize,
}

impl Adam {
    /// Zero moments for the parameters of a network or another module.
    pub fn new(module: &impl Module, options: AdamOptions) -> Self {
        let states = module.parameters().map(|p| AdamState::zeros_like(p.value()));
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

    /// Moves `module` against the gradients that `tracked`, its copy on the tape, collected, and takes these out of `gradients`; those of other
    /// modules on the same tape stay. Values change in place where nothing else holds them: it takes `tracked` for this, and whoever calls it
    /// drops the loss and the logits before. Parameters that are constants of `tracked` stay as they are, and so do their moments.
    ///
    /// # Errors
    /// When a parameter on the tape has no gradient, since it does not influence the loss, or one of another type, as after `module` was cast.
    pub fn step<M: Module>(&mut self, module: &mut M, tracked: M, gradients: &mut Gradients) -> Result<()> {
        let collected = collect(&tracked, gradients)?;
        drop(tracked);
        self.apply(module, collected, Rate::of_all(self.options.learning_rate))
    }

    /// Moves `module` against gradients that were collected before.
    pub(super) fn apply(&mut self, module: &mut impl Module, gradients: Collected, rate: Rate<'_>) -> Result<()> {
        // Before anything changes: what is taken out of a module does not come back after an error.
        check_types(module, &gradients)?;
        check_moments(module, &self.states)?;
        self.step += 1;
        let states = std::mem::take(&mut self.states);
        for (index, ((parameter, gradient), state)) in module.parameters_mut().zip(gradients).zip(states).enumerate() {
            let Some(gradient) = gradient else {
                self.states.push(state);
                continue;
            };
            let options = AdamOptions {
                learning_rate: rate.of(index),
                ..self.options
            };
            let (value, state) = adam_update(parameter.take(), gradient, state, options, self.step)?;
            parameter.set(value);
            self.states.push(state);
        }
        Ok(())
    }
}

/// Refuses moments of another type than their parameters have, as those of a module that was cast since.
pub(super) fn check_moments(module: &impl Module, states: &[AdamState]) -> Result<()> {
    for (parameter, state) in module.parameters().zip(states) {
        let dtype = Some(parameter.value().dtype());
        check_type(&format!("moment of `{}`", parameter.name()), dtype, &state.first)?;
    }
    Ok(())
}
