//! Convolutions with groups, or with more padding on one side than on the other: zeros are put around the input, and the rest is a
//! convolution with the same padding on opposite sides. Only ops that have derivatives take part, so every order is exact.

use burn::backend::Dispatch;
use burn::tensor::Tensor;

use super::backend::ConvOps;
use super::plain;
use crate::options::{Conv2dParts, Padding2d};

/// See [`conv2d`](super::functions::conv2d).
pub(super) fn conv2d(x: Tensor<4>, w: Tensor<4>, parts: &Conv2dParts) -> Tensor<4> {
    let x = padded(x, parts);
    if parts.groups == 1 {
        return plain::conv2d(x, w, parts.part);
    }
    let (x, w) = (x.into_dispatch(), w.into_dispatch());
    Tensor::from_dispatch(Dispatch::grouped_conv2d(x, w, parts.grouped()))
}

/// See [`conv2d_input_grad`](super::functions::conv2d_input_grad).
pub(super) fn conv2d_input_grad(g: Tensor<4>, w: Tensor<4>, parts: &Conv2dParts) -> Tensor<4> {
    if parts.groups == 1 {
        return unpadded(plain::conv2d_input_grad(g, w, parts.part), parts);
    }
    let (g, w) = (g.into_dispatch(), w.into_dispatch());
    let x = Tensor::from_dispatch(Dispatch::grouped_conv2d_input_grad(g, w, parts.grouped()));
    unpadded(x, parts)
}

/// See [`conv2d_weight_grad`](super::functions::conv2d_weight_grad).
pub(super) fn conv2d_weight_grad(x: Tensor<4>, g: Tensor<4>, parts: &Conv2dParts) -> Tensor<4> {
    let x = padded(x, parts);
    if parts.groups == 1 {
        return plain::conv2d_weight_grad(x, g, parts.part);
    }
    let (x, g) = (x.into_dispatch(), g.into_dispatch());
    Tensor::from_dispatch(Dispatch::grouped_conv2d_weight_grad(x, g, parts.grouped()))
}

/// The input with its extra zeros.
fn padded(x: Tensor<4>, parts: &Conv2dParts) -> Tensor<4> {
    let Padding2d { before, after } = parts.extra;
    if parts.extra == Padding2d::default() {
        return x;
    }
    x.pad([(before[0], after[0]), (before[1], after[1]), (0, 0)], 0.0)
}

/// The transpose of [`padded`]: the input without the extra rows and columns.
fn unpadded(x: Tensor<4>, parts: &Conv2dParts) -> Tensor<4> {
    if parts.extra == Padding2d::default() {
        return x;
    }
    let [_, height, width, _] = x.dims();
    let Padding2d { before, after } = parts.extra;
    x.slice([
        0..parts.part.batch,
        before[0]..height - after[0],
        before[1]..width - after[1],
    ])
}
