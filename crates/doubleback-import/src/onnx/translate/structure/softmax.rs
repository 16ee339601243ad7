//! Softmax and LogSoftmax between other layers; as the last ones they are undone elsewhere.

use doubleback::nn::layers::Softmax;

use super::super::builder::{Builder, Translate};
use super::axes::{Along, product};
use super::shape::attribute_axis;
use crate::onnx::model::Node;
use crate::onnx::refusal::Refusal;

pub(super) const OPS: &[(&str, Translate)] = &[
    ("LogSoftmax", |node, b| softmax(node, b, true)),
    ("Softmax", |node, b| softmax(node, b, false)),
];

fn softmax(node: &Node, b: &mut Builder, log: bool) -> Result<(), Refusal> {
    let mut x = b.activation(node, 0)?;
    let shape = x.shape.clone();
    let old = node.opset < 13;
    let mut axis = attribute_axis(node, if old { 1 } else { -1 }, x.rank())?;
    // Before opset 13 over all axes from that one on, together.
    if old && product(&shape[axis + 1..]) > 1 {
        let view = vec![product(&shape[..axis]), product(&shape[axis..])];
        x = b.reshaped(x, view)?;
        axis = 1;
    }
    let size = x.shape[axis];
    let along = Along::new(b, x, axis)?;
    let axis = along.stored;
    let y = along.layer(node, b, Softmax { axis, log }, size)?;
    let y = if y.shape == shape { y } else { b.reshaped(y, shape)? };
    b.set(node, 0, y)
}
