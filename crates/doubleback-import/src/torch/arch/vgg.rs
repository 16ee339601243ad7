//! VGG (Simonyan & Zisserman 2015) by torchvision's and timm's names: where it pools is read from the gaps between the numbers of its layers.

use super::built::{Built, Settings};
use super::draft::Draft;
use crate::torch::build::Misfit;
use crate::torch::weights::Weights;

/// Pixels of a side that the classifier sees.
const SIDE: usize = 7;

pub(super) fn build(weights: &Weights, settings: &Settings) -> Result<Built, Misfit> {
    let (mut draft, mut x) = Draft::new(weights, "features.0", 224, settings)?;
    let mut numbers: Vec<usize> = weights
        .tensors
        .iter()
        .filter_map(|(name, tensor)| {
            let number = name.strip_prefix("features.")?.strip_suffix(".weight")?;
            (tensor.shape.len() == 4 && number.len() < 4).then(|| number.parse().ok())?
        })
        .collect();
    numbers.sort_unstable();
    let normed = draft.has("features.1.running_mean");
    let step = if normed { 3 } else { 2 };
    for (place, &number) in numbers.iter().enumerate() {
        let name = |layer: usize| format!("features.{layer}");
        x = draft.conv(&name(number), &x, 1, 1)?;
        if normed {
            x = draft.norm(&name(number + 1), &x, 1e-5)?;
        }
        x = draft.relu(&name(number + step - 1), &x)?;
        let pools = numbers.get(place + 1).is_none_or(|&next| next > number + step);
        if pools {
            x = draft.max_pool(&name(number + step), &x, 2, 2, 0)?;
        }
    }
    if draft.has("pre_logits.fc1.weight") {
        // timm: the dense layers are convolutions; smaller images are pooled to what the first of them needs.
        let [height, width, _] = draft.size(&x);
        x = draft.adaptive_avg_pool("pre_logits.pool", &x, [height.max(SIDE), width.max(SIDE)])?;
        for layer in ["pre_logits.fc1", "pre_logits.fc2"] {
            x = draft.conv(layer, &x, 1, 0)?;
            x = draft.relu(&format!("{layer}.act"), &x)?;
        }
        x = draft.global_avg_pool("head.global_pool", &x)?;
        draft.dense("head.fc", &x)?;
    } else {
        x = draft.adaptive_avg_pool("avgpool", &x, [SIDE; 2])?;
        x = draft.flatten("flatten", &x)?;
        for layer in [0, 3] {
            x = draft.dense(&format!("classifier.{layer}"), &x)?;
            x = draft.relu(&format!("classifier.{}", layer + 1), &x)?;
            x = draft.dropout(&format!("classifier.{}", layer + 2), &x, 0.5)?;
        }
        draft.dense("classifier.6", &x)?;
    }
    let ending = if normed { "_bn" } else { "" };
    let name = format!("vgg{}{ending}", numbers.len() + 3);
    Ok(Built::of(draft.finish(&name, settings)))
}
