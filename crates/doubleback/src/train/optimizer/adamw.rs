use doubleback_ops::{AdamOptions, AdamState, adam_update};

use super::adam::check_moments;
use super::gradients::{Collected, Rate, check_types};
use crate::Result;
use crate::nn::Module;

/// AdamW (Loshchilov & Hutter 2019) as in PyTorch: in each step of rate η every parameter, biases and gains of norms among them, is first
/// multiplied by `1 - η · weight_decay`, apart from its gradient; `epsilon` is added to the square root of the *corrected* second moment, unlike in
/// [`AdamOptions`].
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct AdamWOptions {
    /// Decay of the weights, in units of the learning rate.
    pub weight_decay: f64,
    /// Decay of the first moment.
    pub beta1: f64,
    /// Decay of the second moment.
    pub beta2: f64,
    /// Added to the root of the corrected second moment.
    pub epsilon: f64,
}

impl Default for AdamWOptions {
    /// PyTorch's: weight decay 0.01, betas 0.9 and 0.999, epsilon 1e-8.
    fn default() -> Self {
        Self {
            weight_decay: 0.01,
            beta1: 0.9,
            beta2: 0.999,
            epsilon: 1e-8,
        }
    }
}

/// AdamW with its moments.
#[derive(Clone, Debug)]
pub(in crate::train) struct AdamW {
    options: AdamWOptions,
    states: Vec<AdamState>,
    step: usize,
}

impl AdamW {
    /// With the moments of so many steps.
    pub fn new(options: AdamWOptions, states: Vec<AdamState>, step: usize) -> Self {
        Self { options, states, step }
    }

    pub fn states(&self) -> &[AdamState] {
        &self.states
    }

    /// Moves `module` against gradients.
    pub fn apply(&mut self, module: &mut impl Module, gradients: Collected, rate: Rate<'_>) -> Result<()> {
        check_types(module, &gradients)?;
        check_moments(module, &self.states)?;
        self.step += 1;
        let AdamWOptions {
            weight_decay,
            beta1,
            beta2,
            epsilon,
        } = self.options;
        // The same step with the correction of the second moment in the rate, where Adam has it.
        let adam = AdamOptions {
            learning_rate: rate.of_all,
            beta1,
            beta2,
            epsilon: epsilon * (1.0 - beta2.powf(self.step as f64)).sqrt(),
        };
        let states = std::mem::take(&mut self.states);
        for (index, ((parameter, gradient), state)) in module.parameters_mut().zip(gradients).zip(states).enumerate() {
            let Some(gradient) = gradient else {
                self.states.push(state);
                continue;
            };
            let adam = AdamOptions {
                learning_rate: rate.of(index),
                ..adam
            };
            let kept = 1.0 - adam.learning_rate * weight_decay;
            let value = match weight_decay > 0.0 {
                true => parameter.take() * kept,
                false => parameter.take(),
            };
            let (value, state) = adam_update(value, gradient, state, adam, self.step)?;
            parameter.set(value);
            self.states.push(state);
        }
        Ok(())
    }
}
