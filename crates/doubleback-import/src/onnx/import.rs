//! From a file to a network, and what is told of it.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use burn::tensor::{Device, Tensor, TensorData};
use doubleback::data::{Bounds, sha256};
use doubleback::nn::layers::Standardize;
use doubleback::nn::{Architecture, IMAGES, ModelCard, Module, Network, Parameter, card};
use doubleback::{Error, Result};

use super::fold::folds;
use super::help::help;
use super::image::{ImageInput, described};
use super::logits;
use super::model::{Attribute, BOUNDS, Graph, Model, Node, PRODUCER};
use super::refusal::Refusal;
use super::translate::{self, Activation, Builder};
use super::walk::{Fate, Walk, givers, needed};
use super::{normalization, patterns, sklearn};
use crate::check::check;
use crate::imported::{Imported, Nodes, Source, SourceFile, Unsupported};
use crate::options::Options;
use crate::original::{Original, Place};

/// Most values that the layers may give for one image: so many, and [`PER_VALUE`] for each value of the image and of the weights, as of model
/// files of ours. A small file shall not take much memory.
const ACTIVATIONS: usize = 1 << 22;
const PER_VALUE: usize = 1 << 10;

/// Reads an ONNX model.
///
/// # Errors
/// When it cannot be read, or a part of it cannot be imported: what, which node with its operator and opset, and what would help.
pub(crate) fn import(path: &Path, options: &Options, device: &Device) -> Result<Imported> {
    let model = Model::read(path)?;
    let files = std::iter::once(path.to_owned()).chain(model.beside.iter().cloned());
    let files = files.map(|file| hashed(&file)).collect::<Result<Vec<_>>>()?;
    imported(model, path, files, options, device)
}

/// Reads an ONNX model that is in memory, with all its weights inside; `name` stands for it in messages.
///
/// # Errors
/// As [`import`].
pub(crate) fn import_bytes(bytes: Vec<u8>, name: &Path, options: &Options, device: &Device) -> Result<Imported> {
    let source = SourceFile {
        file: name.to_string_lossy().into_owned(),
        sha256: sha256(std::iter::once(bytes.as_slice())),
    };
    imported(Model::of(bytes, name)?, name, vec![source], options, device)
}

fn imported(model: Model, path: &Path, files: Vec<SourceFile>, options: &Options, device: &Device) -> Result<Imported> {
    let refused = |refusal: Refusal| Error::file(path, refusal.to_string());
    let name = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
    let (network, card, mut source) = network(model, &name, options, device).map_err(|failure| match failure {
        Failure::Refused(refusal) => refused(refusal),
        Failure::Other(error) => error,
    })?;
    source.notes.extend(check(&network, path)?);
    source.files = files;
    Ok(Imported {
        network,
        card,
        source: Some(source),
    })
}

/// The nodes that the logits need and whose operators can neither be imported nor computed in advance.
///
/// # Errors
/// When the model cannot be read.
pub(crate) fn unsupported(path: &Path) -> Result<Vec<Unsupported>> {
    let mut model = Model::read(path)?;
    sklearn::rewrite(&mut model.graph, model.opset).map_err(|refusal| Error::file(path, refusal.to_string()))?;
    let refused = |node: &Node| {
        let domain = node.domain.as_str();
        let folded = domain.is_empty() && folds(&node.op);
        (!folded && translate::translator_of(node).is_none()).then(|| Unsupported {
            node: node.name.clone(),
            operator: match domain {
                "" => node.op.clone(),
                _ => format!("{domain}.{}", node.op),
            },
            opset: node.opset,
            problem: format!("this operator cannot be imported. {}", help(domain, &node.op)),
        })
    };
    let Graph { nodes, outputs, .. } = &model.graph;
    let candidates = logits::candidates(outputs, None).unwrap_or_default();
    let needed = needed(nodes, &givers(nodes), candidates);
    let nodes = needed.into_iter().map(|place| &nodes[place]);
    // Whether the condition of an `If` is known is seen only when it is imported.
    let later = ["ZipMap", "If"];
    let nodes = nodes.filter(|node| !later.contains(&node.op.as_str()));
    Ok(nodes.filter_map(refused).collect())
}

/// A file, with its SHA-256.
fn hashed(path: &Path) -> Result<SourceFile> {
    let bytes = std::fs::read(path).map_err(Error::io(path, "reading the model"))?;
    Ok(SourceFile {
        file: path.file_name().unwrap_or_default().to_string_lossy().into_owned(),
        sha256: sha256(std::iter::once(bytes.as_slice())),
    })
}

