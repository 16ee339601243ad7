//! Values as the integers of a quantized network hold them.

use doubleback::nn::layers::FakeQuantize;

use super::attribute::int;
use super::layer::{Layer, Problem};
use super::out::{INT8, Out, UINT8};
use super::places::along;
use super::value::Value;

pub(super) fn fake_quantize(quantize: &FakeQuantize, layer: &Layer<'_>, out: &mut Out) -> Result<Value, Problem> {
    let [low, high] = quantize.range;
    let kind = match quantize.range {
        [-128, 127] => INT8,
        [0, 255] => UINT8,
        _ => {
            return Err(format!(
                "holds integers from {low} to {high}; those of int8 and uint8 can be written"
            ));
        }
    };
    let x = out.first(layer.input()?);
    let (scale, zero_points) = (layer.tensor("scale")?, layer.tensor("zero_point")?);
    // A value of int8 as its byte.
    let bytes = zero_points
        .iter()
        .map(|&value| (value as i32).to_le_bytes()[0])
        .collect();
    let (dims, attributes) = match quantize.axis {
        Some(axis) => (vec![scale.len()], vec![int("axis", along(&x, axis))]),
        None => (Vec::new(), Vec::new()),
    };
    let scale = out.floats("scale", &dims, scale);
    let zero_point = out.bytes("zero_point", &dims, kind, bytes);
    let integers = out.node("QuantizeLinear", &[&x.name, &scale, &zero_point], attributes.clone());
    Ok(x.renamed(out.node("DequantizeLinear", &[&integers, &scale, &zero_point], attributes)))
}
