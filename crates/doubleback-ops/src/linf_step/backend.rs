//! What a backend does of a step in the L∞ ball.

use burn::backend::tensor::FloatTensor;
use burn::backend::{Backend, backend_extension};

use super::default;

/// The step on tensor primitives, with a default body of stock Burn ops.
#[backend_extension(Flex, Cube: cfg(feature = "cube"), Autodiff)]
pub(crate) trait LinfStepOps: Backend {
    /// See [`linf_step`](super::linf_step).
    fn linf_step(
        x: FloatTensor<Self>,
        gradient: FloatTensor<Self>,
        step: f64,
        least: FloatTensor<Self>,
        greatest: FloatTensor<Self>,
    ) -> FloatTensor<Self> {
        default::linf_step::<Self>(x, gradient, step, least, greatest)
    }
}
