//! Values that a quantized model holds as integers: QuantizeLinear becomes a layer that gives what DequantizeLinear would make of them, which then
//! has nothing left to do.

use doubleback::nn::layers::{FakeQuantize, LayerKind};

use super::builder::{Builder, Translate};
use super::value::Activation;
use crate::onnx::element::Element;
use crate::onnx::model::Node;
use crate::onnx::refusal::Refusal;

pub(super) const OPS: &[(&str, Translate)] = &[
    ("DequantizeLinear", dequantize),
    ("QuantizeLinear", quantize),
    // As onnxruntime writes them for integers of 4 and 16 bits before opset 21.
    ("com.microsoft.DequantizeLinear", dequantize),
    ("com.microsoft.QuantizeLinear", quantize),
];

/// Scales and zero points, as a layer has them, and the axis of what is stored along which they differ.
#[derive(Debug, PartialEq)]
struct Steps {
    scales: Vec<f32>,
    zero_points: Vec<f32>,
    axis: Option<usize>,
}

impl Steps {
    fn read(node: &Node, b: &Builder, x: &Activation) -> Result<Self, Refusal> {
        let block = node.int("block_size", 0)?;
        if block != 0 {
            return Err(format!(
                "it has a scale for each block of {block} values; quantize by tensor or by channel instead"
            )
            .into());
        }
        let scales = b.constant(node, 1)?.floats()?;
        if let Some(scale) = scales.iter().find(|scale| !scale.is_normal() || **scale < 0.0) {
            return Err(format!("its scale {scale} is no positive number").into());
        }
        let zero_points = match b.optional_constant(node, 2)? {
            Some(zero_points) => zero_points.numbers(),
            None => vec![0.0; scales.len()],
        };
        let axis = match scales.len() {
            1 => None,
            count => Some(stored_axis(node, x, count)?),
        };
        match zero_points.len() == scales.len() {
            true => Ok(Self {
                scales,
                zero_points,
                axis,
            }),
            false => Err(format!("it has {} scales and {} zero points", scales.len(), zero_points.len()).into()),
        }
    }
}

/// The axis of what is stored that has a scale of its own at each place.
fn stored_axis(node: &Node, x: &Activation, count: usize) -> Result<usize, Refusal> {
    let said = node.int("axis", 1)?;
    let from_front = if said < 0 { said + x.rank() as i64 } else { said };
    let axis = usize::try_from(from_front)
        .ok()
        .filter(|&axis| x.shape.get(axis) == Some(&count));
    let axis = axis.ok_or_else(|| Refusal(format!("its {count} scales do not fit axis {said} of {:?}", x.shape)))?;
    let none = || Refusal(format!("axis {said} of {:?} cannot have scales of its own", x.shape));
    x.stored_axis(axis).ok_or_else(none)
}

/// Least and greatest integer.
fn range(node: &Node, b: &Builder) -> Result<[i32; 2], Refusal> {
    let element = match (node.input(2), node.int("output_dtype", 0)?) {
        (Some(zero_point), _) => b
            .element(zero_point)
            .ok_or("the type of its zero point is not one of integers")?,
        (None, 0) => Element::Integer { bits: 8, signed: false },
        (None, code) => Element::of_code(code).ok_or_else(|| Refusal(format!("its `output_dtype` {code} is none")))?,
    };
    let narrow = element.range().map(|range| range.map(i32::try_from));
    match narrow {
        Some([Ok(low), Ok(high)]) if high < 1 << 16 => Ok([low, high]),
        _ => Err(format!("it quantizes to {element}; integers of up to 16 bits are known").into()),
    }
}

fn quantize(node: &Node, b: &mut Builder) -> Result<(), Refusal> {
    let x = b.activation(node, 0)?;
    let steps = Steps::read(node, b, &x)?;
    let layer = FakeQuantize {
        range: range(node, b)?,
        axis: steps.axis,
    };
    let tensors = vec![("scale", steps.scales), ("zero_point", steps.zero_points)];
    let y = b.layer_with(node, layer, &[&x], x.shape.clone(), x.layout, tensors)?;
    b.note(
        "values are rounded to integers as in the quantized file; gradients go straight through that, and are zero where values saturate",
    );
    b.set(node, 0, y)
}

fn dequantize(node: &Node, b: &mut Builder) -> Result<(), Refusal> {
    let x = b.activation(node, 0)?;
    let steps = Steps::read(node, b, &x)?;
    let given = match b.source(&x) {
        Some((LayerKind::FakeQuantize(layer), tensors)) => Some((layer.axis, tensors)),
        _ => None,
    };
    let (axis, tensors) = given.ok_or("its input is not what a QuantizeLinear gives: quantize in the QDQ format")?;
    let values = |role: &str| tensors.iter().find(|(name, _)| *name == role).map(|(_, values)| values);
    let same = values("scale") == Some(&steps.scales) && values("zero_point") == Some(&steps.zero_points);
    if !same || axis != steps.axis {
        return Err("it has other scales or zero points than the QuantizeLinear before it".into());
    }
    b.set(node, 0, x)
}
