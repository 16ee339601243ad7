//! The public function.

use burn::backend::Dispatch;
use burn::tensor::Tensor;

use super::backend::ActivationOps;
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
