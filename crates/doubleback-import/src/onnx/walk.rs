//! The graph node by node: what is constant is computed, the rest becomes layers; only what is asked for.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::branch;
use super::fold::Folding;
use super::model::{Constant, Graph, Node};
use super::refusal::Refusal;
use super::translate::{self, Activation, Builder, Value};

/// What became of a node.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fate {
    /// It was computed, once and for all images.
    Folded,
    /// It has layers.
    Translated,
    /// It needs none: it only says how values are seen, or does nothing when models are used.
    Free,
    /// It is left out, because the logits before it are wanted.
    Undone,
}

/// A graph while it is translated.
#[derive(Debug)]
pub(super) struct Walk {
    nodes: Vec<Node>,
    /// Which node gives a value.
    givers: HashMap<String, usize>,
    fates: Vec<Option<Fate>>,
    unreadable: BTreeMap<String, Refusal>,
    folding: Folding,
    pub builder: Builder,
}

impl Walk {
    /// Of the nodes and constants of a graph, which may compute as many values as were `allowed` beyond what its size does.
    pub fn new(graph: Graph, mut builder: Builder, allowed: usize) -> Self {
        let values = graph.initializers.values().map(Constant::len).sum();
        let folding = Folding::new(values, allowed, &graph.elements);
        builder.make_room(values, allowed);
        for (name, constant) in graph.initializers {
            builder.define(&name, constant);
        }
        Self {
            givers: givers(&graph.nodes),
            fates: vec![None; graph.nodes.len()],
            nodes: graph.nodes,
            unreadable: graph.unreadable,
            folding,
            builder,
        }
    }

    /// The node that gives a value.
    pub fn giver(&self, name: &str) -> Option<&Node> {
        self.givers.get(name).map(|&place| &self.nodes[place])
    }

    /// Has a value computed, with all that it needs.
    pub fn value(&mut self, name: &str) -> Result<&Value, Refusal> {
        for place in needed(&self.nodes, &self.givers, [name]) {
            if self.fates[place].is_none() {
                let fate = self.compute(&self.nodes[place].clone())?;
                self.fates[place] = Some(fate);
            }
        }
        let unknown = || Refusal(format!("no node gives `{name}`"));
        self.builder.value(name).ok_or_else(unknown)
    }

    /// Has a value computed that must depend on the image.
    pub fn activation(&mut self, name: &str) -> Result<Activation, Refusal> {
        match self.value(name)? {
            Value::Activation(activation) => Ok(activation.clone()),
            Value::Constant(_) => Err(Refusal(format!("`{name}` does not depend on the image"))),
        }
    }

    /// Computes a node whose inputs have values: one of the graph, or one that stands in for it.
    pub fn compute(&mut self, node: &Node) -> Result<Fate, Refusal> {
        let placed = |refusal: Refusal| Refusal(format!("{}: {refusal}", node.place()));
        for name in node.inputs.iter().flatten() {
            if let Some(why) = self.unreadable.get(name) {
                return Err(placed(why.clone()));
            }
        }
        let constant = |name: &Option<String>| match name {
            None => Some(None),
            Some(name) => match self.builder.value(name) {
                Some(Value::Constant(constant)) => Some(Some(constant)),
                _ => None,
            },
        };
        if let Some(inputs) = node.inputs.iter().map(constant).collect::<Option<Vec<_>>>()
            && let Some(outputs) = self.folding.fold(node, &inputs).map_err(placed)?
        {
            for (name, output) in node.outputs.iter().zip(outputs) {
                if let Some(name) = name {
                    self.builder.define(name, output);
                }
            }
            return Ok(Fate::Folded);
        }
        for name in node.inputs.iter().flatten() {
            if let Some(element) = self.folding.element(name) {
                self.builder.say_element(name, element);
            }
        }
        let before = self.builder.len();
        match self.condition(node).map_err(placed)? {
            Some(condition) => self.branch(node, condition)?,
            None => translate::node(node, &mut self.builder).map_err(placed)?,
        }
        Ok(match self.builder.len() == before {
            true => Fate::Free,
            false => Fate::Translated,
        })
    }

    /// Whether the condition of an `If` holds, if that is known.
    fn condition(&self, node: &Node) -> Result<Option<bool>, Refusal> {
        let condition = node.input(0).filter(|_| node.is("If"));
        match condition.and_then(|name| self.builder.value(name)) {
            Some(Value::Constant(condition)) => Ok(Some(condition.bool()?)),
            _ => Ok(None),
        }
    }

    /// Computes the branch that an `If` takes, as far as its outputs need it.
    fn branch(&mut self, node: &Node, condition: bool) -> Result<(), Refusal> {
        let mut number = 0;
        let mut fresh = |wanted: &str| loop {
            number += 1;
            let name = format!("{wanted}.{number}");
            if self.builder.value(&name).is_none() && !self.givers.contains_key(&name) {
                return name;
            }
        };
        let inside = branch::taken(node, condition, &mut fresh)
            .map_err(|refusal| Refusal(format!("{}: {refusal}", node.place())))?;
        for (name, constant) in inside.initializers {
            self.builder.define(&name, constant);
        }
        self.unreadable.extend(inside.unreadable);
        let outputs = node.outputs.iter().flatten().map(String::as_str);
        for place in needed(&inside.nodes, &givers(&inside.nodes), outputs) {
            self.compute(&inside.nodes[place])?;
        }
        let which = if condition { "then" } else { "else" };
        self.builder.note(format!(
            "node `{}` (If) always takes its `{which}` branch: it was put in its place",
            node.name
        ));
        Ok(())
    }

    /// Says that the node that gives a value is left out.
    pub fn undo(&mut self, name: &str) {
        if let Some(&place) = self.givers.get(name) {
            self.fates[place] = Some(Fate::Undone);
        }
    }

    /// What became of the nodes; nothing of those that the logits do not need.
    pub fn fates(&self) -> impl Iterator<Item = (&Node, Option<Fate>)> {
        self.nodes.iter().zip(self.fates.iter().copied())
    }
}

/// Which node gives a value.
pub(super) fn givers(nodes: &[Node]) -> HashMap<String, usize> {
    let outputs = |(place, node): (usize, &Node)| {
        let outputs: Vec<_> = node
            .outputs
            .iter()
            .flatten()
            .map(|name| (name.clone(), place))
            .collect();
        outputs
    };
    nodes.iter().enumerate().flat_map(outputs).collect()
}

/// The nodes that values need, in the order of the graph.
pub(super) fn needed<'a>(
    nodes: &'a [Node],
    givers: &HashMap<String, usize>,
    names: impl IntoIterator<Item = &'a str>,
) -> BTreeSet<usize> {
    let mut needed = BTreeSet::new();
    let mut open: Vec<usize> = names.into_iter().filter_map(|name| givers.get(name).copied()).collect();
    while let Some(place) = open.pop() {
        if needed.insert(place) {
            let needs = nodes[place].needs();
            open.extend(needs.into_iter().filter_map(|name| givers.get(name).copied()));
        }
    }
    needed
}
