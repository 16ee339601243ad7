//! A graph looked at from its values: who gives them, and how often they are used.

use std::collections::HashMap;

use crate::onnx::model::{Attribute, Constant, Graph, Node};

/// Most factors of a product that is looked into, and most nodes that a constant stands behind.
const LOOKED_AT: usize = 8;

/// Of one graph.
pub(super) struct View<'a> {
    nodes: &'a [Node],
    constants: &'a std::collections::BTreeMap<String, Constant>,
    givers: HashMap<&'a str, usize>,
    uses: HashMap<&'a str, usize>,
}

/// A product: a number times values.
#[derive(Default)]
pub(super) struct Product<'a> {
    pub scale: f64,
    pub values: Vec<&'a str>,
    /// Places of the nodes that multiply, besides the last.
    pub inner: Vec<usize>,
}

impl<'a> View<'a> {
    pub fn of(graph: &'a Graph) -> Self {
        let mut view = Self {
            nodes: &graph.nodes,
            constants: &graph.initializers,
            givers: HashMap::new(),
            uses: HashMap::new(),
        };
        for (place, node) in graph.nodes.iter().enumerate() {
            view.givers
                .extend(node.outputs.iter().flatten().map(|name| (name.as_str(), place)));
        }
        view.count(graph);
        view
    }

    fn count(&mut self, graph: &'a Graph) {
        let inputs = graph.nodes.iter().flat_map(|node| node.inputs.iter().flatten());
        let outputs = graph.outputs.iter().map(|port| &port.name);
        for name in inputs.chain(outputs) {
            *self.uses.entry(name).or_default() += 1;
        }
        for attribute in graph.nodes.iter().flat_map(|node| node.attributes.values()) {
            if let Attribute::Graph(inner) = attribute {
                self.count(inner);
            }
        }
    }

    /// Whether what nodes give is used by one another and the last one alone.
    pub fn only_within(&self, inner: &[usize], last: usize) -> bool {
        let mut within: HashMap<&str, usize> = HashMap::new();
        for &place in inner.iter().chain([&last]) {
            for name in self.nodes[place].inputs.iter().flatten() {
                *within.entry(name).or_default() += 1;
            }
        }
        let mut given = inner
            .iter()
            .flat_map(|&place| self.nodes[place].outputs.iter().flatten());
        given.all(|name| within.get(name.as_str()) == self.uses.get(name.as_str()))
    }

    pub fn node(&self, place: usize) -> &'a Node {
        &self.nodes[place]
    }

    /// The node that gives a value, if it is that operator, and its place.
    pub fn giver(&self, name: &str, op: &str) -> Option<(usize, &'a Node)> {
        let place = *self.givers.get(name)?;
        let node = &self.nodes[place];
        (node.is(op) && node.output(0) == Some(name)).then_some((place, node))
    }

    /// A constant, by way of nodes that give it as it is.
    pub fn constant(&self, mut name: &'a str) -> Option<&'a Constant> {
        for _ in 0..LOOKED_AT {
            if let Some(constant) = self.constants.get(name) {
                return Some(constant);
            }
            let (_, node) = self.giver(name, "Identity")?;
            name = node.input(0)?;
        }
        None
    }

    /// The one number that a constant is.
    pub fn number(&self, name: &str) -> Option<f32> {
        let constant = self.constant(name)?;
        (constant.len() == 1).then(|| constant.uniform())?
    }

    /// The inputs of a node of two: the number among them, and the other.
    pub fn with_number(&self, node: &'a Node) -> Option<(f32, &'a str)> {
        let (a, b) = (node.input(0)?, node.input(1)?);
        match (self.number(a), self.number(b)) {
            (Some(number), None) => Some((number, b)),
            (None, Some(number)) => Some((number, a)),
            _ => None,
        }
    }

    /// What the node at `last` multiplies, through nodes whose result nothing else uses.
    pub fn product(&self, last: usize) -> Option<Product<'a>> {
        let mut product = Product {
            scale: 1.0,
            ..Product::default()
        };
        let mut open = vec![last];
        while let Some(place) = open.pop() {
            let node = &self.nodes[place];
            if product.inner.len() + product.values.len() > LOOKED_AT {
                return None;
            }
            if place != last {
                product.inner.push(place);
            }
            let divides = node.is("Div");
            if !divides && !node.is("Mul") {
                return None;
            }
            for (side, name) in [node.input(0)?, node.input(1)?].into_iter().enumerate() {
                match self.number(name).map(f64::from) {
                    Some(number) if divides && side == 1 => product.scale /= number,
                    // A number divided by a value is no product.
                    None if divides && side == 1 => return None,
                    Some(number) => product.scale *= number,
                    None => match self.multiplier(name) {
                        Some(inner) => open.push(inner),
                        None => product.values.push(name),
                    },
                }
            }
        }
        (product.values.len() <= LOOKED_AT).then_some(product)
    }

    /// The node that gives a product which is used once.
    fn multiplier(&self, name: &str) -> Option<usize> {
        let (place, node) = self.giver(name, "Mul").or_else(|| self.giver(name, "Div"))?;
        let divisor = node.input(1).and_then(|name| self.number(name));
        let fits = self.uses.get(name) == Some(&1) && (node.is("Mul") || divisor.is_some());
        fits.then_some(place)
    }

    /// A value that is a number times another: the node that multiplies or divides it.
    pub fn scaled(&self, name: &'a str) -> (f64, &'a str, Vec<usize>) {
        let product = self
            .multiplier(name)
            .and_then(|place| Some((place, self.product(place)?)));
        match product {
            Some((place, product)) if product.values.len() == 1 => {
                let mut inner = product.inner;
                inner.push(place);
                (product.scale, product.values[0], inner)
            }
            _ => (1.0, name, Vec::new()),
        }
    }
}

/// Whether a number is the one of an operator, but for how the exporter rounded it.
pub(super) fn is(number: f64, expected: f64) -> bool {
    (number - expected).abs() <= expected.abs() * 2_f64.powi(-22)
}
