//! What a backend does of a matrix product.

use burn::backend::tensor::FloatTensor;
use burn::backend::{Backend, backend_extension};

use super::default;

/// Matrix products on tensor primitives, with default bodies of stock Burn ops.
#[backend_extension(Flex, Cube: cfg(feature = "cube"), Autodiff)]
pub(crate) trait MatmulOps: Backend {
    /// `a · b` of matrices, either of which may be stored transposed.
    fn matmul(
        a: FloatTensor<Self>,
        b: FloatTensor<Self>,
        left_transposed: bool,
        right_transposed: bool,
    ) -> FloatTensor<Self> {
        default::matmul::<Self>(a, b, left_transposed, right_transposed)
    }
    /// [`matmul`](Self::matmul), added to `onto`.
    fn matmul_add(
        a: FloatTensor<Self>,
        b: FloatTensor<Self>,
        left_transposed: bool,
        right_transposed: bool,
        onto: FloatTensor<Self>,
    ) -> FloatTensor<Self> {
        default::matmul_add::<Self>(a, b, left_transposed, right_transposed, onto)
    }
}
