//! Batch norms merged into the layers before them.

use std::collections::HashMap;

use burn::tensor::Tensor;

use super::layer_spec::{IMAGES, LayerSpec};
use super::layers::LayerKind;
use super::module::Module;
use super::network::Network;
use crate::{Error, Result};

/// A network that computes the same in inference with each batch norm merged into the convolution or dense layer before it, if that feeds nothing else:
/// `gain / √(variance + ε)` into the weights of each output channel, the rest into its bias. Nothing if there is no such batch norm.
pub(super) fn merged(network: &Network) -> Result<Option<Network>> {
    let (old, graph) = (&network.architecture().layers, network.graph());
    // By layer with weights: the batch norm that goes into it.
    let pairs: HashMap<usize, usize> = old
        .iter()
        .enumerate()
        .filter(|(_, spec)| matches!(spec.kind, LayerKind::BatchNorm(_)))
        .filter_map(|(norm, _)| {
            let before = graph.sources(norm).first()?.checked_sub(1)?;
            let linear = output_channels_last(&old[before].kind).is_some();
            (linear && graph.feeds_only(before, norm)).then_some((before, norm))
        })
        .collect();
    if pairs.is_empty() {
        return Ok(None);
    }
    let gone = |layer: usize| pairs.values().any(|&norm| norm == layer);
    // What gives a value in the new network.
    let giver = |value: usize| match value.checked_sub(1) {
        None => IMAGES.to_owned(),
        Some(layer) if gone(layer) => old[graph.sources(layer)[0] - 1].name.clone(),
        Some(layer) => old[layer].name.clone(),
    };
    let mut architecture = network.architecture().clone();
    architecture.layers = (0..old.len())
        .filter(|&layer| !gone(layer))
        .map(|layer| LayerSpec {
            name: old[layer].name.clone(),
            inputs: graph.sources(layer).iter().map(|&value| giver(value)).collect(),
            kind: match pairs.contains_key(&layer) {
                true => with_bias(old[layer].kind.clone()),
                false => old[layer].kind.clone(),
            },
        })
        .collect();

    let tensors = network.parts()[0];
    let mut new: HashMap<String, Tensor<1>> = HashMap::new();
    for (layer, spec) in old.iter().enumerate().filter(|(layer, _)| !gone(*layer)) {
        let of_layer = tensors.of_layer(layer);
        for tensor in of_layer.parameters.iter().chain(&of_layer.buffers) {
            new.insert(tensor.name().to_owned(), tensor.value().clone());
        }
        let Some(&norm) = pairs.get(&layer) else { continue };
        let (scale, shift) = affine(network, norm)?;
        let weight = &of_layer.parameters[0];
        let bias = match of_layer.parameters.get(1) {
            Some(bias) => bias.value().clone() * scale.clone() + shift,
            None => shift,
        };
        new.insert(
            weight.name().to_owned(),
            scaled(&spec.kind, weight.value().clone(), weight.dims(), scale),
        );
        new.insert(format!("{}.bias", spec.name), bias);
    }
    let value = |_: &_, name: &str| {
        let missing = || Error::internal("merging batch norms", format!("no tensor `{name}`"));
        new.get(name).cloned().ok_or_else(missing)
    };
    Ok(Some(Network::build(architecture, network.device(), value)?))
}

/// Whether the weights of a layer have its output channels along their last axis, in order; nothing of layers that no batch norm is merged into.
fn output_channels_last(kind: &LayerKind) -> Option<bool> {
    match kind {
        LayerKind::Conv2d(_) | LayerKind::Dense(_) => Some(true),
        // Its weights are those of the convolution whose input gradient it is.
        LayerKind::ConvTranspose2d(layer) if layer.groups == 1 => Some(false),
        _ => None,
    }
}

fn with_bias(mut kind: LayerKind) -> LayerKind {
    match &mut kind {
        LayerKind::Conv2d(layer) => layer.bias = true,
        LayerKind::ConvTranspose2d(layer) => layer.bias = true,
        LayerKind::Dense(layer) => layer.bias = true,
        _ => {}
    }
    kind
}