/// Why a model was not translated.
enum Failure {
    Refused(Refusal),
    Other(Error),
}

impl From<Refusal> for Failure {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}

impl From<String> for Failure {
    fn from(refusal: String) -> Self {
        Self::Refused(Refusal(refusal))
    }
}

/// The network of a model, what is known of it, and where it comes from.
fn network(
    model: Model,
    name: &str,
    options: &Options,
    device: &Device,
) -> std::result::Result<(Network, ModelCard, Source), Failure> {
    let mut graph = model.graph;
    let facts = model.facts;
    let mut notes = model.notes;
    sklearn::rewrite(&mut graph, model.opset)?;
    notes.extend(patterns::rewrite(&mut graph, options.output.as_deref()));
    let outputs = std::mem::take(&mut graph.outputs);
    let constants: BTreeSet<String> = graph.initializers.keys().cloned().collect();
    let candidates = logits::candidates(&outputs, options.output.as_deref())?;
    let known = |name: &str| {
        let given = graph.nodes.iter().flat_map(|node| node.outputs.iter().flatten());
        given
            .chain(outputs.iter().map(|port| &port.name))
            .any(|other| other == name)
    };
    if let Some(missing) = candidates.iter().find(|name| !known(name)) {
        let names: Vec<_> = outputs.iter().map(|port| format!("`{}`", port.name)).collect();
        return Err(format!("it has no output `{missing}`; it has {}", names.join(", ")).into());
    }
    // What this program writes has its channels first, and nodes that are called as its layers.
    let own = model.producer.split(' ').next() == Some(PRODUCER);
    let input = ImageInput::find(&graph, &candidates, options.size, own)?;
    notes.extend(input.notes.iter().cloned());
    let described = |port| format!("{} {}", shown(port), described(port));
    let source = Source {
        format: "onnx".into(),
        producer: model.producer,
        ir_version: Some(model.ir_version),
        opset: Some(model.opset),
        inputs: graph.inputs.iter().map(described).collect(),
        outputs: outputs.iter().map(described).collect(),
        ..Source::default()
    };

    let shape = input.shape;
    let mut builder = Builder::new(&graph.nodes, [shape.height, shape.width, shape.channels]);
    if own {
        builder.keep_names();
    }
    builder.frozen_batch = input.batch.filter(|&batch| batch != 1);
    let normalized = normalized(options, &input, &mut builder)?;
    let seen = input.seen(normalized, &mut builder)?;
    let mut walk = Walk::new(graph, builder, options.generated_values);
    walk.builder.define(&input.name, seen);
    let (logits, output) = logits::find(&mut walk, &candidates)?;
    notes.extend(normalization::described(&walk, &input.name));
    let mut card = ModelCard::new();
    if let Some(classes) = class_names(&walk, output, logits.count()) {
        card::set_classes(&mut card, &classes);
    }
    card.extend(own_card(&facts, logits.count()));
    let nodes = counted(&walk);
    notes.extend(walk.builder.notes());
    let bounds = match own_bounds(&facts).filter(|_| options.bounds.is_none()) {
        Some(bounds) => bounds,
        None => bounds(options, &input, &mut notes),
    };
    let source = Source {
        nodes: Some(nodes),
        notes,
        ..source
    };
    let origins = walk.builder.origins(&constants);
    let network = assembled(walk.builder, &logits, name, &input, bounds, device)?;
    original(origins, &network).note(&mut card);
    Ok((network, card, source))
}

/// The layer that normalizes images as the user says, if at all.
fn normalized(options: &Options, input: &ImageInput, b: &mut Builder) -> std::result::Result<Option<String>, Refusal> {
    let Some(normalization) = &options.normalize else {
        return Ok(None);
    };
    let (mean, std) = normalization.of_channels(input.shape.channels)?;
    let mean = mean.iter().map(|&mean| mean as f32).collect();
    let variance = std.iter().map(|&std| (std * std) as f32).collect();
    let tensors = vec![("mean", mean), ("variance", variance)];
    let layer = b.add("normalize", Standardize {}.into(), vec![IMAGES.to_owned()], tensors)?;
    Ok(Some(layer))
}

