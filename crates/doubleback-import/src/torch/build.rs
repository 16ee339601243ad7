//! From an architecture whose layers are called as PyTorch's modules to a network with their values.

use std::collections::{BTreeMap, BTreeSet};

use burn::tensor::{Device, Tensor, TensorData};
use doubleback::Error;
use doubleback::nn::layers::{LayerKind, Size};
use doubleback::nn::{Architecture, IMAGES, Network};

use super::normalization;
use super::weights::Weights;
use crate::original::{Layout, Original, Place};

/// Where the values of one of our tensors come from.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Source {
    /// A vector, or a matrix as it is.
    Same(String),
    /// A kernel `[out, in, height, width]`.
    Kernel(String),
    /// A matrix `[out, in]`, whose inputs are the values of an image of this size in the order channel, row, column.
    Matrix(String, Size),
    /// One value for all channels.
    Spread(String),
    /// Zeros: what is not in the file.
    Zeros,
}

/// For each tensor of the network where it comes from.
pub(super) type Sources = BTreeMap<String, Source>;

/// What does not fit, in words.
pub(super) type Misfit = String;

/// Pairs each tensor of an architecture with one of the file. Layers are called as the file's modules, or as `module` says.
///
/// # Errors
/// Names the first tensor that is missing, of another shape, or left over.
pub(super) fn sources(
    architecture: &Architecture,
    weights: &Weights,
    module: impl Fn(&str) -> String,
) -> Result<Sources, Misfit> {
    let inputs = architecture.input_sizes().map_err(|e| e.to_string())?;
    let images = flattened(architecture, &inputs);
    let (mut sources, mut used) = (Sources::new(), BTreeSet::new());
    for ((spec, inputs), image) in architecture.layers.iter().zip(&inputs).zip(images) {
        let name = module(&spec.name);
        let layer = spec.kind.layer();
        for tensor in layer.parameters(inputs).into_iter().chain(layer.buffers(inputs)) {
            let full = |role: &str| format!("{name}.{role}");
            let is_norm = matches!(spec.kind, LayerKind::BatchNorm(_));
            let source = match (tensor.name, &spec.kind) {
                ("weight", LayerKind::Dense(_)) => {
                    let inputs = tensor.dims[0];
                    let fits = image.iter().product::<usize>() == inputs;
                    Source::Matrix(full("weight"), if fits { image } else { [1, 1, inputs] })
                }
                ("weight", _) => Source::Kernel(full("weight")),
                ("bias", _) => Source::Same(full("bias")),
                ("gain", _) => Source::Same(full("weight")),
                ("shift", _) if weights.tensors.contains_key(&full("bias")) => Source::Same(full("bias")),
                ("shift", LayerKind::BatchNorm(norm)) if !norm.gain => Source::Zeros,
                ("shift", _) => Source::Same(full("bias")),
                ("moving_mean", _) => Source::Same(full("running_mean")),
                ("moving_variance", _) => Source::Same(full("running_var")),
                (role, LayerKind::Standardize(_)) if !is_norm => {
                    let stored = match role {
                        "mean" => normalization::MEAN,
                        _ => normalization::VARIANCE,
                    };
                    match weights.shape(stored) {
                        Some([1]) => Source::Spread(stored.into()),
                        _ => Source::Same(stored.into()),
                    }
                }
                (role, _) => Source::Same(full(role)),
            };
            check(&source, &tensor.dims, weights)?;
            used.extend(source.name().map(str::to_owned));
            sources.insert(format!("{}.{}", spec.name, tensor.name), source);
        }
    }
    let left: Vec<&String> = weights.tensors.keys().filter(|name| !used.contains(*name)).collect();
    match left.first() {
        Some(first) => {
            let more = match left.len() {
                1 => String::new(),
                count => format!(" and {} more", count - 1),
            };
            Err(format!("`{first}`{more} of the file have no place in it"))
        }
        None => Ok(sources),
    }
}

impl Source {
    fn name(&self) -> Option<&str> {
        match self {
            Self::Same(name) | Self::Kernel(name) | Self::Matrix(name, _) | Self::Spread(name) => Some(name),
            Self::Zeros => None,
        }
    }

    /// Sizes of the file's tensor, given those of ours.
    fn shape(&self, dims: &[usize]) -> Vec<usize> {
        match (self, dims) {
            (Self::Kernel(_), &[height, width, inputs, outputs]) => vec![outputs, inputs, height, width],
            (Self::Matrix(..), &[inputs, outputs]) => vec![outputs, inputs],
            (Self::Spread(_), _) => vec![1],
            (Self::Zeros, _) => Vec::new(),
            _ => dims.to_vec(),
        }
    }
}

/// What is said of a tensor that the file lacks.
pub(super) fn missing(name: &str, weights: &Weights) -> Misfit {
    match weights.nearest(name) {
        Some(near) => format!("`{name}` is missing; `{near}` is most like it"),
        None => format!("`{name}` is missing"),
    }
}

fn check(source: &Source, dims: &[usize], weights: &Weights) -> Result<(), Misfit> {
    let Some(name) = source.name() else { return Ok(()) };
    let shape = weights.shape(name).ok_or_else(|| missing(name, weights))?;
    let wanted = source.shape(dims);
    // A dense layer's matrix may be stored as a convolution of one pixel, and the other way round.
    let trimmed = |shape: &[usize]| {
        let end = shape.iter().rposition(|&size| size != 1).map_or(0, |last| last + 1);
        shape[..end].to_vec()
    };
    match shape == wanted || (trimmed(shape) == trimmed(&wanted) && shape.len() >= 2) {
        true => Ok(()),
        false => Err(format!("`{name}` is {shape:?} and should be {wanted:?}")),
    }
}

