//! The public type, which checks.

use burn::backend::Dispatch;
use burn::tensor::{DType, Int, Tensor};

use super::backend::RectifiedSumOps;
use crate::error::{Result, expect, expect_one_type};

/// `max(a + b, 0)`: its output, its vjp, and through the tape the derivative of that vjp. Off the tape a byte a value is kept.
#[derive(Clone, Debug)]
pub struct RectifiedSum {
    kept: Tensor<4>,
    bits: Tensor<4, Int>,
    dims: [usize; 4],
    dtype: DType,
}

impl RectifiedSum {
    /// The sum where it is positive, else 0, and what its vjp needs.
    ///
    /// # Errors
    /// When shapes or float types differ.
    pub fn new(a: Tensor<4>, b: Tensor<4>) -> Result<(Tensor<4>, Self)> {
        expect("rectified_sum", "a second term", a.dims(), b.dims())?;
        expect_one_type(
            "rectified_sum",
            &[("first term", a.dtype()), ("second term", b.dtype())],
        )?;
        let (dims, dtype) = (a.dims(), a.dtype());
        let rectified = Dispatch::rectified_sum(a.into_dispatch(), b.into_dispatch(), false);
        let sum = Self {
            kept: Tensor::from_dispatch(rectified.kept),
            bits: Tensor::from_dispatch(rectified.bits),
            dims,
            dtype,
        };
        Ok((Tensor::from_dispatch(rectified.values), sum))
    }

    /// Gradient of either term at the cotangent `g` of the output.
    ///
    /// # Errors
    /// When `g` is not shaped as the output, or of another float type.
    pub fn vjp(&self, g: Tensor<4>) -> Result<Tensor<4>> {
        expect("rectified_sum vjp", "a cotangent", self.dims, g.dims())?;
        expect_one_type("rectified_sum vjp", &[("sum", self.dtype), ("cotangent", g.dtype())])?;
        let (kept, bits) = (self.kept.clone().into_dispatch(), self.bits.clone().into_dispatch());
        Ok(Tensor::from_dispatch(Dispatch::rectified_sum_vjp(
            g.into_dispatch(),
            kept,
            bits,
        )))
    }
}
