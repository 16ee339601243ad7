//! What a backend does of a rectifier.

use burn::backend::tensor::FloatTensor;
use burn::backend::{Backend, backend_extension};

use super::default;

/// Rectifiers on tensor primitives, with a default body of stock Burn ops.
#[backend_extension(Flex, Cube: cfg(feature = "cube"), Autodiff)]
pub(crate) trait ReluOps: Backend {
    /// `g` where `y > 0`, else `slope * g`; `y` is a constant for differentiation.
    fn leaky_relu_vjp(g: FloatTensor<Self>, y: FloatTensor<Self>, slope: f64) -> FloatTensor<Self> {
        default::leaky_relu_vjp::<Self>(g, y, slope)
    }
}
