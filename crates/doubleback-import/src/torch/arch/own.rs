//! The library's own architectures: modules are called as our layers, and `small-cnn` also as the authors of TRADES call them.

use doubleback::data::ImageShape;
use doubleback::nn::layers::LayerKind;
use doubleback::nn::{ARCHITECTURES, Pool, architecture};

use super::built::{Built, Settings};
use crate::torch::build::{Misfit, missing};
use crate::torch::normalization;
use crate::torch::weights::Weights;

/// Sides of images that are tried when none is given, in this order.
const SIDES: [usize; 4] = [28, 32, 64, 96];

/// Modules of TRADES' file for the layers of `small-cnn`.
const TRADES: [(&str, &str); 7] = [
    ("conv1", "feature_extractor.conv1"),
    ("conv2", "feature_extractor.conv2"),
    ("conv3", "feature_extractor.conv3"),
    ("conv4", "feature_extractor.conv4"),
    ("dense1", "classifier.fc1"),
    ("dense2", "classifier.fc2"),
    ("logits", "classifier.fc3"),
];

pub(super) fn build(weights: &Weights, settings: &Settings, name: &str) -> Result<Built, Misfit> {
    if weights.tensors.contains_key(normalization::MEAN) {
        return Err("the file normalizes its images, and this network does not".into());
    }
    let of_trades = name == "small-cnn" && !weights.tensors.contains_key("logits.weight");
    let trades = |layer: &str| {
        let module = TRADES.iter().find(|(ours, _)| *ours == layer)?.1;
        let short = module.rsplit('.').next().unwrap_or(module);
        let long = weights.tensors.contains_key(&format!("{module}.weight"));
        Some(if long { module } else { short }.to_owned())
    };
    let module = |layer: &str| trades(layer).filter(|_| of_trades).unwrap_or_else(|| layer.to_owned());
    let shape = |tensor: String| {
        let shape = weights.shape(&tensor).ok_or_else(|| missing(&tensor, weights))?;
        Ok::<&[usize], Misfit>(shape)
    };
    let kernel = shape(format!("{}.weight", module("conv1")))?;
    let classes = shape(format!("{}.weight", module("logits")))?
        .first()
        .copied()
        .unwrap_or(0);
    let channels = kernel.get(1).copied().unwrap_or(0);
    let sizes = match settings.size {
        Some(size) => vec![size],
        None => SIDES.map(|side| [side; 2]).to_vec(),
    };
    let mut problem = String::new();
    for [height, width] in sizes {
        let shape = ImageShape {
            channels,
            height,
            width,
        };
        let mut architecture = match architecture(name, shape, settings.bounds, classes, Pool::Max) {
            Ok(architecture) => architecture,
            Err(e) => {
                problem = e.to_string();
                continue;
            }
        };
        for layer in &mut architecture.layers {
            if let LayerKind::BatchNorm(norm) = &mut layer.kind {
                norm.gain = weights.tensors.contains_key(&format!("{}.weight", layer.name));
            }
        }
        let names: Vec<(String, String)> = match of_trades {
            true => TRADES
                .iter()
                .map(|(layer, _)| ((*layer).to_owned(), module(layer)))
                .collect(),
            false => Vec::new(),
        };
        match crate::torch::build::sources(&architecture, weights, module) {
            Ok(_) => {
                let mut built = Built {
                    names,
                    ..Built::of(architecture)
                };
                if built.architecture.pool().is_some() {
                    built.note("pooling takes the largest value: weights do not say it");
                }
                return Ok(built);
            }
            Err(found) => problem = found,
        }
    }
    Err(problem)
}

/// Those that are called as PyTorch's modules: [`resnet`](super::resnet) and [`wide_resnet`](super::wide_resnet) read them, in every depth and width.
const OF_FAMILIES: [&str; 2] = ["resnet18", "wrn-28-2"];

/// Its own name of one of the library's architectures that no other family reads.
pub(super) fn known(name: &str) -> Option<&'static str> {
    let own = |known: &&str| *known == name && !OF_FAMILIES.contains(known);
    ARCHITECTURES.into_iter().find(own)
}
