//! Graphs: nodes with their attributes, functions of the file in place of their calls, constants out of `Constant` nodes.

use std::collections::{BTreeMap, HashMap, HashSet};

use prost::Message;

use super::super::constant::Constant;
use super::super::model::{Attribute, Dim, Graph, Node, Port};
use super::super::refusal::Refusal;
use super::attribute::{kind, other, texts};
use super::element::Element;
use super::names::Names;
use super::old::renew;
use super::order::sort;
use super::proto::{
    AttributeProto, DimensionProto, FunctionProto, GraphProto, NodeProto, OperatorSetIdProto, ValueInfoProto,
};
use super::scope::scope;
use super::tensor::{Decoded, Problem, Tensors};

/// Most graphs within graphs and calls within functions.
const DEEPEST: usize = 24;
/// Most characters of a node's name that are kept.
const LONGEST_NAME: usize = 256;
/// Bytes of memory of a node in a copy of a function, whatever it holds, and for each byte that it takes in the file.
const PER_COPY: usize = 256;
const PER_BYTE: usize = 8;

/// Versions of the operators of each domain.
pub(super) type Opsets = BTreeMap<String, i64>;

/// Reads the graphs of a file.
pub(super) struct Graphs<'a> {
    pub tensors: Tensors,
    functions: HashMap<[&'a str; 3], &'a FunctionProto>,
    names: Names,
}

/// What names mean where a node stands.
struct Frame<'a> {
    opsets: &'a Opsets,
    call: Option<Call>,
    left: usize,
}

/// The node that called a function.
struct Call {
    name: String,
    scope: Option<String>,
    /// Values of the function as they are called outside; none if they are left out there.
    values: HashMap<String, Option<String>>,
    attributes: BTreeMap<String, Attribute>,
}

/// The versions that a file or function asks for.
pub(super) fn opsets(imports: &[OperatorSetIdProto]) -> Opsets {
    let entry = |import: &OperatorSetIdProto| (domain(&import.domain).to_owned(), import.version);
    imports.iter().map(entry).collect()
}

/// ONNX's own domain has two names.
fn domain(name: &str) -> &str {
    if name == "ai.onnx" { "" } else { name }
}

impl<'a> Graphs<'a> {
    /// Of a file with these functions.
    pub fn new(tensors: Tensors, functions: &'a [FunctionProto]) -> Result<Self, Refusal> {
        let mut known = HashMap::new();
        for function in functions {
            let key = [domain(&function.domain), &function.name, &function.overload];
            if known.insert(key, function).is_some() {
                return Err(Refusal(format!("defines the function `{}` twice", function.name)));
            }
        }
        Ok(Self {
            tensors,
            functions: known,
            names: Names::default(),
        })
    }

    /// The graph of a file.
    pub fn main(&mut self, proto: GraphProto, opsets: &Opsets) -> Result<Graph, Refusal> {
        if !self.functions.is_empty() {
            self.take_names(&proto);
        }
        let mut frame = Frame {
            opsets,
            call: None,
            left: DEEPEST,
        };
        let mut graph = self.unsorted(proto, &mut frame)?;
        sort(&mut graph, &HashSet::new())?;
        Ok(graph)
    }

    fn take_names(&mut self, graph: &GraphProto) {
        let inputs = graph.input.iter().map(|input| &input.name);
        let constants = graph.initializer.iter().map(|tensor| &tensor.name);
        let values = graph.node.iter().flat_map(|node| &node.output);
        self.names.take(inputs.chain(constants).chain(values));
        let attributes = graph.node.iter().flat_map(|node| &node.attribute);
        attributes
            .filter_map(|attribute| attribute.g.as_ref())
            .for_each(|graph| self.take_names(graph));
    }

    /// A graph whose nodes stand as in the file.
    fn unsorted(&mut self, proto: GraphProto, frame: &mut Frame) -> Result<Graph, Refusal> {
        let mut graph = Graph::default();
        for tensor in proto.initializer {
            let name = tensor.name.clone();
            let decoded = self.tensors.decode(tensor);
            self.constant(&mut graph, frame, &name, decoded)?;
        }
        for sparse in proto.sparse_initializer {
            match self.tensors.densify(sparse) {
                Ok((name, decoded)) => self.constant(&mut graph, frame, &name, Ok(decoded))?,
                Err((name, problem)) => self.constant(&mut graph, frame, &name, Err(problem))?,
            }
        }
        let mut names = HashSet::new();
        for input in proto.input {
            let port = self.port(input, frame)?;
            if !names.insert(port.name.clone()) {
                return Err(Refusal(format!(
                    "has two inputs of the name `{}`. Export it again",
                    port.name
                )));
            }
            // Until IR 4 initializers were inputs too; where they still are, they could be replaced, which nobody does here.
            if !graph.initializers.contains_key(&port.name) && !graph.unreadable.contains_key(&port.name) {
                graph.inputs.push(port);
            }
        }
        for (place, node) in proto.node.into_iter().enumerate() {
            self.node(node, place, frame, &mut graph)?;
        }
        let outputs: Result<_, _> = proto
            .output
            .into_iter()
            .map(|output| self.port(output, frame))
            .collect();
        graph.outputs = outputs?;
        Ok(graph)
    }

