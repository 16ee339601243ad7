//! Which files beside a model have values of it.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use prost::Message;
use prost::bytes::Bytes;

use super::external::Externals;
use super::proto::{GraphProto, ModelProto, TensorProto};
use super::scan;

/// The files in a model's folder that reading it reads; nothing if it cannot be read.
pub(crate) fn files_beside(path: &Path) -> Vec<PathBuf> {
    let bytes = std::fs::read(path).ok().filter(|bytes| scan::check(bytes).is_ok());
    let Some(model) = bytes.and_then(|bytes| ModelProto::decode(Bytes::from(bytes)).ok()) else {
        return Vec::new();
    };
    let mut locations = BTreeSet::new();
    if let Some(graph) = &model.graph {
        of_graph(graph, &mut locations);
    }
    let nodes = model.functions.iter().flat_map(|function| &function.node);
    let attributes = nodes.flat_map(|node| &node.attribute);
    attributes
        .filter_map(|attribute| attribute.t.as_ref())
        .for_each(|tensor| of_tensor(tensor, &mut locations));
    let externals = Externals::beside(path);
    locations
        .into_iter()
        .filter_map(|location| externals.path(location))
        .collect()
}

fn of_graph<'a>(graph: &'a GraphProto, locations: &mut BTreeSet<&'a str>) {
    graph.initializer.iter().for_each(|tensor| of_tensor(tensor, locations));
    for attribute in graph.node.iter().flat_map(|node| &node.attribute) {
        if let Some(tensor) = &attribute.t {
            of_tensor(tensor, locations);
        }
        if let Some(inner) = &attribute.g {
            of_graph(inner, locations);
        }
    }
}

fn of_tensor<'a>(tensor: &'a TensorProto, locations: &mut BTreeSet<&'a str>) {
    if tensor.data_location == 1 {
        let location = tensor.external_data.iter().find(|entry| entry.key == "location");
        locations.extend(location.map(|entry| entry.value.as_str()));
    }
}
