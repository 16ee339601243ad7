//! Pooling by windows.

use doubleback::nn::layers::{AvgPool, LayerKind, MaxPool};

use super::builder::{Builder, Translate};
use super::convolution::as_image;
use super::value::Layout;
use super::window::Window;
use crate::onnx::model::Node;
use crate::onnx::refusal::Refusal;

pub(super) const OPS: &[(&str, Translate)] = &[("AveragePool", average_pool), ("MaxPool", max_pool)];

fn max_pool(node: &Node, b: &mut Builder) -> Result<(), Refusal> {
    if node.output(1).is_some_and(|indices| b.is_taken(indices)) {
        return Err("the places of its maxima are used, as in unpooling, which cannot be imported".into());
    }
    pool(node, b, |window, padding| {
        MaxPool {
            kernel: window.kernel,
            stride: window.stride,
            padding: padding.into(),
            dilation: window.dilation,
            ceil: window.ceil,
        }
        .into()
    })
}

fn average_pool(node: &Node, b: &mut Builder) -> Result<(), Refusal> {
    let count_padding = node.flag("count_include_pad", false)?;
    pool(node, b, |window, padding| {
        AvgPool {
            kernel: window.kernel,
            stride: window.stride,
            padding: padding.into(),
            dilation: window.dilation,
            ceil: window.ceil,
            // Without padding both are the same, and the first is what most files say.
            count_padding: count_padding || padding == [0; 4],
        }
        .into()
    })
}

fn pool(node: &Node, b: &mut Builder, layer: impl Fn(&Window, [usize; 4]) -> LayerKind) -> Result<(), Refusal> {
    let x = b.activation(node, 0)?;
    if !(3..=4).contains(&x.rank()) {
        return Err(format!(
            "it pools values of shape {:?}; along one or two axes it can be imported",
            x.shape
        )
        .into());
    }
    let (x, line) = as_image(x, b)?;
    let window = Window::of_kernel_shape(node, line)?;
    let padding = window.padding([x.shape[2], x.shape[3]])?;
    let kind = layer(&window, padding);
    let [height, width, channels] = kind.layer().output(&[x.stored()])?;
    let y = b.layer(
        node,
        kind,
        &[&x],
        vec![1, channels, height, width],
        Layout::ChannelsLast,
    )?;
    let y = if line {
        b.reshaped(y, vec![1, channels, width])?
    } else {
        y
    };
    b.set(node, 0, y)
}