    /// Puts a constant among the initializers.
    fn constant(
        &mut self,
        graph: &mut Graph,
        frame: &mut Frame,
        name: &str,
        decoded: Result<Decoded, Problem>,
    ) -> Result<(), Refusal> {
        let named = self
            .value(frame, name)?
            .ok_or("has an initializer without a name. Export it again")?;
        if graph.initializers.contains_key(&named) || graph.unreadable.contains_key(&named) {
            return Err(Refusal(format!(
                "has two constants of the name `{named}`. Export it again"
            )));
        }
        match decoded {
            Ok(decoded) => {
                if !["float", "int64", "bool"].contains(&decoded.element) {
                    graph.elements.insert(named.clone(), decoded.element.to_owned());
                }
                graph.initializers.insert(named, decoded.value);
            }
            Err(Problem::Unsupported(refusal)) => {
                graph.unreadable.insert(named, refusal);
            }
            Err(Problem::Wrong(refusal)) => return Err(Refusal(format!("constant `{named}` {refusal}"))),
        }
        Ok(())
    }

    fn port(&mut self, proto: ValueInfoProto, frame: &mut Frame) -> Result<Port, Refusal> {
        let name = self.value(frame, &proto.name)?.unwrap_or_default();
        let of = |code| Element::of(code).map_or("unknown", |(_, name)| name);
        let (element, shape) = match proto.r#type.map(|boxed| *boxed) {
            None => ("unknown", None),
            Some(known) => match known.tensor_type {
                Some(tensor) => (of(tensor.elem_type), tensor.shape),
                None if known.sequence_type.is_some() => ("sequence", None),
                None if known.map_type.is_some() => ("map", None),
                None if known.optional_type.is_some() => ("optional", None),
                None => ("unknown", None),
            },
        };
        let dim = |dim: DimensionProto| match dim.dim_value.map(usize::try_from) {
            Some(Ok(size)) => Dim::Known(size),
            _ => Dim::Free(Some(dim.dim_param).filter(|name| !name.is_empty())),
        };
        Ok(Port {
            name,
            shape: shape.map(|shape| shape.dim.into_iter().map(dim).collect()),
            element: element.to_owned(),
        })
    }

    /// What a value is called outside of all functions; none if it is left out.
    fn value(&mut self, frame: &mut Frame, name: &str) -> Result<Option<String>, Refusal> {
        if name.is_empty() {
            return Ok(None);
        }
        let Some(call) = &mut frame.call else {
            return Ok(Some(name.to_owned()));
        };
        if let Some(known) = call.values.get(name) {
            return Ok(known.clone());
        }
        let fresh = self.names.fresh(&format!("{}/{name}", call.name));
        self.tensors.budget.take(PER_COPY + 4 * fresh.len())?;
        call.values.insert(name.to_owned(), Some(fresh.clone()));
        Ok(Some(fresh))
    }

    /// Adds a node, or what it stands for.
    fn node(&mut self, proto: NodeProto, place: usize, frame: &mut Frame, into: &mut Graph) -> Result<(), Refusal> {
        let own = if proto.name.is_empty() {
            format!("{}_{place}", proto.op_type)
        } else {
            proto.name.clone()
        };
        let name = match &frame.call {
            Some(call) => format!("{}/{own}", call.name),
            None => own,
        };
        let domain = domain(&proto.domain).to_owned();
        let opset = match frame.opsets.get(&domain) {
            Some(version) => *version,
            None if domain.is_empty() && !frame.opsets.is_empty() => {
                return Err("has operators of ONNX without saying of which version. Export it again".into());
            }
            None => 1,
        };
        let mut node = Node {
            name: shortened(name),
            op: proto.op_type.clone(),
            domain,
            opset,
            scope: scope(&proto).or_else(|| frame.call.as_ref().and_then(|call| call.scope.clone())),
            inputs: Vec::with_capacity(proto.input.len()),
            outputs: Vec::with_capacity(proto.output.len()),
            attributes: BTreeMap::new(),
        };
        let at = |node: &Node, refusal: &Refusal| Refusal(format!("{}: {refusal}", node.place()));
        for input in &proto.input {
            node.inputs.push(self.value(frame, input)?);
        }
        for output in &proto.output {
            node.outputs.push(self.value(frame, output)?);
        }
        if node.is("Constant") {
            let name = proto.output.first().cloned().unwrap_or_default();
            let decoded = self.constant_node(proto.attribute, frame);
            return self
                .constant(into, frame, &name, decoded)
                .map_err(|refusal| at(&node, &refusal));
        }
        for attribute in proto.attribute {
            let name = attribute.name.clone();
            let value = self
                .attribute(attribute, frame)
                .map_err(|refusal| at(&node, &refusal))?;
            if let Some(value) = value
                && node.attributes.insert(name.clone(), value).is_some()
            {
                return Err(at(
                    &node,
                    &Refusal(format!("has the attribute `{name}` twice. Export it again")),
                ));
            }
        }
        renew(&mut node).map_err(|refusal| at(&node, &refusal))?;
        match self
            .functions
            .get(&[node.domain.as_str(), &proto.op_type, &proto.overload])
        {
            Some(function) => {
                let function = *function;
                self.call(&node, function, frame.left, into)
                    .map_err(|refusal| at(&node, &refusal))
            }
            None => {
                into.nodes.push(node);
                Ok(())
            }
        }
    }

    /// Adds the nodes of a function in place of the node that calls it.
    fn call(&mut self, node: &Node, function: &FunctionProto, left: usize, into: &mut Graph) -> Result<(), Refusal> {
        let left = left
            .checked_sub(1)
            .ok_or("calls functions within functions, deeper than any network, or itself")?;
        if node.inputs.len() > function.input.len() || node.outputs.len() > function.output.len() {
            return Err("calls a function with more inputs or outputs than it has. Export the model again".into());
        }
        let opsets = opsets(&function.opset_import);
        let mut attributes = node.attributes.clone();
        for default in &function.attribute_proto {
            if !attributes.contains_key(&default.name) {
                self.pay(default.encoded_len())?;
                let mut outside = Frame {
                    opsets: &opsets,
                    call: None,
                    left,
                };
                if let Some(value) = self.attribute(default.clone(), &mut outside)? {
                    attributes.insert(default.name.clone(), value);
                }
            }
        }
        let given = node.inputs.iter().cloned().chain(std::iter::repeat(None));
        let mut values: HashMap<String, Option<String>> = function.input.iter().cloned().zip(given).collect();
        // Where an output is an input, or given twice, a node must stand between the two names.
        let mut passed = Vec::new();
        for (inner, outer) in function.output.iter().zip(&node.outputs) {
            let Some(outer) = outer else { continue };
            if values.contains_key(inner) {
                passed.push((inner.clone(), outer.clone()));
            } else {
                values.insert(inner.clone(), Some(outer.clone()));
            }
        }
        let mut frame = Frame {
            opsets: &opsets,
            call: Some(Call {
                name: node.name.clone(),
                scope: node.scope.clone(),
                values,
                attributes,
            }),
            left,
        };
        let names = node.name.len() + node.scope.as_ref().map_or(0, String::len);
        for (place, body) in function.node.iter().enumerate() {
            self.pay(body.encoded_len() + names)?;
            self.node(body.clone(), place, &mut frame, into)?;
        }
        self.pay(0)?;
        for (inner, outer) in passed {
            self.pay(inner.len() + names)?;
            into.nodes.push(Node {
                name: shortened(format!("{}/{inner}", node.name)),
                op: "Identity".into(),
                domain: String::new(),
                opset: node.opset,
                scope: node.scope.clone(),
                inputs: vec![self.value(&mut frame, &inner)?],
                outputs: vec![Some(outer)],
                attributes: BTreeMap::new(),
            });
        }
        self.tensors.notes.inlined(&function.name);
        Ok(())
    }

    fn pay(&mut self, bytes: usize) -> Result<(), Refusal> {
        self.tensors.budget.take(PER_COPY + PER_BYTE * bytes)
    }

    /// The value of an attribute; none if it is that of a function's caller, which has none.
    fn attribute(&mut self, proto: AttributeProto, frame: &mut Frame) -> Result<Option<Attribute>, Refusal> {
        if !proto.ref_attr_name.is_empty() {
            let call = frame.call.as_ref().ok_or_else(|| {
                Refusal(format!(
                    "its attribute `{}` is that of a function, but it is in none",
                    proto.name
                ))
            })?;
            let value = call.attributes.get(&proto.ref_attr_name).cloned();
            if let Some(Attribute::Tensor(value)) = &value {
                self.tensors.budget.take(8 * value.len())?;
            }
            return Ok(value);
        }
        let of = |problem: &Refusal| Refusal(format!("its attribute `{}` {problem}", proto.name));
        let decoded = |decoded: Result<Decoded, Problem>| match decoded {
            Ok(decoded) => Ok(Attribute::Tensor(decoded.value)),
            Err(Problem::Unsupported(refusal)) => Ok(Attribute::Other(format!("a tensor, but {refusal}"))),
            Err(Problem::Wrong(refusal)) => Err(of(&refusal)),
        };
        let text = |bytes: &[u8]| std::str::from_utf8(bytes).map(str::to_owned);
        Ok(Some(match kind(&proto) {
            1 => Attribute::Float(proto.f.unwrap_or_default()),
            2 => Attribute::Int(proto.i.unwrap_or_default()),
            3 => match text(&proto.s.unwrap_or_default()) {
                Ok(text) => Attribute::Text(text),
                Err(_) => Attribute::Other("bytes that are no text".into()),
            },
            4 => decoded(self.tensors.decode(proto.t.map(|boxed| *boxed).unwrap_or_default()))?,
            5 => Attribute::Graph(Box::new(
                self.inner(proto.g.map(|boxed| *boxed).unwrap_or_default(), frame)?,
            )),
            6 => Attribute::Floats(proto.floats),
            7 => Attribute::Ints(proto.ints),
            8 => match texts(&proto.strings) {
                Some(texts) => Attribute::Texts(texts),
                None => Attribute::Other("a list of bytes that are no texts".into()),
            },
            11 => {
                let sparse = proto.sparse_tensor.map(|boxed| *boxed).unwrap_or_default();
                decoded(
                    self.tensors
                        .densify(sparse)
                        .map(|(_, value)| value)
                        .map_err(|(_, problem)| problem),
                )?
            }
            number => Attribute::Other(other(number)),
        }))
    }

    /// A graph within a node.
    fn inner(&mut self, proto: GraphProto, frame: &mut Frame) -> Result<Graph, Refusal> {
        let left = frame
            .left
            .checked_sub(1)
            .ok_or("has graphs within graphs, deeper than any network")?;
        let outer = std::mem::replace(&mut frame.left, left);
        let mut graph = self.unsorted(proto, frame)?;
        frame.left = outer;
        // What it takes from around it is asked for where the node stands.
        let outside = graph.captured().into_iter().map(str::to_owned).collect();
        sort(&mut graph, &outside)?;
        Ok(graph)
    }

    /// The value of a `Constant` node.
    fn constant_node(&mut self, attributes: Vec<AttributeProto>, frame: &mut Frame) -> Result<Decoded, Problem> {
        let mut values = attributes.into_iter();
        let (Some(proto), None) = (values.next(), values.next()) else {
            return Err("must have one attribute. Export the model again".into());
        };
        // The element type of a tensor would be lost on the way through an attribute.
        if proto.ref_attr_name.is_empty() && kind(&proto) == 4 {
            return self.tensors.decode(proto.t.map(|boxed| *boxed).unwrap_or_default());
        }
        if proto.ref_attr_name.is_empty() && kind(&proto) == 11 {
            let sparse = proto.sparse_tensor.map(|boxed| *boxed).unwrap_or_default();
            return self
                .tensors
                .densify(sparse)
                .map(|(_, value)| value)
                .map_err(|(_, problem)| problem);
        }
        let name = proto.name.clone();
        let value = self.attribute(proto, frame)?;
        let (value, element) = match value {
            Some(Attribute::Tensor(value)) => {
                let element = match value {
                    Constant::Float(_) => "float",
                    Constant::Int(_) => "int64",
                    Constant::Bool(_) => "bool",
                };
                (value, element)
            }
            Some(Attribute::Float(value)) => (Constant::of_floats(&[], vec![value])?, "float"),
            Some(Attribute::Int(value)) => (Constant::of_ints(&[], vec![value])?, "int64"),
            Some(Attribute::Floats(values)) => (Constant::of_floats(&[values.len()], values)?, "float"),
            Some(Attribute::Ints(values)) => (Constant::list(values), "int64"),
            Some(_) => return Err(Problem::Unsupported("it has texts".into())),
            None => return Err(format!("has no value: its attribute `{name}` is not given").into()),
        };
        Ok(Decoded { value, element })
    }
}

/// A node's name as far as it is of use: it becomes the name of layers, and stands in messages.
fn shortened(name: String) -> String {
    match name.char_indices().nth(LONGEST_NAME) {
        Some((end, _)) => format!("{}…", &name[..end]),
        None => name,
    }
}
