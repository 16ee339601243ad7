//! The graph in the making: nodes, the constants that they take, and values in the layout that they want.

use std::collections::{HashMap, HashSet};

use doubleback::nn::layers::Size;
use prost::bytes::Bytes;

use super::attribute::{self, whole};
use super::value::{Layout, Value};
use crate::onnx::read::proto::{AttributeProto, NodeProto, TensorProto};
use crate::orders;

/// Element types of tensors, as ONNX numbers them.
pub(super) const FLOAT: i32 = 1;
pub(super) const UINT8: i32 = 2;
pub(super) const INT8: i32 = 3;
pub(super) const INT64: i32 = 7;
pub(super) const BOOL: i64 = 9;

/// Nodes and constants.
pub(super) struct Out {
    /// In the order of computation.
    pub nodes: Vec<NodeProto>,
    /// What is the same for all images.
    pub initializers: Vec<TensorProto>,
    /// Names of values.
    taken: HashSet<String>,
    /// Values in another layout that are there already, by name and layout.
    turned: HashMap<(String, Layout), Value>,
    /// Lists of whole numbers that are there already.
    lists: HashMap<Vec<i64>, String>,
    /// The layer that nodes are written for.
    layer: String,
    /// How many nodes there were when it began.
    begun: usize,
}

impl Out {
    /// Without nodes; these names are taken.
    pub fn new(taken: &[&str]) -> Self {
        Self {
            nodes: Vec::new(),
            initializers: Vec::new(),
            taken: taken.iter().map(|&name| name.to_owned()).collect(),
            turned: HashMap::new(),
            lists: HashMap::new(),
            layer: String::new(),
            begun: 0,
        }
    }

    /// What follows is written for this layer.
    pub fn begin(&mut self, layer: &str) {
        layer.clone_into(&mut self.layer);
        self.begun = self.nodes.len();
    }

    /// The layer is done: its last node is called as it is, and so is what that gives.
    pub fn end(&mut self, value: Value) -> Value {
        let name = self.layer.clone();
        let begun = self.begun;
        let last = self.nodes.len().checked_sub(1).filter(|&last| last >= begun);
        let Some(last) = last.filter(|&last| self.nodes[last].output == [value.name.as_str()]) else {
            return value;
        };
        self.nodes[last].name.clone_from(&name);
        if !self.taken.insert(name.clone()) {
            return value;
        }
        self.taken.remove(&value.name);
        let turned = self.turned.values_mut().filter(|turned| turned.name == value.name);
        turned.for_each(|turned| name.clone_into(&mut turned.name));
        self.nodes[last].output = vec![name.clone()];
        value.renamed(name)
    }

    fn unique(&mut self, wish: String) -> String {
        let mut name = wish.clone();
        let mut number = 2;
        while !self.taken.insert(name.clone()) {
            name = format!("{wish}.{number}");
            number += 1;
        }
        name
    }

    /// Adds a node of one output, and gives the name of that.
    pub fn node(&mut self, op: &str, inputs: &[&str], attributes: Vec<AttributeProto>) -> String {
        let name = self.unique(format!("{}/{op}", self.layer));
        self.nodes.push(NodeProto {
            input: inputs.iter().map(|&input| input.to_owned()).collect(),
            output: vec![name.clone()],
            name: name.clone(),
            op_type: op.to_owned(),
            attribute: attributes,
            ..NodeProto::default()
        });
        name
    }

    fn constant(&mut self, role: &str, dims: Vec<i64>, kind: i32, bytes: Vec<u8>) -> String {
        let name = self.unique(format!("{}.{role}", self.layer));
        self.initializers.push(TensorProto {
            dims,
            data_type: kind,
            name: name.clone(),
            raw_data: Bytes::from(bytes),
            ..TensorProto::default()
        });
        name
    }

    /// Adds a tensor of floats.
    pub fn floats(&mut self, role: &str, dims: &[usize], values: &[f32]) -> String {
        let bytes = values.iter().flat_map(|value| value.to_le_bytes()).collect();
        self.constant(role, whole(dims), FLOAT, bytes)
    }

    /// Adds a number.
    pub fn number(&mut self, role: &str, value: f64) -> String {
        self.floats(role, &[], &[value as f32])
    }

    /// Adds a list of bytes, of the type `UINT8` or `INT8`.
    pub fn bytes(&mut self, role: &str, dims: &[usize], kind: i32, values: Vec<u8>) -> String {
        self.constant(role, whole(dims), kind, values)
    }