/// The weights of a layer, each multiplied by the scale of its output channel.
fn scaled(kind: &LayerKind, weight: Tensor<1>, dims: &[usize], scale: Tensor<1>) -> Tensor<1> {
    let (count, channels) = (weight.dims()[0], scale.dims()[0]);
    match output_channels_last(kind) {
        Some(false) => {
            let inputs = dims.last().copied().unwrap_or(1);
            let rows = weight.reshape([count / (channels * inputs), channels, inputs]);
            (rows * scale.reshape([1, channels, 1])).reshape([count])
        }
        _ => (weight.reshape([count / channels, channels]) * scale.reshape([1, channels])).reshape([count]),
    }
}

/// What a batch norm multiplies each channel by in inference, and what it adds then.
fn affine(network: &Network, norm: usize) -> Result<(Tensor<1>, Tensor<1>)> {
    let LayerKind::BatchNorm(layer) = &network.architecture().layers[norm].kind else {
        return Err(Error::internal("merging batch norms", "this is none"));
    };
    let tensors = network.parts()[0].of_layer(norm);
    let [mean, variance] = [0, 1].map(|buffer| tensors.buffers[buffer].value().clone());
    let deviation = (variance + layer.epsilon).sqrt();
    let scale = match tensors.parameters.get(1) {
        Some(gain) => gain.value().clone() / deviation,
        None => deviation.recip(),
    };
    let shift = tensors.parameters[0].value().clone() - mean * scale.clone();
    Ok((scale, shift))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::{Bounds, ImageShape};
    use crate::nn::{Classifier, Pool, architecture, to_vec};
    use doubleback_test_device::f64_device;

    #[test]
    fn merged_networks_compute_the_same() {
        let shape = ImageShape {
            channels: 3,
            height: 32,
            width: 32,
        };
        for name in ["paper-cnn", "vgg-small", "resnet-small"] {
            let built = architecture(name, shape, Bounds::UNIT, 10, Pool::Max).unwrap();
            let mut network = Network::new(built, 3, &f64_device()).unwrap();
            // Statistics, gains and shifts that are not those of the start.
            for tensor in network.parts_mut()[0].all_mut() {
                let role = tensor.name().rsplit('.').next().unwrap().to_owned();
                let add = |value: Tensor<1>, by: f64| {
                    let count = value.dims()[0];
                    let steps = Tensor::arange(0..count as i64, &f64_device())
                        .float()
                        .cast(value.dtype());
                    value + (steps * 0.7).sin() * by
                };
                match role.as_str() {
                    "gain" | "shift" | "moving_mean" => tensor.set_with(|value| add(value, 0.3)),
                    "moving_variance" => tensor.set_with(|value| add(value, 0.5)),
                    _ => {}
                }
            }
            let merged = merged(&network).unwrap().unwrap();
            let norms = |network: &Network| {
                let layers = network.architecture().layers.iter();
                layers
                    .filter(|spec| matches!(spec.kind, LayerKind::BatchNorm(_)))
                    .count()
            };
            assert!(norms(&network) > 0 && norms(&merged) == 0, "{name}");
            let values: Vec<f32> = (0..2 * shape.len())
                .map(|i| (i * 7919 % 1009) as f32 / 1009.0)
                .collect();
            let data = burn::tensor::TensorData::new(values, [2, 3, 32, 32]);
            let images = Tensor::<4>::from_data(data, &f64_device());
            let of = |network: &Network| to_vec(network.logits(images.clone()).unwrap()).unwrap();
            let (expected, found) = (of(&network), of(&merged));
            let largest = expected.iter().fold(0f32, |largest, value| largest.max(value.abs()));
            for (expected, found) in expected.iter().zip(&found) {
                assert!((expected - found).abs() <= 1e-5 * largest, "{name}: {expected} {found}");
            }
            // Nothing is left to merge.
            assert!(super::merged(&merged).unwrap().is_none());
        }
    }
}
