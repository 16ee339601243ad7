//! The public functions, which check. All are one op: the vjp of the leaky ReLU is its mask applied to `g`, and applied to `x` itself the
//! mask gives the leaky ReLU.

use burn::backend::Dispatch;
use burn::tensor::Tensor;

use super::backend::ReluOps;
use crate::error::{Result, expect, expect_one_type};

/// `max(x, 0)`.
pub fn relu(x: Tensor<4>) -> Tensor<4> {
    leaky_relu(x, 0.0)
}

/// vjp of [`relu`]: `g` where the output (or input) `y` is positive, else 0. Constant in `y`.
///
/// # Errors
/// When shapes or float types differ.
pub fn relu_vjp(g: Tensor<4>, y: Tensor<4>) -> Result<Tensor<4>> {
    checked_vjp("relu_vjp", g, y, 0.0)
}

/// `x` where it is positive, else `slope * x` (Maas, Hannun & Ng 2013). `slope` is in `[0, 1)`.
pub fn leaky_relu(x: Tensor<4>, slope: f64) -> Tensor<4> {
    vjp(x.clone(), x, slope)
}

/// vjp of [`leaky_relu`]: `g` where the output (or input) `y` is positive, else `slope * g`. Constant in `y`.
///
/// # Errors
/// When shapes or float types differ.
pub fn leaky_relu_vjp(g: Tensor<4>, y: Tensor<4>, slope: f64) -> Result<Tensor<4>> {
    checked_vjp("leaky_relu_vjp", g, y, slope)
}

fn checked_vjp(op: &'static str, g: Tensor<4>, y: Tensor<4>, slope: f64) -> Result<Tensor<4>> {
    expect(op, "a cotangent", y.dims(), g.dims())?;
    expect_one_type(op, &[("cotangent", g.dtype()), ("values", y.dtype())])?;
    Ok(vjp(g, y, slope))
}

fn vjp(g: Tensor<4>, y: Tensor<4>, slope: f64) -> Tensor<4> {
    Tensor::from_dispatch(Dispatch::leaky_relu_vjp(
        g.into_dispatch(),
        y.detach().into_dispatch(),
        slope,
    ))
}
