//! Convolutions of one group with the same padding on opposite sides, on checked shapes: from here on the backend decides.

use burn::backend::Dispatch;
use burn::tensor::Tensor;

use crate::{Conv2dShape, NetworkOps};

pub(super) fn conv2d(x: Tensor<4>, w: Tensor<4>, shape: Conv2dShape) -> Tensor<4> {
    Tensor::from_dispatch(Dispatch::conv2d_forward(x.into_dispatch(), w.into_dispatch(), shape))
}

pub(super) fn conv2d_with_statistics(x: Tensor<4>, w: Tensor<4>, shape: Conv2dShape) -> (Tensor<4>, Tensor<2>) {
    let convolved = Dispatch::conv2d_forward_with_moments(x.into_dispatch(), w.into_dispatch(), shape);
    let statistics = Tensor::from_dispatch(convolved.moments);
    (Tensor::from_dispatch(convolved.values), statistics)
}

pub(super) fn conv2d_input_grad(g: Tensor<4>, w: Tensor<4>, shape: Conv2dShape) -> Tensor<4> {
    Tensor::from_dispatch(Dispatch::conv2d_input_vjp(g.into_dispatch(), w.into_dispatch(), shape))
}

pub(super) fn conv2d_weight_grad(x: Tensor<4>, g: Tensor<4>, shape: Conv2dShape) -> Tensor<4> {
    Tensor::from_dispatch(Dispatch::conv2d_weight_vjp(x.into_dispatch(), g.into_dispatch(), shape))
}
