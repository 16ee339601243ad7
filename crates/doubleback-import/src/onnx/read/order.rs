//! Nodes in an order in which each comes after those it needs; every value given once.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap, HashSet};

use super::super::model::{Graph, Node};
use super::super::refusal::Refusal;

/// Sorts the nodes of a graph, as they stand where that is possible. `outside` are values of graphs around it.
pub(super) fn sort(graph: &mut Graph, outside: &HashSet<String>) -> Result<(), Refusal> {
    let givers = givers(graph)?;
    let inputs: HashSet<&str> = graph.inputs.iter().map(|port| port.name.as_str()).collect();
    let given = |name: &str| {
        graph.initializers.contains_key(name)
            || graph.unreadable.contains_key(name)
            || inputs.contains(name)
            || outside.contains(name)
    };
    let mut waiting = vec![0_usize; graph.nodes.len()];
    let mut takers: Vec<Vec<usize>> = vec![Vec::new(); graph.nodes.len()];
    for (taker, node) in graph.nodes.iter().enumerate() {
        for name in node.needs() {
            if let Some(&giver) = givers.get(name) {
                takers[giver].push(taker);
                waiting[taker] += 1;
            } else if !given(name) {
                return Err(Refusal(format!(
                    "{} takes `{name}`, which nothing gives. Export the model again, whole",
                    node.place()
                )));
            }
        }
    }
    for port in &graph.outputs {
        if !givers.contains_key(port.name.as_str()) && !given(&port.name) {
            return Err(Refusal(format!(
                "output `{}` is given by nothing. Export the model again, whole",
                port.name
            )));
        }
    }
    let mut ready: BinaryHeap<Reverse<usize>> = (0..waiting.len()).filter(|&i| waiting[i] == 0).map(Reverse).collect();
    let mut order = Vec::with_capacity(waiting.len());
    while let Some(Reverse(next)) = ready.pop() {
        order.push(next);
        for &taker in &takers[next] {
            waiting[taker] -= 1;
            if waiting[taker] == 0 {
                ready.push(Reverse(taker));
            }
        }
    }
    if let Some(stuck) = waiting.iter().position(|&left| left > 0) {
        return Err(Refusal(format!(
            "{} needs its own output, by way of others: the nodes go in a circle. Export the model again",
            graph.nodes[stuck].place()
        )));
    }
    drop(givers);
    let mut place = vec![0; order.len()];
    for (to, &from) in order.iter().enumerate() {
        place[from] = to;
    }
    let mut nodes: Vec<(usize, Node)> = place.into_iter().zip(std::mem::take(&mut graph.nodes)).collect();
    nodes.sort_unstable_by_key(|(place, _)| *place);
    graph.nodes = nodes.into_iter().map(|(_, node)| node).collect();
    Ok(())
}

/// The place of the node that gives each value.
fn givers(graph: &Graph) -> Result<HashMap<&str, usize>, Refusal> {
    let mut givers = HashMap::new();
    let inputs: HashSet<&str> = graph.inputs.iter().map(|port| port.name.as_str()).collect();
    for (place, node) in graph.nodes.iter().enumerate() {
        for name in node.outputs.iter().flatten() {
            let twice = givers.insert(name.as_str(), place).is_some();
            if twice || graph.initializers.contains_key(name) || inputs.contains(name.as_str()) {
                return Err(Refusal(format!(
                    "{} gives `{name}`, which something else gives too. Export the model again",
                    node.place()
                )));
            }
        }
    }
    Ok(givers)
}
