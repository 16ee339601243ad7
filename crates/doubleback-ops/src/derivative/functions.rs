//! The public function, which checks.

use burn::backend::Dispatch;
use burn::tensor::Tensor;

use super::backend::DerivativeOps;
use crate::error::{Result, expect, expect_one_type};

/// `y`, which is a function of `x` value by value with the derivative `slope`. On the tape a cotangent of it is multiplied by `slope` to give
/// that of `x`; `y` and `slope` themselves are constants. A slope that has a derivative in turn is made by this function too.
///
/// # Errors
/// When shapes or float types differ.
pub fn with_derivative<const D: usize>(x: Tensor<D>, y: Tensor<D>, slope: Tensor<D>) -> Result<Tensor<D>> {
    let op = "with_derivative";
    expect(op, "the value", x.dims(), y.dims())?;
    expect(op, "the slope", x.dims(), slope.dims())?;
    expect_one_type(
        op,
        &[("argument", x.dtype()), ("value", y.dtype()), ("slope", slope.dtype())],
    )?;
    Ok(Tensor::from_dispatch(Dispatch::with_derivative(
        x.into_dispatch(),
        y.detach().into_dispatch(),
        slope.detach().into_dispatch(),
    )))
}
