use burn::backend::Dispatch;
use burn::tensor::Tensor;

use crate::conv::expect;
use crate::{NetworkOps, Result};

/// `max(x, 0)`.
pub fn relu(x: Tensor<4>) -> Tensor<4> {
    leaky_relu(x, 0.0)
}

/// vjp of [`relu`]: `g` where the output (or input) `y` is positive, else 0. Constant in `y`.
///
/// # Errors
/// When the shapes differ.
pub fn relu_vjp(g: Tensor<4>, y: Tensor<4>) -> Result<Tensor<4>> {
    expect("relu_vjp", "a cotangent", y.dims(), g.dims())?;
    Ok(masked(g, y, 0.0))
}

/// `x` where it is positive, else `slope * x` (Maas, Hannun & Ng 2013). `slope` is in `[0, 1)`.
pub fn leaky_relu(x: Tensor<4>, slope: f64) -> Tensor<4> {
    masked(x.clone(), x, slope)
}

/// vjp of [`leaky_relu`]: `g` where the output (or input) `y` is positive, else `slope * g`. Constant in `y`.
///
/// # Errors
/// When the shapes differ.
pub fn leaky_relu_vjp(g: Tensor<4>, y: Tensor<4>, slope: f64) -> Result<Tensor<4>> {
    expect("leaky_relu_vjp", "a cotangent", y.dims(), g.dims())?;
    Ok(masked(g, y, slope))
}

fn masked(g: Tensor<4>, y: Tensor<4>, slope: f64) -> Tensor<4> {
    Tensor::from_dispatch(Dispatch::relu_mask(
        g.into_dispatch(),
        y.detach().into_dispatch(),
        slope,
    ))
}
