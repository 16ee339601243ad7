//! Convolutions, dense layers and products of matrices.

use doubleback::nn::layers::{Conv2d, ConvTranspose2d, Dense};
use doubleback::ops::Padding2d;

use super::attribute::{int, sizes, whole};
use super::layer::{Layer, Problem};
use super::out::Out;
use super::value::{Layout, Value};
use crate::onnx::read::proto::AttributeProto;
use crate::orders;

/// What a convolution of either kind says.
struct Options {
    kernel: [usize; 2],
    stride: [usize; 2],
    padding: Padding2d,
    dilation: [usize; 2],
    groups: usize,
}

impl Options {
    fn attributes(&self) -> Vec<AttributeProto> {
        vec![
            sizes("kernel_shape", &self.kernel),
            sizes("strides", &self.stride),
            sizes("pads", &pads(self.padding)),
            sizes("dilations", &self.dilation),
            int("group", whole(&[self.groups])[0]),
        ]
    }
}

/// Top, left, bottom, right.
pub(super) fn pads(padding: Padding2d) -> [usize; 4] {
    let ([top, left], [bottom, right]) = (padding.before, padding.after);
    [top, left, bottom, right]
}

pub(super) fn conv(conv: &Conv2d, layer: &Layer<'_>, out: &mut Out) -> Result<Value, Problem> {
    let x = out.first(layer.input()?);
    let inputs = x.size[2] / conv.groups;
    let options = Options {
        kernel: conv.kernel,
        stride: conv.stride,
        padding: conv.padding,
        dilation: conv.dilation,
        groups: conv.groups,
    };
    windowed(
        "Conv",
        &options,
        [inputs, conv.channels],
        conv.bias,
        &x,
        layer,
        out,
        Vec::new(),
    )
}

pub(super) fn conv_transpose(conv: &ConvTranspose2d, layer: &Layer<'_>, out: &mut Out) -> Result<Value, Problem> {
    let x = out.first(layer.input()?);
    let outputs = conv.channels / conv.groups;
    let options = Options {
        kernel: conv.kernel,
        stride: conv.stride,
        padding: conv.padding,
        dilation: conv.dilation,
        groups: conv.groups,
    };
    let more = vec![sizes("output_padding", &conv.output_padding)];
    windowed(
        "ConvTranspose",
        &options,
        [outputs, x.size[2]],
        conv.bias,
        &x,
        layer,
        out,
        more,
    )
}

/// A node with a kernel whose last two sizes are these here, and its first two there, the other way round.
#[expect(clippy::too_many_arguments, reason = "all that two operators share")]
fn windowed(
    op: &str,
    options: &Options,
    [second, first]: [usize; 2],
    bias: bool,
    x: &Value,
    layer: &Layer<'_>,
    out: &mut Out,
    more: Vec<AttributeProto>,
) -> Result<Value, Problem> {
    let [height, width] = options.kernel;
    let kernel = orders::kernel(layer.tensor("weight")?, [height, width, second, first]);
    let mut inputs = vec![
        x.name.clone(),
        out.floats("weight", &[first, second, height, width], &kernel),
    ];
    if bias {
        let values = layer.tensor("bias")?;
        inputs.push(out.floats("bias", &[values.len()], values));
    }
    let inputs: Vec<&str> = inputs.iter().map(String::as_str).collect();
    let attributes = [options.attributes(), more].concat();
    Ok(Value {
        name: out.node(op, &inputs, attributes),
        size: layer.output,
        layout: Layout::First,
    })
}

/// The rows of the matrix are put in the order in which the graph has the values.
pub(super) fn dense(dense: &Dense, layer: &Layer<'_>, out: &mut Out) -> Result<Value, Problem> {
    let x = layer.input()?;
    let count = x.size[2];
    let (x, image) = match x.layout {
        Layout::Flat(image) => (x.clone(), image),
        _ => (out.vector(x), [1, 1, count]),
    };
    let weight = orders::matrix(layer.tensor("weight")?, dense.units, image);
    let mut inputs = vec![x.name, out.floats("weight", &[dense.units, count], &weight)];
    if dense.bias {
        inputs.push(out.floats("bias", &[dense.units], layer.tensor("bias")?));
    }
    let inputs: Vec<&str> = inputs.iter().map(String::as_str).collect();
    Ok(Value {
        name: out.node("Gemm", &inputs, vec![int("transB", 1)]),
        size: layer.output,
        layout: Layout::Vector,
    })
}

pub(super) fn mat_mul(layer: &Layer<'_>, out: &mut Out) -> Result<Value, Problem> {
    let [a, b] = layer.inputs.as_slice() else {
        return Err(format!("has {} inputs, not two", layer.inputs.len()));
    };
    let (a, b) = (out.last(a), out.last(b));
    Ok(Value {
        name: out.node("MatMul", &[&a.name, &b.name], Vec::new()),
        size: layer.output,
        layout: Layout::Last,
    })
}