    /// A list of whole numbers.
    pub fn list(&mut self, role: &str, values: &[i64]) -> String {
        if let Some(name) = self.lists.get(values) {
            return name.clone();
        }
        let bytes = values.iter().flat_map(|value| value.to_le_bytes()).collect();
        let dims = vec![i64::try_from(values.len()).unwrap_or(i64::MAX)];
        let name = self.constant(role, dims, INT64, bytes);
        self.lists.insert(values.to_vec(), name.clone());
        name
    }

    /// Adds a node of one input and no constants that keeps size and layout.
    pub fn same(&mut self, op: &str, x: &Value, attributes: Vec<AttributeProto>) -> Value {
        x.renamed(self.node(op, &[&x.name], attributes))
    }

    /// Another view of the same values; 0 is the batch.
    pub fn reshaped(&mut self, name: &str, shape: &[i64]) -> String {
        let shape = self.list("shape", shape);
        self.node("Reshape", &[name, &shape], Vec::new())
    }

    /// Another order of the axes.
    pub fn transposed(&mut self, name: &str, order: &[i64]) -> String {
        self.node("Transpose", &[name], vec![attribute::ints("perm", order)])
    }

    /// The value as `[batch, channels, height, width]`.
    pub fn first(&mut self, x: &Value) -> Value {
        let key = (x.name.clone(), Layout::First);
        if let Some(found) = self.turned.get(&key) {
            return found.clone();
        }
        let size = whole(&x.size);
        let name = match x.layout {
            Layout::First => return x.clone(),
            Layout::Last => self.transposed(&x.name, &[0, 3, 1, 2]),
            Layout::Vector => self.reshaped(&x.name, &[0, size[2], 1, 1]),
            Layout::Flat(_) => {
                let x = self.vector(x);
                return self.first(&x);
            }
        };
        let layout = Layout::First;
        let found = Value { name, layout, ..*x };
        self.turned.insert(key, found.clone());
        found
    }

    /// The value as `[batch, height, width, channels]`.
    pub fn last(&mut self, x: &Value) -> Value {
        let key = (x.name.clone(), Layout::Last);
        if let Some(found) = self.turned.get(&key) {
            return found.clone();
        }
        let size = whole(&x.size);
        let name = match x.layout {
            Layout::Last => return x.clone(),
            Layout::First => self.transposed(&x.name, &[0, 2, 3, 1]),
            Layout::Vector => self.reshaped(&x.name, &[0, 1, 1, size[2]]),
            Layout::Flat(_) => {
                let x = self.vector(x);
                return self.last(&x);
            }
        };
        let layout = Layout::Last;
        let found = Value { name, layout, ..*x };
        self.turned.insert(key, found.clone());
        found
    }

    /// The values of an image one after another by row, column and channel, `[batch, values]`.
    pub fn vector(&mut self, x: &Value) -> Value {
        let key = (x.name.clone(), Layout::Vector);
        if let Some(found) = self.turned.get(&key) {
            return found.clone();
        }
        let flat = |name: String| Value {
            name,
            size: [1, 1, x.size.iter().product()],
            layout: Layout::Vector,
        };
        let found = match x.layout {
            Layout::Vector => return x.clone(),
            Layout::Flat([height, width, channels]) => {
                let image = whole(&[0, channels, height, width]);
                let name = self.reshaped(&x.name, &image);
                let name = self.transposed(&name, &[0, 2, 3, 1]);
                flat(self.flattened(&name))
            }
            Layout::First if !(x.is_one_pixel() || x.size[2] == 1) => {
                let x = self.last(x);
                flat(self.flattened(&x.name))
            }
            Layout::First | Layout::Last => flat(self.flattened(&x.name)),
        };
        self.turned.insert(key, found.clone());
        found
    }

    /// All values of an image one after another, as they are stored.
    pub fn flattened(&mut self, name: &str) -> String {
        self.node("Flatten", &[name], vec![attribute::int("axis", 1)])
    }

    /// Adds values of this size (1 where they are repeated) that meet a value of this layout.
    pub fn operand(&mut self, role: &str, values: &[f32], size: Size, layout: Layout) -> String {
        let [height, width, channels] = size;
        match layout {
            Layout::First => self.floats(role, &[1, channels, height, width], &orders::image(values, size)),
            Layout::Last => self.floats(role, &[1, height, width, channels], values),
            Layout::Vector => self.floats(role, &[1, channels], values),
            Layout::Flat(image) if image.iter().product::<usize>() == values.len() => {
                self.floats(role, &[1, values.len()], &orders::image(values, image))
            }
            Layout::Flat(_) => self.floats(role, &[1, values.len()], values),
        }
    }
}
