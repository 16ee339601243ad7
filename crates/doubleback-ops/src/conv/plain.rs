//! Convolutions of one group with the same padding on opposite sides, on checked shapes: from here on the backend decides.

use burn::backend::Dispatch;
use burn::tensor::Tensor;

use super::backend::ConvOps;
use crate::options::Conv2dShape;

pub(super) fn conv2d(x: Tensor<4>, w: Tensor<4>, shape: Conv2dShape) -> Tensor<4> {
    Tensor::from_dispatch(Dispatch::conv2d(x.into_dispatch(), w.into_dispatch(), shape))
}

pub(super) fn conv2d_biased(x: Tensor<4>, w: Tensor<4>, bias: Tensor<1>, shape: Conv2dShape, relu: bool) -> Tensor<4> {
    let (x, w, bias) = (x.into_dispatch(), w.into_dispatch(), bias.into_dispatch());
    Tensor::from_dispatch(Dispatch::conv2d_biased(x, w, bias, shape, relu))
}

pub(super) fn conv2d_with_statistics(x: Tensor<4>, w: Tensor<4>, shape: Conv2dShape) -> (Tensor<4>, Tensor<2>) {
    let convolved = Dispatch::conv2d_with_statistics(x.into_dispatch(), w.into_dispatch(), shape);
    let statistics = Tensor::from_dispatch(convolved.statistics);
    (Tensor::from_dispatch(convolved.values), statistics)
}

pub(super) fn conv2d_input_grad(g: Tensor<4>, w: Tensor<4>, shape: Conv2dShape) -> Tensor<4> {
    Tensor::from_dispatch(Dispatch::conv2d_input_grad(g.into_dispatch(), w.into_dispatch(), shape))
}

pub(super) fn conv2d_weight_grad(x: Tensor<4>, g: Tensor<4>, shape: Conv2dShape) -> Tensor<4> {
    Tensor::from_dispatch(Dispatch::conv2d_weight_grad(
        x.into_dispatch(),
        g.into_dispatch(),
        shape,
    ))
}
