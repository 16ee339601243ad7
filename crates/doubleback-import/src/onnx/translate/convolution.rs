//! Convolutions.

use doubleback::nn::layers::{Conv2d, ConvTranspose2d, UnaryLayer};
use ndarray::{ArrayD, Axis};

use super::builder::{Builder, Translate};
use super::value::{Activation, Layout};
use super::window::Window;
use crate::onnx::model::{Constant, Node};
use crate::onnx::refusal::Refusal;
use crate::original::Layout as Order;

pub(super) const OPS: &[(&str, Translate)] = &[("Conv", conv), ("ConvTranspose", conv_transpose)];

/// Weight `[M, C / group, kh, kw]` as `[kh, kw, C / group, M]`; of one spatial axis as with a height of 1.
fn conv(node: &Node, b: &mut Builder) -> Result<(), Refusal> {
    let Operands {
        x,
        line,
        weight,
        bias,
        groups,
    } = Operands::read(node, b)?;
    let sizes = weight.shape().to_vec();
    let window = Window::read(node, [sizes[2], sizes[3]], line)?;
    let channels = sizes[0];
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
    let [height, width, _] = layer.output(x.stored())?;
    let weight = weight.permuted_axes(vec![2, 3, 1, 0]).iter().copied().collect();
    let mut tensors = vec![("weight", weight)];
    tensors.extend(bias.map(|bias| ("bias", bias)));
    let shape = vec![1, channels, height, width];
    let y = b.layer_with(node, layer, &[&x], shape, Layout::ChannelsLast, tensors)?;
    b.say_origin(&y.layer, "weight", node, 1, Order::Kernel);
    b.say_origin(&y.layer, "bias", node, 2, Order::Same);
    let y = if line {
        b.reshaped(y, vec![1, channels, width])?
    } else {
        y
    };
    b.set(node, 0, y)
}

/// Weight `[C, M / group, kh, kw]` as `[kh, kw, M / group, C]`.
fn conv_transpose(node: &Node, b: &mut Builder) -> Result<(), Refusal> {
    let Operands {
        x,
        line,
        weight,
        bias,
        groups,
    } = Operands::read(node, b)?;
    let sizes = weight.shape().to_vec();
    let window = Window::read(node, [sizes[2], sizes[3]], line)?;
    if sizes[0] != x.shape[1] {
        return Err(format!(
            "a weight of shape {sizes:?} does not fit the {} channels of its input",
            x.shape[1]
        )
        .into());
    }
    let channels = sizes[1].checked_mul(groups).ok_or("its groups are too many")?;
    let (padding, output_padding) = window.cut_off(node, [x.shape[2], x.shape[3]], line)?;
    let layer = ConvTranspose2d {
        channels,
        kernel: window.kernel,
        stride: window.stride,
        padding: padding.into(),
        output_padding,
        dilation: window.dilation,
        groups,
        bias: bias.is_some(),
    };
    let [height, width, _] = layer.output(x.stored())?;
    let weight = weight.permuted_axes(vec![2, 3, 1, 0]).iter().copied().collect();
    let mut tensors = vec![("weight", weight)];
    tensors.extend(bias.map(|bias| ("bias", bias)));
    let shape = vec![1, channels, height, width];
    let y = b.layer_with(node, layer, &[&x], shape, Layout::ChannelsLast, tensors)?;
    b.say_origin(&y.layer, "weight", node, 1, Order::Kernel);
    b.say_origin(&y.layer, "bias", node, 2, Order::Same);
    let y = if line {
        b.reshaped(y, vec![1, channels, width])?
    } else {
        y
    };
    b.set(node, 0, y)
}

/// What a convolution of either kind is given.
struct Operands {
    /// Channels last.
    x: Activation,
    /// Whether it has one spatial axis, which is the width of images of height 1.
    line: bool,
    /// Of four axes.
    weight: ArrayD<f32>,
    bias: Option<Vec<f32>>,
    groups: usize,
}

impl Operands {
    fn read(node: &Node, b: &mut Builder) -> Result<Self, Refusal> {
        let x = b.activation(node, 0)?;
        let Constant::Float(weight) = b.constant(node, 1)? else {
            return Err("its weight must be of floats".into());
        };
        if weight.ndim() != x.rank() || !(3..=4).contains(&weight.ndim()) {
            let (weight, x) = (weight.shape(), x.shape);
            return Err(format!(
                "a weight of shape {weight:?} on values of shape {x:?}: convolutions along one or two axes can be imported"
            )
            .into());
        }
        let (x, line) = as_image(x, b)?;
        let bias = b.optional_constant(node, 2)?.map(|bias| bias.floats()).transpose()?;
        let groups = node.int("group", 1)?;
        Ok(Self {
            x,
            line,
            weight: if line { weight.insert_axis(Axis(2)) } else { weight },
            bias,
            groups: usize::try_from(groups).map_err(|_| format!("its `group` {groups} is below 0"))?,
        })
    }
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
