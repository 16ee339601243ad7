use burn::backend::Dispatch;
use burn::tensor::Tensor;

use crate::{Error, NetworkOps, Result};

/// Adam in TensorFlow 1's form, which the paper's models were trained with: `epsilon` is added to the square root of the
/// *uncorrected* second moment, and both bias corrections go into the rate (Kingma & Ba 2015, end of section 2).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct AdamOptions {
    /// Step size before bias correction.
    pub learning_rate: f64,
    /// Decay of the first moment.
    pub beta1: f64,
    /// Decay of the second moment.
    pub beta2: f64,
    /// Added to the root of the second moment.
    pub epsilon: f64,
}

impl Default for AdamOptions {
    /// The paper's: rate 2e-4, betas 0.9 and 0.999, epsilon 1e-4.
    fn default() -> Self {
        Self {
            learning_rate: 2e-4,
            beta1: 0.9,
            beta2: 0.999,
            epsilon: 1e-4,
        }
    }
}

impl AdamOptions {
    /// The bias-corrected rate of step `step`, counted from 1.
    pub fn rate(&self, step: usize) -> f64 {
        let step = step as f64;
        self.learning_rate * (1.0 - self.beta2.powf(step)).sqrt() / (1.0 - self.beta1.powf(step))
    }
}

/// The two moments of one parameter.
#[derive(Clone, Debug)]
pub struct AdamState {
    /// Running mean of the gradient.
    pub first: Tensor<1>,
    /// Running mean of its square.
    pub second: Tensor<1>,
}

impl AdamState {
    /// Zero moments for a parameter.
    pub fn zeros_like(parameter: &Tensor<1>) -> Self {
        Self {
            first: parameter.zeros_like(),
            second: parameter.zeros_like(),
        }
    }
}

/// One Adam step on a flattened parameter. Works in place where the tensors are not shared.
/// `step` counts from 1.
///
/// # Errors
/// When the four tensors differ in length.
pub fn adam_update(
    parameter: Tensor<1>,
    gradient: Tensor<1>,
    state: AdamState,
    options: AdamOptions,
    step: usize,
) -> Result<(Tensor<1>, AdamState)> {
    let lengths = [
        parameter.dims()[0],
        gradient.dims()[0],
        state.first.dims()[0],
        state.second.dims()[0],
    ];
    if lengths.iter().any(|&length| length != lengths[0]) || step == 0 {
        let found = format!("parameter, gradient and moments of {lengths:?} values, step {step}");
        return Err(Error::shape(
            "adam_update",
            "equal lengths and a step of at least 1",
            found,
        ));
    }
    let updated = Dispatch::adam_step(
        parameter.into_dispatch(),
        gradient.into_dispatch(),
        state.first.into_dispatch(),
        state.second.into_dispatch(),
        options,
        step,
    );
    let state = AdamState {
        first: Tensor::from_dispatch(updated.first),
        second: Tensor::from_dispatch(updated.second),
    };
    Ok((Tensor::from_dispatch(updated.parameter), state))
}
