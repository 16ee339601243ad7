//! What a backend does of an activation function.

use burn::backend::tensor::FloatTensor;
use burn::backend::{Backend, backend_extension};

use super::default;
use crate::options::{Activation, Order};

/// Activation functions on tensor primitives, with a default body of stock Burn ops.
#[backend_extension(Flex, Cube: cfg(feature = "cube"), Autodiff)]
pub(crate) trait ActivationOps: Backend {
    /// See [`activation`](super::activation).
    fn activation(x: FloatTensor<Self>, activation: Activation, order: Order) -> FloatTensor<Self> {
        default::activation::<Self>(x, activation, order)
    }

    /// See [`hard_tanh_vjp`](super::hard_tanh_vjp); `y` is a constant for differentiation.
    fn hard_tanh_vjp(g: FloatTensor<Self>, y: FloatTensor<Self>, min: f64, max: f64) -> FloatTensor<Self> {
        default::hard_tanh_vjp::<Self>(g, y, min, max)
    }
}
