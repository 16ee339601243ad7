//! What exporters write of several operators, put together to the one that it is: a layer of its own is more accurate at both orders, and faster.
//!
//! Only where the constants are exactly those of the operator, and no value between is used elsewhere. A pattern is looked for from its last
//! node backwards.
mod activation;
mod group_norm;
mod layer_norm;
#[cfg(test)]
mod tests;
mod view;

use std::collections::{BTreeMap, HashSet};

use super::model::{Attribute, Graph, Node};
use view::View;

/// What is found.
#[cfg(test)]
pub(super) const NAMES: [&str; 6] = [
    "Swish",
    "HardSwish",
    "Mish",
    "Gelu",
    "LayerNormalization",
    "GroupNormalization",
];

/// The operator that some nodes are.
struct Found {
    op: &'static str,
    /// The version at which the operator came to ONNX, at least.
    opset: i64,
    inputs: Vec<String>,
    attributes: BTreeMap<String, Attribute>,
    /// Places of the nodes that go, besides the last.
    inner: Vec<usize>,
}

impl Found {
    /// A function of every value of `x`.
    fn of(op: &'static str, opset: i64, x: &str, inner: Vec<usize>) -> Self {
        Self {
            op,
            opset,
            inputs: vec![x.to_owned()],
            attributes: BTreeMap::new(),
            inner,
        }
    }

    fn with(mut self, name: &str, value: Attribute) -> Self {
        self.attributes.insert(name.to_owned(), value);
        self
    }
}

/// Puts together what can be, in a sorted graph; its outputs and the values that are `wanted` stay. Says what was done.
pub(crate) fn rewrite<'a>(graph: &mut Graph, wanted: impl IntoIterator<Item = &'a str>) -> Vec<String> {
    let wanted: HashSet<&str> = wanted.into_iter().collect();
    let view = View::of(graph);
    let mut gone = HashSet::new();
    let mut new: Vec<(usize, Found)> = Vec::new();
    for last in 0..graph.nodes.len() {
        let found = activation::find(&view, last)
            .or_else(|| layer_norm::find(&view, last))
            .or_else(|| group_norm::find(&view, last));
        let Some(mut found) = found else { continue };
        found.inner.sort_unstable();
        found.inner.dedup();
        let free = |place: &usize| {
            let mut given = graph.nodes[*place].outputs.iter().flatten();
            !gone.contains(place) && *place != last && !given.any(|name| wanted.contains(name.as_str()))
        };
        if view.only_within(&found.inner, last) && found.inner.iter().all(free) {
            gone.extend(found.inner.iter().copied());
            new.push((last, found));
        }
    }
    drop(view);
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for (last, found) in new {
        *counts.entry(found.op).or_default() += 1;
        let node = &mut graph.nodes[last];
        *node = Node {
            name: std::mem::take(&mut node.name),
            op: found.op.to_owned(),
            domain: String::new(),
            opset: node.opset.max(found.opset),
            scope: node.scope.take(),
            inputs: found.inputs.into_iter().map(Some).collect(),
            outputs: std::mem::take(&mut node.outputs),
            attributes: found.attributes,
        };
    }
    let mut place = 0;
    graph.nodes.retain(|_| {
        place += 1;
        !gone.contains(&(place - 1))
    });
    let note = |(op, count)| {
        let times = if count == 1 {
            "once".to_owned()
        } else {
            format!("{count} times")
        };
        format!("{op} was put together from the nodes that the exporter made of it, {times}")
    };
    counts.into_iter().map(note).collect()
}
