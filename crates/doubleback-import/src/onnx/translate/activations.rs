//! Rectifiers.

use doubleback::nn::layers::Relu;

use super::builder::{Builder, Translate};
use crate::onnx::model::Node;
use crate::onnx::refusal::Refusal;

pub(super) const OPS: &[(&str, Translate)] = &[("Relu", relu)];

fn relu(node: &Node, b: &mut Builder) -> Result<(), Refusal> {
    let x = b.activation(node, 0)?;
    let y = b.layer(node, Relu {}, &[&x], x.shape.clone(), x.layout)?;
    b.set(node, 0, y)
}
