//! Shapes of activations, which are the same for all images.

use super::builder::{Builder, Translate};
use super::value::Value;
use crate::onnx::model::{Constant, Node};
use crate::onnx::refusal::Refusal;

pub(super) const OPS: &[(&str, Translate)] = &[("Shape", shape), ("Size", size)];

/// From `start` to `end` of the shape, counted from behind if negative.
fn shape(node: &Node, b: &mut Builder) -> Result<(), Refusal> {
    let sizes = sizes(node, b)?;
    let rank = sizes.len() as i64;
    let place = |place: i64| if place < 0 { place + rank } else { place }.clamp(0, rank) as usize;
    let (start, end) = (place(node.int("start", 0)?), place(node.int("end", rank)?));
    let part = sizes.get(start..end.max(start)).unwrap_or_default();
    b.set(node, 0, Constant::list(part.to_vec()))
}

fn size(node: &Node, b: &mut Builder) -> Result<(), Refusal> {
    let count = sizes(node, b)?.iter().product();
    b.set(node, 0, Constant::of_ints(&[], vec![count])?)
}

fn sizes(node: &Node, b: &Builder) -> Result<Vec<i64>, Refusal> {
    let sizes = match b.input(node, 0)? {
        Value::Activation(activation) => activation.shape,
        Value::Constant(constant) => constant.shape().to_vec(),
    };
    Ok(sizes.into_iter().map(|size| size as i64).collect())
}
