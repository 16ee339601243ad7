//! What a backend does of a rectified sum.

use burn::backend::tensor::{FloatTensor, IntTensor};
use burn::backend::{Backend, backend_extension};

use super::default;
use super::results::Rectified;

/// Rectified sums on tensor primitives, with default bodies of stock Burn ops.
#[backend_extension(Flex, Cube: cfg(feature = "cube"), Autodiff)]
pub(crate) trait RectifiedSumOps: Backend {
    /// `max(a + b, 0)`. On a tape the output is kept anyway, and says where the sum is positive.
    fn rectified_sum(a: FloatTensor<Self>, b: FloatTensor<Self>, _on_tape: bool) -> Rectified<Self> {
        default::rectified_sum::<Self>(a, b)
    }
    /// The vjp for either of the two terms: `g` where the sum is positive, else 0. `kept` and `bits` are constants for differentiation.
    fn rectified_sum_vjp(g: FloatTensor<Self>, kept: FloatTensor<Self>, _bits: IntTensor<Self>) -> FloatTensor<Self> {
        default::rectified_sum_vjp::<Self>(g, kept)
    }
}