/// The card in a file that this program wrote, but for classes that are not those of the graph.
fn own_card(facts: &BTreeMap<String, String>, count: usize) -> ModelCard {
    let mut card: ModelCard = facts.clone();
    card.remove(BOUNDS);
    let fits = |names: Vec<String>| {
        let different: BTreeSet<&String> = names.iter().collect();
        names.len() == count && different.len() == count
    };
    if !card::classes(&card).is_some_and(fits) {
        card.remove(card::CLASSES);
    }
    card
}

/// The bounds in a file that this program wrote.
fn own_bounds(facts: &BTreeMap<String, String>) -> Option<Bounds> {
    let [low, high]: [f32; 2] = serde_json::from_str(facts.get(BOUNDS)?).ok()?;
    let in_order = low.is_finite() && high.is_finite() && low < high;
    in_order.then_some(Bounds { low, high })
}

/// What the tensors of the network are called in the file.
fn original(origins: BTreeMap<String, Place>, network: &Network) -> Original {
    let mut tensors = origins;
    let there: BTreeSet<&str> = network.tensors().map(Parameter::name).collect();
    tensors.retain(|name, _| there.contains(name.as_str()));
    Original {
        format: "onnx".to_owned(),
        tensors,
    }
}

/// The bounds that the user says, or those that are most probable.
fn bounds(options: &Options, input: &ImageInput, notes: &mut Vec<String>) -> Bounds {
    if let Some(bounds) = options.bounds {
        return bounds;
    }
    if input.integers {
        notes.push(
            "it takes whole numbers: pixel values from 0 to 255 are assumed, and those in between are not rounded; `--bounds` says otherwise"
                .into(),
        );
        return Bounds { low: 0.0, high: 255.0 };
    }
    notes.push("pixel values from 0 to 1 are assumed; `--bounds` says otherwise, `--normalize` what is to be done to them first".into());
    Bounds::UNIT
}

fn assembled(
    builder: Builder,
    logits: &Activation,
    name: &str,
    input: &ImageInput,
    bounds: Bounds,
    device: &Device,
) -> std::result::Result<Network, Failure> {
    if logits.layer == IMAGES {
        return Err("its output is its input: it has no layers".to_owned().into());
    }
    let mut parts = builder.finish(logits)?;
    let shape = input.shape;
    let architecture = Architecture {
        name: name.to_owned(),
        input: [shape.channels, shape.height, shape.width],
        bounds: [bounds.low, bounds.high],
        classes: parts.size[2],
        layers: std::mem::take(&mut parts.layers),
    };
    let values: usize = parts.tensors.values().map(Vec::len).sum();
    let working = architecture.working_values().map_err(Failure::Other)?;
    let most = values
        .saturating_add(shape.len())
        .saturating_mul(PER_VALUE)
        .saturating_add(ACTIVATIONS);
    if working > most {
        return Err(format!(
            "its layers give {working} values for one image, more than {most}, the most for a file of its size"
        )
        .into());
    }
    Network::build(architecture, device, |_, name| {
        let values = parts.tensors.remove(name);
        let values = values.ok_or_else(|| Error::internal("importing a model", format!("no values of {name}")))?;
        let count = values.len();
        Ok(Tensor::from_data(TensorData::new(values, [count]), device))
    })
    .map_err(Failure::Other)
}

/// The names of the classes, where scikit-learn's models say them.
fn class_names(walk: &Walk, output: &str, count: usize) -> Option<Vec<String>> {
    let map = walk.giver(output).filter(|node| node.op == "ZipMap")?;
    match map.attributes.get("classlabels_strings")? {
        Attribute::Texts(names) if names.len() == count => Some(names.clone()),
        _ => None,
    }
}

/// What became of the nodes.
fn counted(walk: &Walk) -> Nodes {
    let mut nodes = Nodes::default();
    let mut operators: BTreeMap<String, usize> = BTreeMap::new();
    for (node, fate) in walk.fates() {
        *operators.entry(node.op.clone()).or_default() += 1;
        let count = match fate {
            Some(Fate::Folded) => &mut nodes.folded,
            Some(Fate::Translated) => &mut nodes.translated,
            Some(Fate::Free) => &mut nodes.free,
            Some(Fate::Undone) => &mut nodes.undone,
            None => &mut nodes.unneeded,
        };
        *count += 1;
    }
    nodes.operators = operators;
    nodes
}

/// Name and type.
fn shown(port: &super::model::Port) -> String {
    format!("{}: {}", port.name, port.element)
}
