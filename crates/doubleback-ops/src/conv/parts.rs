//! Convolutions with groups, or with more padding on one side than on the other, from plain ones: zeros are put around the input, channels
//! are sliced, results are put side by side. Only ops that Burn differentiates take part besides the convolutions, so every order is exact.

use burn::tensor::Tensor;

use super::plain;
use crate::options::{Conv2dParts, Padding2d};

/// See [`conv2d`](super::functions::conv2d).
pub(super) fn conv2d(x: Tensor<4>, w: Tensor<4>, parts: &Conv2dParts) -> Tensor<4> {
    let x = padded(x, parts);
    side_by_side(parts, |group| {
        plain::conv2d(channels(&x, parts, group), channels(&w, parts, group), parts.part)
    })
}

/// See [`conv2d_input_grad`](super::functions::conv2d_input_grad).
pub(super) fn conv2d_input_grad(g: Tensor<4>, w: Tensor<4>, parts: &Conv2dParts) -> Tensor<4> {
    let x = side_by_side(parts, |group| {
        plain::conv2d_input_grad(channels(&g, parts, group), channels(&w, parts, group), parts.part)
    });
    unpadded(x, parts)
}

/// See [`conv2d_weight_grad`](super::functions::conv2d_weight_grad).
pub(super) fn conv2d_weight_grad(x: Tensor<4>, g: Tensor<4>, parts: &Conv2dParts) -> Tensor<4> {
    let x = padded(x, parts);
    side_by_side(parts, |group| {
        plain::conv2d_weight_grad(channels(&x, parts, group), channels(&g, parts, group), parts.part)
    })
}

/// The results of all groups, one after the other along the last axis.
fn side_by_side(parts: &Conv2dParts, result: impl Fn(usize) -> Tensor<4>) -> Tensor<4> {
    if parts.groups == 1 {
        return result(0);
    }
    Tensor::cat((0..parts.groups).map(result).collect(), 3)
}

/// What belongs to `group` of the last axis: channels of an image, output channels of a weight.
fn channels(t: &Tensor<4>, parts: &Conv2dParts, group: usize) -> Tensor<4> {
    if parts.groups == 1 {
        return t.clone();
    }
    let count = t.dims()[3] / parts.groups;
    t.clone().slice_dim(3, group * count..(group + 1) * count)
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
