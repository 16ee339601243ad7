//! Constants of nodes whose inputs are constants, as onnxruntime computes them: what exporters write of shapes, and what they do to weights.
//!
//! A file of operators is a table of names and functions, from a node with its inputs to its results: those of `make`, `rearrange` and `pick`
//! move values of any type about, those of `unary`, `binary`, `reduce`, `product` and `quantize` compute.
mod binary;
mod given;
mod make;
mod pick;
mod product;
mod quantize;
mod rearrange;
mod reduce;
mod room;
#[cfg(test)]
mod tests;
mod unary;

use std::collections::BTreeMap;

use given::{Fold, Given};
#[allow(unused_imports)]
pub(crate) use rearrange::{Bounds, places, reshape_sizes, split_lengths};
use room::Room;

use super::element::Element;
use super::model::{Attribute, Constant, Node};
use super::refusal::Refusal;

const FAMILIES: [&[(&str, Fold)]; 8] = [
    make::OPS,
    rearrange::OPS,
    pick::OPS,
    unary::OPS,
    binary::OPS,
    reduce::OPS,
    product::OPS,
    quantize::OPS,
];

fn found(op: &str) -> Option<Fold> {
    let mut all = FAMILIES.iter().copied().flatten();
    all.find(|(name, _)| *name == op).map(|(_, fold)| *fold)
}

/// Whether nodes of this operator of ONNX become constants when their inputs are.
pub(crate) fn folds(op: &str) -> bool {
    found(op).is_some()
}

/// Computes the constants of one file, and no more of them than that file is worth.
#[derive(Debug)]
pub(crate) struct Folding {
    room: Room,
    elements: BTreeMap<String, Element>,
}

impl Folding {
    /// For a file whose initializers have `values` values together, and the element types that it says of them by name. All constants that are
    /// computed may have 2^20 values together, 16 for each of those of the file, and as many as were `allowed` besides.
    pub fn new(values: usize, allowed: usize, elements: &BTreeMap<String, String>) -> Self {
        let known = |(name, element): (&String, &String)| Some((name.clone(), Element::of_name(element)?));
        Self {
            room: Room::of(values, allowed),
            elements: elements.iter().filter_map(known).collect(),
        }
    }

    /// The element type of a constant, where that is known and more than floats, 64-bit integers or truth values.
    pub fn element(&self, name: &str) -> Option<Element> {
        self.elements.get(name).copied()
    }

    /// The outputs of a node, given its inputs in their order; nothing if nodes of this operator cannot be folded.
    ///
    /// # Errors
    /// When the inputs do not fit the node, or its results would be too large.
    pub fn fold(&mut self, node: &Node, inputs: &[Option<&Constant>]) -> Result<Option<Vec<Constant>>, Refusal> {
        let Some(fold) = found(&node.op).filter(|_| node.domain.is_empty() || is_microsofts(node)) else {
            return Ok(None);
        };
        let element = |name: &Option<String>| name.as_ref().and_then(|name| self.element(name));
        let elements: Vec<_> = node.inputs.iter().map(element).collect();
        let given = Given {
            node,
            inputs,
            elements: &elements,
        };
        let results = fold(&given, &mut self.room)?;
        if results.len() < node.outputs.len() {
            return Err(Refusal(format!(
                "has {} outputs, of which {} are known",
                node.outputs.len(),
                results.len()
            )));
        }
        if let Some(element) = element_of(node, &elements) {
            let outputs = node.outputs.iter().flatten().take(1);
            self.elements.extend(outputs.map(|name| (name.clone(), element)));
        }
        Ok(Some(results))
    }
}

/// Whether it is a QuantizeLinear or DequantizeLinear of onnxruntime: the same as ONNX's, and used for integers of 4 and 16 bits before opset 21.
pub(crate) fn is_microsofts(node: &Node) -> bool {
    node.domain == "com.microsoft" && ["DequantizeLinear", "QuantizeLinear"].contains(&node.op.as_str())
}

/// The element type of a node's first output, if that of its inputs or the node says it.
fn element_of(node: &Node, inputs: &[Option<Element>]) -> Option<Element> {
    let code = |name: &str| match node.attributes.get(name) {
        Some(Attribute::Int(code)) => Element::of_code(*code),
        _ => None,
    };
    let input = |index: usize| inputs.get(index).copied().flatten();
    match node.op.as_str() {
        "Cast" => code("to"),
        "CastLike" => input(1),
        "EyeLike" => code("dtype").or(input(0)),
        "QuantizeLinear" => input(2).or(code("output_dtype")).or(Element::of_name("uint8")),
        "DequantizeLinear" | "Shape" | "Size" | "ArgMax" | "ArgMin" | "NonZero" | "OneHot" => None,
        "Where" => input(1),
        _ => input(0),
    }
}
