//! `If` with a condition that is known: the nodes of the branch that is taken, in place of the node.

use std::collections::{BTreeMap, HashMap, HashSet};

use super::model::{Attribute, Graph, Node};
use super::refusal::Refusal;

/// What an `If` becomes: the constants and nodes of its branch, with new names for all that is given inside, and an `Identity` to each of the
/// node's outputs. `fresh` gives a name that no value has, made of the one given.
pub(crate) fn taken(node: &Node, condition: bool, fresh: &mut dyn FnMut(&str) -> String) -> Result<Graph, Refusal> {
    let branch = node.required_graph(if condition { "then_branch" } else { "else_branch" })?;
    if branch.outputs.len() < node.outputs.len() {
        let (has, wants) = (branch.outputs.len(), node.outputs.len());
        return Err(Refusal(format!(
            "its branch gives {has} values where {wants} are wanted. Export the model again"
        )));
    }
    let mut names = HashMap::new();
    for name in given(branch) {
        let new = fresh(name);
        names.insert(name.to_owned(), new);
    }
    let mut inside = branch.clone();
    rename(&mut inside, &names);
    for (inner, outer) in inside.outputs.drain(..).zip(&node.outputs) {
        if let Some(outer) = outer {
            inside.nodes.push(Node {
                name: outer.clone(),
                op: "Identity".into(),
                domain: String::new(),
                opset: node.opset,
                scope: node.scope.clone(),
                inputs: vec![Some(inner.name)],
                outputs: vec![Some(outer.clone())],
                attributes: BTreeMap::new(),
            });
        }
    }
    inside.inputs.clear();
    Ok(inside)
}

/// The values that a graph gives itself.
fn given(graph: &Graph) -> HashSet<&str> {
    let mut given: HashSet<&str> = graph.initializers.keys().map(String::as_str).collect();
    given.extend(graph.unreadable.keys().map(String::as_str));
    given.extend(graph.inputs.iter().map(|port| port.name.as_str()));
    given.extend(
        graph
            .nodes
            .iter()
            .flat_map(|node| node.outputs.iter().flatten().map(String::as_str)),
    );
    given
}

fn rename(graph: &mut Graph, names: &HashMap<String, String>) {
    let new = |name: &mut String| {
        if let Some(new) = names.get(name.as_str()) {
            name.clone_from(new);
        }
    };
    graph.initializers = renamed(std::mem::take(&mut graph.initializers), new);
    graph.unreadable = renamed(std::mem::take(&mut graph.unreadable), new);
    graph.elements = renamed(std::mem::take(&mut graph.elements), new);
    graph.inputs.iter_mut().for_each(|port| new(&mut port.name));
    graph.outputs.iter_mut().for_each(|port| new(&mut port.name));
    for node in &mut graph.nodes {
        node.inputs.iter_mut().flatten().for_each(new);
        node.outputs.iter_mut().flatten().for_each(new);
        for attribute in node.attributes.values_mut() {
            if let Attribute::Graph(inner) = attribute {
                // What the inner graph gives itself is its own.
                let own: HashSet<String> = given(inner).into_iter().map(str::to_owned).collect();
                let outer = names.iter().filter(|(name, _)| !own.contains(name.as_str()));
                rename(inner, &outer.map(|(name, new)| (name.clone(), new.clone())).collect());
            }
        }
    }
}

fn renamed<T>(map: BTreeMap<String, T>, new: impl Fn(&mut String)) -> BTreeMap<String, T> {
    let entry = |(mut name, value)| {
        new(&mut name);
        (name, value)
    };
    map.into_iter().map(entry).collect()
}
