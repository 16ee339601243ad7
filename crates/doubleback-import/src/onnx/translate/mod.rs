//! From the nodes of a graph to layers, one operator at a time.
//!
//! A family of operators is a file beside these: it has the table [`Translate`] by operator as its `OPS`, which here joins [`FAMILIES`].
mod activations;
mod arithmetic;
mod broadcast;
mod builder;
mod convolution;
mod dense;
mod elementwise;
mod names;
mod permutation;
mod spatial;
mod value;
mod window;

use builder::{Builder, Translate};

use super::model::Node;
use super::refusal::Refusal;

/// The operators of ONNX that have layers. Where two families have one, the later counts.
const FAMILIES: &[&[(&str, Translate)]] = &[
    activations::OPS,
    arithmetic::OPS,
    convolution::OPS,
    dense::OPS,
    elementwise::OPS,
    spatial::OPS,
];

/// The function that translates an operator of ONNX.
pub(crate) fn translator(op: &str) -> Option<Translate> {
    let mut all = FAMILIES.iter().rev().flat_map(|family| family.iter());
    all.find(|(name, _)| *name == op).map(|(_, translate)| *translate)
}

/// The domain of operators that rewriting finds in a graph, such as `Silu`.
const OWN: &str = "doubleback";

/// Translates one node, all of whose inputs have values.
pub(crate) fn node(node: &Node, b: &mut Builder) -> Result<(), Refusal> {
    let translate = translator(&node.op).filter(|_| node.domain.is_empty() || node.domain == OWN);
    let translate = translate.ok_or_else(|| Refusal("this operator cannot be imported".into()))?;
    translate(node, b)
}
