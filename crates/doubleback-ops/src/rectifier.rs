use burn::backend::Dispatch;
use burn::tensor::Tensor;

use crate::convolution::expect;
use crate::{NetworkOps, Result};

/// `max(x, 0)`.
pub fn relu(x: Tensor<4>) -> Tensor<4> {
    let mask = x.clone().detach();
    Tensor::from_dispatch(Dispatch::relu_mask(x.into_dispatch(), mask.into_dispatch()))
}

/// vjp of [`relu`]: `g` where the output (or input) `y` is positive, else 0. Constant in `y`.
///
/// # Errors
/// When the shapes differ.
pub fn relu_vjp(g: Tensor<4>, y: Tensor<4>) -> Result<Tensor<4>> {
    expect("relu_vjp", "a cotangent", y.dims(), g.dims())?;
    Ok(Tensor::from_dispatch(Dispatch::relu_mask(
        g.into_dispatch(),
        y.detach().into_dispatch(),
    )))
}
