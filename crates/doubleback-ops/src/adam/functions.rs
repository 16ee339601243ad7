//! The public function, which checks.

use burn::backend::Dispatch;
use burn::tensor::Tensor;

use super::backend::AdamOps;
use crate::error::{Error, Result, expect_one_type};
use crate::options::AdamOptions;

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
/// When the four tensors differ in length or float type.
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
    let types = [
        ("parameter", parameter.dtype()),
        ("gradient", gradient.dtype()),
        ("first moment", state.first.dtype()),
        ("second moment", state.second.dtype()),
    ];
    expect_one_type("adam_update", &types)?;
    let updated = Dispatch::adam_update(
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
