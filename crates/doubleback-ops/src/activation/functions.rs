//! The public functions.

use burn::backend::Dispatch;
use burn::tensor::Tensor;

use super::backend::ActivationOps;
use crate::error::{Result, expect, expect_one_type};
use crate::options::{Activation, Order};

/// An activation function of every value, or a derivative of it. The derivative of the value is the first one and that of the first the second;
/// the second is a constant for differentiation.
pub fn activation<const D: usize>(x: Tensor<D>, activation: Activation, order: Order) -> Tensor<D> {
    let x = match order {
        Order::Second => x.detach(),
        Order::Value | Order::First => x,
    };
    Tensor::from_dispatch(Dispatch::activation(x.into_dispatch(), activation, order))
}

/// vjp of [`Activation::HardTanh`]: `g` where the output (or input) `y` is between the bounds, else 0 times `g`. Constant in `y`.
///
/// # Errors
/// When shapes or float types differ.
pub fn hard_tanh_vjp<const D: usize>(g: Tensor<D>, y: Tensor<D>, min: f64, max: f64) -> Result<Tensor<D>> {
    let op = "hard_tanh_vjp";
    expect(op, "a cotangent", y.dims(), g.dims())?;
    expect_one_type(op, &[("cotangent", g.dtype()), ("values", y.dtype())])?;
    Ok(Tensor::from_dispatch(Dispatch::hard_tanh_vjp(
        g.into_dispatch(),
        y.detach().into_dispatch(),
        min,
        max,
    )))
}
