//! From the nodes of a graph to layers, one operator at a time.
//!
//! A family of operators is a file beside these: it has the table [`Translate`] by operator as its `OPS`, which here joins [`FAMILIES`].
mod activations;
mod arithmetic;
mod broadcast;
mod builder;
mod choice;
mod convolution;
mod dense;
mod elementwise;
mod names;
mod normalization;
mod permutation;
mod pooling;
mod quantization;
mod random;
mod shape_of;
mod spatial;
mod structure;
mod value;
mod window;

pub(crate) use builder::Builder;
use builder::Translate;
pub(crate) use value::{Activation, Layout, Value};

use super::help::help;
use super::model::Node;
use super::refusal::Refusal;

/// The operators of ONNX that have layers. Where two families have one, the later counts.
const FAMILIES: &[&[(&str, Translate)]] = &[
    activations::OPS,
    convolution::OPS,
    dense::OPS,
    normalization::OPS,
    pooling::OPS,
    shape_of::OPS,
    arithmetic::OPS,
    elementwise::OPS,
    choice::OPS,
    quantization::OPS,
    random::OPS,
    spatial::OPS,
];

/// The function that translates an operator of ONNX.
pub(crate) fn translator(op: &str) -> Option<Translate> {
    let mut all = FAMILIES
        .iter()
        .chain(structure::FAMILIES)
        .rev()
        .flat_map(|family| family.iter());
    all.find(|(name, _)| *name == op).map(|(_, translate)| *translate)
}

/// The function that translates a node. Operators of other domains than ONNX's have it before their name in the tables, such as
/// `ai.onnx.ml.Normalizer`; those that rewriting found have none.
pub(crate) fn translator_of(node: &Node) -> Option<Translate> {
    match node.domain.as_str() {
        "" | "doubleback" => translator(&node.op),
        domain => translator(&format!("{domain}.{}", node.op)),
    }
}

/// Translates one node, all of whose inputs have values.
pub(crate) fn node(node: &Node, b: &mut Builder) -> Result<(), Refusal> {
    let refused = || {
        let help = help(&node.domain, &node.op);
        Refusal(format!("this operator cannot be imported. {help}"))
    };
    translator_of(node).ok_or_else(refused)?(node, b)
}
