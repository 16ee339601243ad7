//! An ONNX model in our own words, after reading and before translating: no protobuf left, functions of the file inlined, tensors decoded,
//! `Constant` nodes among the initializers.

use std::collections::{BTreeMap, HashSet};
use std::path::PathBuf;

pub(crate) use super::constant::Constant;
use super::refusal::Refusal;

/// What files that this program wrote say of who wrote them.
pub(crate) const PRODUCER: &str = "doubleback";

/// The fact of such a file that says the least and greatest pixel value: a JSON array.
pub(crate) const BOUNDS: &str = "bounds";

/// One size of a value as the file declares it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Dim {
    /// Fixed in the file.
    Known(usize),
    /// A name, such as `batch`, or nothing.
    Free(Option<String>),
}

/// An input or output that the file declares.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Port {
    /// Its name, by which nodes take or give it.
    pub name: String,
    /// Its sizes, if the file says them.
    pub shape: Option<Vec<Dim>>,
    /// The element type in words, such as `float16`.
    pub element: String,
}

/// A value of an attribute.
#[derive(Clone, Debug, PartialEq)]
#[allow(missing_docs)]
pub(crate) enum Attribute {
    Int(i64),
    Float(f32),
    Text(String),
    Ints(Vec<i64>),
    Floats(Vec<f32>),
    Texts(Vec<String>),
    Tensor(Constant),
    Graph(Box<Graph>),
    /// What cannot be told apart here, in words: a list of graphs, a type, a tensor of strings.
    Other(String),
}

/// An attribute that no file has, of a GroupNormalization that was put together: the shape that its result is brought to. 0 is as in the input.
pub(crate) const GROUPED_SHAPE: &str = "of shape";

/// One application of an operator.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Node {
    /// As in the file; where that is empty, made of its operator and place.
    pub name: String,
    /// Such as `Conv`.
    pub op: String,
    /// Empty for the operators of ONNX itself (`ai.onnx` is written so too); `doubleback` for what rewriting found, such as `Silu`.
    pub domain: String,
    /// Version of the domain's operators that the file asks for.
    pub opset: i64,
    /// Where it stood in the framework's module tree, such as `layer1.0.conv1`, if the file says it.
    pub scope: Option<String>,
    /// Names of values; none where an optional one is left out.
    pub inputs: Vec<Option<String>>,
    /// Names of values; none where one is not wanted.
    pub outputs: Vec<Option<String>>,
    /// By name.
    pub attributes: BTreeMap<String, Attribute>,
}

impl Node {
    /// The name of input `i`, if it is given.
    pub fn input(&self, i: usize) -> Option<&str> {
        self.inputs.get(i).and_then(Option::as_deref)
    }

    /// The name of output `i`, if it is wanted.
    pub fn output(&self, i: usize) -> Option<&str> {
        self.outputs.get(i).and_then(Option::as_deref)
    }

    /// The values that it takes: its inputs, and what graphs within it take from around them.
    pub fn needs(&self) -> HashSet<&str> {
        let mut needs: HashSet<&str> = self.inputs.iter().flatten().map(String::as_str).collect();
        for attribute in self.attributes.values() {
            if let Attribute::Graph(graph) = attribute {
                needs.extend(graph.captured());
            }
        }
        needs
    }

    /// Whether it is that operator of ONNX itself.
    pub fn is(&self, op: &str) -> bool {
        self.domain.is_empty() && self.op == op
    }

    /// Which node this is, for a message: `node "layer1/conv" (Conv, opset 17)`.
    pub fn place(&self) -> String {
        let domain = if self.domain.is_empty() {
            String::new()
        } else {
            format!("{}.", self.domain)
        };
        format!("node `{}` ({domain}{}, opset {})", self.name, self.op, self.opset)
    }
}

/// Nodes in an order in which each comes after those it needs.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Graph {
    /// Inputs that are not initializers.
    pub inputs: Vec<Port>,
    /// What it gives.
    pub outputs: Vec<Port>,
    /// Constants by name.
    pub initializers: BTreeMap<String, Constant>,
    /// Constants whose values have no place in a network, such as texts, by name, and why: only who needs one is refused.
    pub unreadable: BTreeMap<String, Refusal>,
    /// The element types that [`Constant`] does not keep, such as `int8` or `float16`: by name of an initializer, or of what a `Constant` node
    /// gives. Quantization needs them: the type of a zero point says where values saturate. Those of `float`, `int64` and `bool` are left out.
    pub elements: BTreeMap<String, String>,
    /// What it computes.
    pub nodes: Vec<Node>,
}

impl Graph {
    /// The values that it takes from around it.
    pub fn captured(&self) -> HashSet<&str> {
        let mut own: HashSet<&str> = self.inputs.iter().map(|port| port.name.as_str()).collect();
        own.extend(self.initializers.keys().map(String::as_str));
        own.extend(self.unreadable.keys().map(String::as_str));
        own.extend(
            self.nodes
                .iter()
                .flat_map(|node| node.outputs.iter().flatten().map(String::as_str)),
        );
        let mut taken: HashSet<&str> = self.outputs.iter().map(|port| port.name.as_str()).collect();
        for node in &self.nodes {
            taken.extend(node.needs());
        }
        taken.retain(|name| !own.contains(name));
        taken
    }
}

/// A whole file.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Model {
    /// Version of the file format.
    pub ir_version: i64,
    /// Version of ONNX's own operators.
    pub opset: i64,
    /// Such as `pytorch 2.9.1`; empty if the file does not say it.
    pub producer: String,
    /// What this program wrote beside the graph, by name: the card, and the bounds. Of files of other programs nothing.
    pub facts: BTreeMap<String, String>,
    /// What it computes.
    pub graph: Graph,
    /// What happened while reading, in sentences: weights converted from `f16`, functions inlined.
    pub notes: Vec<String>,
    /// Files beside the model that hold values of it.
    pub beside: Vec<PathBuf>,
}
