//! Reading a file: from bytes to a [`Model`] in our own words.
//!
//! First `scan` looks at the whole file for what would take far more memory than the file; then prost decodes the messages of `proto`; `graph`
//! makes nodes of them, `tensor` constants, `external` those from files beside the model. Reading takes 256
//! times the memory of the model and the files beside it, and 64 MiB, at most.

mod attribute;
mod beside;
mod budget;
#[cfg(test)]
mod damaged;
mod element;
mod external;
mod graph;
mod names;
mod notes;
mod old;
mod order;
pub(super) mod proto;
mod scan;
mod scope;
mod tensor;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::path::Path;

use doubleback::Error;
use prost::Message;
use prost::bytes::Bytes;

pub(crate) use beside::files_beside;

use super::branch;
use super::constant::Constant;
use super::model::{Graph, Model, Node, PRODUCER};
use super::refusal::Refusal;
use budget::Budget;
use external::Externals;
use graph::{Graphs, opsets};
use names::Names;
use notes::Notes;
use proto::ModelProto;
use tensor::Tensors;

impl Model {
    /// Reads a file, and what it names of files in its folder.
    ///
    /// # Errors
    /// When it cannot be read, is no ONNX model, is damaged, or takes far more memory than a network of its size; when a file beside it is
    /// missing, or outside its folder.
    pub fn read(path: &Path) -> doubleback::Result<Self> {
        let bytes = std::fs::read(path).map_err(Error::io(path, "reading the model"))?;
        Self::of(bytes, path)
    }

    /// Reads the bytes of a file that lies at `path`, or would.
    ///
    /// # Errors
    /// As [`read`](Self::read).
    pub fn of(bytes: Vec<u8>, path: &Path) -> doubleback::Result<Self> {
        Self::of_bytes(bytes, path).map_err(|refusal| Error::file(path, refusal.to_string()))
    }

    /// Reads the bytes of a file that lies at `path`.
    fn of_bytes(bytes: Vec<u8>, path: &Path) -> Result<Self, Refusal> {
        scan::check(&bytes)?;
        let size = bytes.len();
        let mut proto = ModelProto::decode(Bytes::from(bytes)).map_err(|problem| {
            Refusal(format!(
                "is no ONNX model, or damaged ({problem}). Copy or export it again"
            ))
        })?;
        let graph = proto
            .graph
            .take()
            .ok_or("has no graph: it is no ONNX model, or empty. Copy or export it again")?;
        let tensors = Tensors {
            externals: Externals::beside(path),
            notes: Notes::default(),
            budget: Budget::of(size),
        };
        let opsets = opsets(&proto.opset_import);
        let mut graphs = Graphs::new(tensors, &proto.functions)?;
        let mut graph = graphs.main(*graph, &opsets)?;
        let beside = graphs.tensors.externals.paths();
        let mut notes = graphs.tensors.notes;
        if !proto.training_info.is_empty() {
            notes.other("information for training, which the file has, was left out".into());
        }
        choose_branches(&mut graph, &mut notes)?;
        let entries = proto.metadata_props.into_iter().map(|entry| (entry.key, entry.value));
        let facts = match proto.producer_name == PRODUCER {
            true => entries.collect(),
            false => BTreeMap::new(),
        };
        Ok(Self {
            facts,
            ir_version: proto.ir_version,
            opset: opsets.get("").copied().unwrap_or(1),
            producer: format!("{} {}", proto.producer_name, proto.producer_version)
                .trim()
                .to_owned(),
            graph,
            notes: notes.sentences(),
            beside,
        })
    }
}

/// Puts the branch that is taken in place of each `If` whose condition the file itself says.
fn choose_branches(graph: &mut Graph, notes: &mut Notes) -> Result<(), Refusal> {
    let condition = |graph: &Graph, node: &Node| match graph.initializers.get(node.input(0)?)? {
        Constant::Bool(value) if node.is("If") && value.len() == 1 => value.first().copied(),
        _ => None,
    };
    while graph.nodes.iter().any(|node| condition(graph, node).is_some()) {
        let mut names = Names::default();
        names.take(graph.initializers.keys());
        names.take(graph.inputs.iter().map(|port| &port.name));
        names.take(graph.nodes.iter().flat_map(|node| node.outputs.iter().flatten()));
        for node in std::mem::take(&mut graph.nodes) {
            let Some(condition) = condition(graph, &node) else {
                graph.nodes.push(node);
                continue;
            };
            let mut fresh = |wanted: &str| names.fresh(wanted);
            let taken = branch::taken(&node, condition, &mut fresh)
                .map_err(|refusal| Refusal(format!("{}: {refusal}", node.place())))?;
            graph.initializers.extend(taken.initializers);
            graph.unreadable.extend(taken.unreadable);
            graph.elements.extend(taken.elements);
            graph.nodes.extend(taken.nodes);
            let which = if condition { "then" } else { "else" };
            notes.other(format!(
                "node `{}` (If) always takes its `{which}` branch: it was put in its place",
                node.name
            ));
        }
    }
    Ok(())
}
