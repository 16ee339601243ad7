//! Convolutions.

use doubleback::nn::layers::Conv2d;

use super::builder::{Builder, Translate};
use super::value::{Activation, Layout};
use super::window::Window;
use crate::onnx::model::{Constant, Node};
use crate::onnx::refusal::Refusal;

pub(super) const OPS: &[(&str, Translate)] = &[("Conv", conv)];

/// Weight `[M, C / group, kh, kw]` as `[kh, kw, C / group, M]`; of one spatial axis as with a height of 1.
fn conv(node: &Node, b: &mut Builder) -> Result<(), Refusal> {
    let x = b.activation(node, 0)?;
    let Constant::Float(weight) = b.constant(node, 1)? else {
        return Err("its weight must be of floats".into());
    };
    let axes = weight.ndim().saturating_sub(2);
    if weight.ndim() != x.rank() || !(1..=2).contains(&axes) {
        let (weight, x) = (weight.shape(), x.shape);
        return Err(format!(
            "a weight of shape {weight:?} on values of shape {x:?}: convolutions along one or two axes can be imported"
        )
        .into());
    }
    let (x, line) = as_image(x, b)?;
    let weight = if line {
        weight.insert_axis(ndarray::Axis(2))
    } else {
        weight
    };
    let sizes = weight.shape().to_vec();
    let window = Window::read(node, [sizes[2], sizes[3]], line)?;
    let (groups, channels) = (node.int("group", 1)?, sizes[0]);
    let groups = usize::try_from(groups).unwrap_or(0);
    let bias = match b.optional_constant(node, 2)? {
        Some(Constant::Float(bias)) => Some(bias.iter().copied().collect()),
        Some(_) => return Err("its bias must be of floats".into()),
        None => None,
    };
    if sizes[1].checked_mul(groups) != Some(x.shape[1]) {
        return Err(format!(
            "a weight of shape {sizes:?} in {groups} groups does not fit the {} channels of its input",
            x.shape[1]
        )
        .into());
    }
    let [top, left, bottom, right] = window.padding([x.shape[2], x.shape[3]])?;
    let layer = Conv2d {
        channels,
        kernel: window.kernel,
        stride: window.stride,
        padding: [top, left, bottom, right].into(),
        dilation: window.dilation,
        groups,
        bias: bias.is_some(),
    };
    let [height, width, _] = doubleback::nn::layers::UnaryLayer::output(&layer, x.stored())?;
    let weight = weight.permuted_axes(vec![2, 3, 1, 0]).iter().copied().collect();
    let mut tensors = vec![("weight", weight)];
    tensors.extend(bias.map(|bias| ("bias", bias)));
    let shape = vec![1, channels, height, width];
    let y = b.layer_with(node, layer, &[&x], shape, Layout::ChannelsLast, tensors)?;
    let y = if line {
        b.reshaped(y, vec![1, channels, width])?
    } else {
        y
    };
    b.set(node, 0, y)
}

/// Values with one spatial axis as images of height 1, and whether they are; channels last.
pub(super) fn as_image(x: Activation, b: &mut Builder) -> Result<(Activation, bool), Refusal> {
    match *x.shape.as_slice() {
        [images, channels, width] => {
            let x = b.reshaped(x, vec![images, channels, 1, width])?;
            Ok((b.channels_last(x)?, true))
        }
        _ => Ok((b.channels_last(x)?, false)),
    }
}