/// For each layer the size of the image that its first input is the values of, even if they are in a row.
pub(super) fn flattened(architecture: &Architecture, inputs: &[Vec<Size>]) -> Vec<Size> {
    let [channels, height, width] = architecture.input;
    let mut images: BTreeMap<&str, Size> = BTreeMap::from([(IMAGES, [height, width, channels])]);
    let mut before = IMAGES;
    let mut found = Vec::with_capacity(inputs.len());
    for (index, spec) in architecture.layers.iter().enumerate() {
        let source = spec.inputs.first().map_or(before, String::as_str);
        let image = images.get(source).copied().unwrap_or([1, 1, 1]);
        found.push(image);
        let output = match &spec.kind {
            LayerKind::Flatten(_) => image,
            kind => match kind.layer().output(&inputs[index]) {
                // What keeps the size keeps the order of values.
                Ok(output) if inputs[index].first() == Some(&output) && !matches!(kind, LayerKind::Dense(_)) => image,
                Ok(output) => output,
                Err(_) => [1, 1, 1],
            },
        };
        images.insert(&spec.name, output);
        before = &spec.name;
    }
    found
}

/// What the tensors of the network are called in the file. What the user said, and the file does not have, has no place there.
pub(super) fn original(sources: &Sources, weights: &Weights) -> Original {
    let place = |source: &Source| {
        let name = source.name()?;
        let stored = weights.tensors.get(name)?;
        let normalizes = [normalization::MEAN, normalization::VARIANCE].contains(&name);
        let (file_name, shape) = match &stored.origin {
            Some(origin) => origin.clone(),
            None if normalizes => return None,
            None => (name.to_owned(), stored.shape.clone()),
        };
        let layout = match source {
            Source::Kernel(_) => Layout::Kernel,
            Source::Matrix(_, image) => Layout::Matrix(*image),
            _ if name == normalization::VARIANCE => Layout::Deviation,
            _ => Layout::Same,
        };
        Some(Place {
            name: file_name,
            shape,
            layout,
        })
    };
    let named = sources
        .iter()
        .filter_map(|(tensor, source)| Some((tensor.clone(), place(source)?)));
    Original {
        format: "pytorch".to_owned(),
        tensors: named.collect(),
    }
}

/// Builds the network with the file's values. `most` is how many may be read in all.
///
/// # Errors
/// When a value is not finite or a variance negative, when the file is damaged, or there would be more values than its size is worth.
pub(super) fn network(
    architecture: Architecture,
    sources: &Sources,
    weights: &Weights,
    most: usize,
    device: &Device,
) -> Result<Network, Misfit> {
    let stored = |source: &Source| weights.tensors.get(source.name()?).map(super::weights::Stored::len);
    let all = sources.values().filter_map(stored).fold(0, usize::saturating_add);
    if all > most {
        return Err(format!(
            "its tensors have {all} values, more than a file of its size holds. Save it again with contiguous tensors"
        ));
    }
    let mut wrong = None;
    let network = Network::build(architecture, device, |spec, name| {
        let source = sources.get(name).unwrap_or(&Source::Zeros);
        let values = checked(source, &spec.dims, name, weights).map_err(|problem| {
            wrong = Some(problem);
            Error::internal("reading weights", name)
        })?;
        let count = values.len();
        Ok(Tensor::from_data(TensorData::new(values, [count]), device))
    });
    network.map_err(|e| wrong.unwrap_or_else(|| e.to_string()))
}

/// The values of one of our tensors, all of which can be computed with.
fn checked(source: &Source, dims: &[usize], name: &str, weights: &Weights) -> Result<Vec<f32>, Misfit> {
    let values = values(source, dims, weights)?;
    let stored = source.name().unwrap_or(name);
    if let Some(value) = values.iter().find(|value| !value.is_finite()) {
        return Err(format!(
            "`{stored}` holds {value}, which cannot be computed with. Give a checkpoint from before it"
        ));
    }
    let variance = name.ends_with(".moving_variance") || name.ends_with(".variance");
    match values.iter().find(|value| variance && **value < 0.0) {
        Some(value) => Err(format!("`{stored}` holds {value}, and no variance is below 0")),
        None => Ok(values),
    }
}

/// The values of one of our tensors in our order.
fn values(source: &Source, dims: &[usize], weights: &Weights) -> Result<Vec<f32>, String> {
    let count: usize = dims.iter().product();
    let Some(name) = source.name() else {
        return Ok(vec![0.0; count]);
    };
    let stored = weights.tensors.get(name).ok_or_else(|| missing(name, weights))?;
    let values = stored.values().map_err(|problem| format!("`{name}` {problem}"))?;
    Ok(match (source, dims) {
        (Source::Kernel(_), &[height, width, inputs, outputs]) => {
            let mut ours = Vec::with_capacity(count);
            let taps = height * width;
            for tap in 0..taps {
                for input in 0..inputs {
                    ours.extend((0..outputs).map(|output| values[(output * inputs + input) * taps + tap]));
                }
            }
            ours
        }
        (Source::Matrix(_, [height, width, channels]), &[inputs, outputs]) => {
            let pixels = height * width;
            let mut ours = Vec::with_capacity(count);
            for pixel in 0..pixels {
                for channel in 0..*channels {
                    ours.extend((0..outputs).map(|output| values[output * inputs + channel * pixels + pixel]));
                }
            }
            ours
        }
        (Source::Spread(_), _) => vec![values[0]; count],
        _ => values,
    })
}
