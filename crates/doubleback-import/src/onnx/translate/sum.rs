//! Sums of activations of one shape, as residual blocks have them.

use doubleback::nn::layers::Add;

use super::builder::{Builder, Translate};
use super::value::Layout;
use crate::onnx::model::Node;
use crate::onnx::refusal::Refusal;

pub(super) const OPS: &[(&str, Translate)] = &[("Add", add)];

fn add(node: &Node, b: &mut Builder) -> Result<(), Refusal> {
    let [mut x, mut y] = [b.activation(node, 0)?, b.activation(node, 1)?];
    if x.shape != y.shape {
        let (x, y) = (x.shape, y.shape);
        return Err(format!("it adds values of shapes {x:?} and {y:?}, which must be equal").into());
    }
    if x.layout != y.layout {
        [x, y] = [b.channels_last(x)?, b.channels_last(y)?];
    }
    let (shape, layout): (_, Layout) = (x.shape.clone(), x.layout);
    let sum = b.layer(node, Add {}, &[&x, &y], shape, layout)?;
    b.set(node, 0, sum)
}
