use burn::tensor::{Gradients, Tensor};
use doubleback_ops::{AdamOptions, AdamState, adam_update};

use crate::nn::{Module, Parameter, check_type};
use crate::{Error, Result};

/// Adam (Kingma & Ba 2015) over the parameters of a [`Module`].
#[derive(Clone, Debug)]
pub struct Adam {
    options: AdamOptions,
    states: Vec<AdamState>,
    step: usize,
    /// By parameter: what the learning rate is multiplied by. Of those that are not here by 1.
    factors: Vec<f64>,
}

impl Adam {
    /// Zero moments for the parameters of a network or another module.
    pub fn new(module: &impl Module, options: AdamOptions) -> Self {
        let states = module.parameters().map(|p| AdamState::zeros_like(p.value()));
        Self {
            options,
            states: states.collect(),
            step: 0,
            factors: Vec::new(),
        }
    }

    /// With learning rates that are these multiples of the options', one for each parameter.
    #[must_use]
    pub fn with_rate_factors(mut self, factors: Vec<f64>) -> Self {
        self.factors = factors;
        self
    }

    /// Moments and step count of an earlier training.
    pub(crate) fn resume(options: AdamOptions, states: Vec<AdamState>, step: usize) -> Self {
        Self {
            options,
            states,
            step,
            factors: Vec::new(),
        }
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
        // Before anything changes: what is taken out of a module does not come back after an error.
        for ((parameter, gradient), state) in module.parameters().zip(&collected).zip(&self.states) {
            let Some(gradient) = gradient else { continue };
            let dtype = Some(parameter.value().dtype());
            check_type(&format!("gradient of `{}`", parameter.name()), dtype, gradient)?;
            check_type(&format!("moment of `{}`", parameter.name()), dtype, &state.first)?;
        }
        self.step += 1;
        let states = std::mem::take(&mut self.states);
        for (index, ((parameter, gradient), state)) in module.parameters_mut().zip(collected).zip(states).enumerate() {
            let Some(gradient) = gradient else {
                self.states.push(state);
                continue;
            };
            let mut options = self.options;
            options.learning_rate *= self.factors.get(index).copied().unwrap_or(1.0);
            let (value, state) = adam_update(parameter.take(), gradient, state, options, self.step)?;
            parameter.set(value);
            self.states.push(state);
        }
        Ok(())
    }
}

/// The gradients of the parameters on the tape; nothing of constants.
fn collect(tracked: &impl Module, gradients: &mut Gradients) -> Result<Vec<Option<Tensor<1>>>> {
    let gradient = |parameter: &Parameter| {
        if !parameter.value().is_require_grad() {
            return Ok(None);
        }
        let gradient = parameter.value().grad_remove(gradients).ok_or_else(|| {
            let problem = format!("`{}` has no gradient: the loss does not depend on it", parameter.name());
            Error::internal("optimizing", problem)
        });
        gradient.map(Some)
    };
    tracked.parameters().map(gradient).collect()
}
