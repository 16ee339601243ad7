//! The file of a network: its layers one by one, its card, and what goes in and comes out.

use std::collections::HashMap;
use std::path::Path;

use doubleback::nn::{IMAGES, ModelCard, Module, Network, to_vec};
use doubleback::write::write_atomically;
use doubleback::{Error, Result};
use prost::Message;

use super::kinds;
use super::layer::{Layer, Problem};
use super::out::{FLOAT, Out};
use super::value::{Layout, Value};
use crate::onnx::model::{BOUNDS, PRODUCER};
use crate::onnx::read::proto::{
    DimensionProto, GraphProto, ModelProto, OperatorSetIdProto, StringStringEntryProto, TensorShapeProto,
    TensorTypeProto, TypeProto, ValueInfoProto,
};
use crate::original::ORIGINAL_NAMES;

/// Version of the file format, and of the operators.
const IR_VERSION: i64 = 8;
const OPSET: i64 = 17;

/// What goes in and comes out, and the name of the free batch.
const INPUT: &str = "images";
const OUTPUT: &str = "logits";
const BATCH: &str = "batch";

/// Most bytes of one file: the format knows no larger message.
const LARGEST: usize = i32::MAX as usize;

/// Writes a network as an ONNX file, with its weights inside, whole or not at all: version 17 of the operators, from `images` `[batch, channels,
/// height, width]` in the model's own bounds to `logits` `[batch, classes]`. `batch` is how many images it takes at a time; without it any number.
/// Batch norms stay what they are, with their stored statistics, and dropout is left out. The card goes along, and [`open`](crate::open)
/// reads it back.
///
/// # Errors
/// When there is no operator for a layer (all such layers are named), a weight is not finite, the file would be larger than 2 GiB, or cannot be
/// written.
pub fn save_onnx(network: &Network, card: &ModelCard, path: &Path, batch: Option<usize>) -> Result<()> {
    let bytes = bytes(network, card, batch, path)?;
    write_atomically(path, &bytes)
}

fn bytes(network: &Network, card: &ModelCard, batch: Option<usize>, path: &Path) -> Result<Vec<u8>> {
    let refused = |problem: String| Error::file(path, format!("cannot be written: {problem}"));
    if batch == Some(0) {
        return Err(refused("a batch of no images".into()));
    }
    let mut tensors = HashMap::new();
    for tensor in network.tensors() {
        let values = to_vec(tensor.value().clone())?;
        if let Some(value) = values.iter().find(|value| !value.is_finite()) {
            return Err(refused(format!(
                "`{}` holds {value}, which is not finite",
                tensor.name()
            )));
        }
        tensors.insert(tensor.name().to_owned(), values);
    }
    let graph = graph(network, &tensors, batch)?.map_err(refused)?;
    drop(tensors);
    let [low, high] = network.architecture().bounds;
    // What the tensors were called in another file is nothing that this one has.
    let facts = card.iter().filter(|(key, _)| *key != ORIGINAL_NAMES);
    let facts = facts.map(|(key, value)| (key.clone(), value.clone()));
    let facts = facts.chain([(BOUNDS.to_owned(), format!("[{low:?},{high:?}]"))]);
    let model = ModelProto {
        ir_version: IR_VERSION,
        producer_name: PRODUCER.to_owned(),
        producer_version: env!("CARGO_PKG_VERSION").to_owned(),
        graph: Some(Box::new(graph)),
        opset_import: vec![OperatorSetIdProto {
            domain: String::new(),
            version: OPSET,
        }],
        metadata_props: facts
            .map(|(key, value)| StringStringEntryProto { key, value })
            .collect(),
        ..ModelProto::default()
    };
    let length = model.encoded_len();
    match length > LARGEST {
        true => Err(refused(format!(
            "it would have {length} bytes, and one file of ONNX has at most {LARGEST}. Write a state dict (.safetensors)"
        ))),
        false => Ok(model.encode_to_vec()),
    }
}

/// The graph, or all layers that are in the way.
fn graph(
    network: &Network,
    tensors: &HashMap<String, Vec<f32>>,
    batch: Option<usize>,
) -> Result<std::result::Result<GraphProto, Problem>> {
    let architecture = network.architecture();
    let sizes = architecture.sizes()?;
    let mut out = Out::new(&[INPUT, OUTPUT]);
    let images = Value {
        name: INPUT.to_owned(),
        size: sizes[0],
        layout: Layout::First,
    };
    let mut values: HashMap<&str, Value> = HashMap::from([(IMAGES, images.clone())]);
    let (mut before, mut problems) = (IMAGES, Vec::new());
    for (spec, &output) in architecture.layers.iter().zip(&sizes[1..]) {
        let names: Vec<&str> = match spec.inputs.as_slice() {
            [] => vec![before],
            names => names.iter().map(String::as_str).collect(),
        };
        let inputs = names.iter().filter_map(|name| values.get(name).cloned()).collect();
        let layer = Layer {
            name: &spec.name,
            inputs,
            output,
            tensors,
        };
        out.begin(&spec.name);
        let written = kinds::write(&spec.kind, &layer, &mut out);
        let value = written.map(|value| out.end(value)).unwrap_or_else(|problem| {
            problems.push(format!("layer `{}` ({}) {problem}", spec.name, kind(&spec.kind)));
            // For what follows, so that all that is in the way is found.
            Value {
                name: spec.name.clone(),
                size: output,
                layout: Layout::First,
            }
        });
        values.insert(&spec.name, value);
        before = &spec.name;
    }
    if !problems.is_empty() {
        return Ok(Err(problems.join("; ")));
    }
    let logits = values.get(before).cloned().unwrap_or(images);
    out.begin(before);
    let logits = match logits.layout {
        Layout::Flat(_) | Layout::First | Layout::Last => out.vector(&logits),
        Layout::Vector => logits,
    };
    // What several nodes take keeps its name for them.
    for node in &mut out.nodes {
        let names = node.input.iter_mut().chain(&mut node.output);
        names
            .filter(|name| **name == logits.name)
            .for_each(|name| OUTPUT.clone_into(name));
    }
    let [channels, height, width] = architecture.input;
    Ok(Ok(GraphProto {
        node: out.nodes,
        name: match architecture.name.as_str() {
            "" => "network".to_owned(),
            name => name.to_owned(),
        },
        initializer: out.initializers,
        input: vec![port(INPUT, batch, &[channels, height, width])],
        output: vec![port(OUTPUT, batch, &[architecture.classes])],
        ..GraphProto::default()
    }))
}

/// What model files call a kind of layer.
fn kind(kind: &doubleback::nn::layers::LayerKind) -> String {
    let described = serde_json::to_value(kind).ok();
    let name = described.as_ref().and_then(|kind| kind.get("type")?.as_str());
    name.unwrap_or_default().to_owned()
}

fn port(name: &str, batch: Option<usize>, sizes: &[usize]) -> ValueInfoProto {
    let known = |size: usize| DimensionProto {
        dim_value: i64::try_from(size).ok(),
        ..DimensionProto::default()
    };
    let batch = batch.map_or_else(
        || DimensionProto {
            dim_param: BATCH.to_owned(),
            ..DimensionProto::default()
        },
        known,
    );
    let dim = std::iter::once(batch)
        .chain(sizes.iter().map(|&size| known(size)))
        .collect();
    ValueInfoProto {
        name: name.to_owned(),
        r#type: Some(Box::new(TypeProto {
            tensor_type: Some(TensorTypeProto {
                elem_type: FLOAT,
                shape: Some(TensorShapeProto { dim }),
            }),
            ..TypeProto::default()
        })),
    }
}
