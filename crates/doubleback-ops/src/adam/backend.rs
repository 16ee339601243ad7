//! What a backend does of an Adam step.

use burn::backend::tensor::FloatTensor;
use burn::backend::{Backend, backend_extension};

use super::default;
use super::results::AdamUpdated;
use crate::options::AdamOptions;

/// Adam on tensor primitives, with a default body of stock Burn ops.
#[backend_extension(Flex, Cube: cfg(feature = "cube"), Autodiff)]
pub(crate) trait AdamOps: Backend {
    /// See [`adam_update`](super::adam_update).
    fn adam_update(
        parameter: FloatTensor<Self>,
        gradient: FloatTensor<Self>,
        first: FloatTensor<Self>,
        second: FloatTensor<Self>,
        options: AdamOptions,
        step: usize,
    ) -> AdamUpdated<Self> {
        default::adam_update::<Self>(parameter, gradient, first, second, options, step)
    }
}
