//! An ONNX model in our own words, after reading and before translating: no protobuf left, functions of the file inlined, tensors decoded,
//! `Constant` nodes among the initializers.

use std::collections::BTreeMap;

pub(crate) use super::constant::Constant;
use super::refusal::Refusal;

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

impl Attribute {
    /// Its type in words.
    pub fn kind(&self) -> &str {
        match self {
            Self::Int(_) => "an integer",
            Self::Float(_) => "a float",
            Self::Text(_) => "a text",
            Self::Ints(_) => "a list of integers",
            Self::Floats(_) => "a list of floats",
            Self::Texts(_) => "a list of texts",
            Self::Tensor(_) => "a tensor",
            Self::Graph(_) => "a graph",
            Self::Other(kind) => kind,
        }
    }
}

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

/// Accessors of an attribute of one type: what it is if it is there, a refusal if it is of another type.
macro_rules! accessor {
    ($(#[$doc:meta])* $name:ident -> $type:ty, $article:literal, $variant:ident($value:ident) => $given:expr) => {
        $(#[$doc])*
        ///
        /// # Errors
        /// When it is there and of another type.
        pub fn $name(&self, name: &str) -> Result<Option<$type>, Refusal> {
            match self.attributes.get(name) {
                None => Ok(None),
                Some(Attribute::$variant($value)) => Ok(Some($given)),
                Some(other) => Err(wrong_type(name, $article, other)),
            }
        }
    };
}

impl Node {
    accessor! {
        /// The integer of that name, if it is there.
        optional_int -> i64, "an integer", Int(value) => *value
    }
    accessor! {
        /// The float of that name, if it is there.
        optional_float -> f32, "a float", Float(value) => *value
    }
    accessor! {
        /// The text of that name, if it is there.
        optional_text -> &str, "a text", Text(value) => value
    }
    accessor! {
        /// The integers of that name, if they are there.
        ints -> &[i64], "a list of integers", Ints(values) => values
    }
    accessor! {
        /// The floats of that name, if they are there.
        floats -> &[f32], "a list of floats", Floats(values) => values
    }
    accessor! {
        /// The texts of that name, if they are there.
        texts -> &[String], "a list of texts", Texts(values) => values
    }
    accessor! {
        /// The tensor of that name, if it is there.
        tensor -> &Constant, "a tensor", Tensor(value) => value
    }
    accessor! {
        /// The graph of that name, if it is there.
        graph -> &Graph, "a graph", Graph(value) => value
    }

    /// The integer of that name, or what the operator takes without it.
    ///
    /// # Errors
    /// When it is of another type.
    pub fn int(&self, name: &str, default: i64) -> Result<i64, Refusal> {
        Ok(self.optional_int(name)?.unwrap_or(default))
    }

    /// The integer of that name as a truth value: 0 or 1.
    ///
    /// # Errors
    /// When it is another number, or of another type.
    pub fn flag(&self, name: &str, default: bool) -> Result<bool, Refusal> {
        match self.optional_int(name)? {
            None => Ok(default),
            Some(0) => Ok(false),
            Some(1) => Ok(true),
            Some(other) => Err(format!("attribute `{name}` must be 0 or 1, it is {other}").into()),
        }
    }

    /// The float of that name, or what the operator takes without it.
    ///
    /// # Errors
    /// When it is of another type.
    pub fn float(&self, name: &str, default: f32) -> Result<f32, Refusal> {
        Ok(self.optional_float(name)?.unwrap_or(default))
    }

    /// The text of that name, or what the operator takes without it.
    ///
    /// # Errors
    /// When it is of another type.
    pub fn text<'a>(&'a self, name: &str, default: &'a str) -> Result<&'a str, Refusal> {
        Ok(self.optional_text(name)?.unwrap_or(default))
    }

    /// The integer of that name.
    ///
    /// # Errors
    /// When it is missing, or of another type.
    pub fn required_int(&self, name: &str) -> Result<i64, Refusal> {
        self.optional_int(name)?.ok_or_else(|| missing(name))
    }

    /// The integers of that name.
    ///
    /// # Errors
    /// When they are missing, or of another type.
    pub fn required_ints(&self, name: &str) -> Result<&[i64], Refusal> {
        self.ints(name)?.ok_or_else(|| missing(name))
    }

    /// The text of that name.
    ///
    /// # Errors
    /// When it is missing, or of another type.
    pub fn required_text(&self, name: &str) -> Result<&str, Refusal> {
        self.optional_text(name)?.ok_or_else(|| missing(name))
    }

    /// The name of input `i`, if it is given.
    pub fn input(&self, i: usize) -> Option<&str> {
        self.inputs.get(i).and_then(Option::as_deref)
    }

    /// The name of output `i`, if it is wanted.
    pub fn output(&self, i: usize) -> Option<&str> {
        self.outputs.get(i).and_then(Option::as_deref)
    }

    /// Whether it is that operator of ONNX itself.
    pub fn is(&self, op: &str) -> bool {
        self.domain.is_empty() && self.op == op
    }

    /// Which node this is, for a message: `node "layer1/conv" (Conv, opset 17)`.
    pub fn place(&self) -> String {
        let domain = if self.domain.is_empty() { String::new() } else { format!("{}.", self.domain) };
        format!("node `{}` ({domain}{}, opset {})", self.name, self.op, self.opset)
    }
}

fn missing(name: &str) -> Refusal {
    format!("attribute `{name}` is missing").into()
}

fn wrong_type(name: &str, expected: &str, found: &Attribute) -> Refusal {
    format!("attribute `{name}` must be {expected}, it is {}", found.kind()).into()
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
    /// What it computes.
    pub nodes: Vec<Node>,
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
    /// What the file says of itself, by name.
    pub metadata: BTreeMap<String, String>,
    /// What it computes.
    pub graph: Graph,
    /// What happened while reading, in sentences: weights converted from `f16`, functions inlined.
    pub notes: Vec<String>,
}
