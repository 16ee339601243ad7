//! Densely connected networks (Huang et al. 2017) by torchvision's and timm's names; depth, growth and width are read from the tensors.

use doubleback::nn::layers::Concat;

use super::built::{Built, Settings};
use super::draft::Draft;
use crate::torch::build::Misfit;
use crate::torch::weights::Weights;

/// Layers in each dense block of the known depths.
const DEPTHS: [([usize; 4], &str); 4] = [
    ([6, 12, 24, 16], "densenet121"),
    ([6, 12, 36, 24], "densenet161"),
    ([6, 12, 32, 32], "densenet169"),
    ([6, 12, 48, 32], "densenet201"),
];

pub(super) fn build(weights: &Weights, settings: &Settings) -> Result<Built, Misfit> {
    let (mut draft, input) = Draft::new(weights, "features.conv0", 224, settings)?;
    let mut x = draft.conv("features.conv0", &input, 2, 3)?;
    x = draft.norm_relu("features.norm0", "features.relu0", &x)?;
    x = draft.max_pool("features.pool0", &x, 3, 2, 1)?;
    let mut counts = [0; 4];
    for (count, block) in counts.iter_mut().zip(1..) {
        let start = format!("features.denseblock{block}");
        let there = |layer: &usize| {
            weights
                .tensors
                .contains_key(&format!("{start}.denselayer{layer}.conv1.weight"))
        };
        *count = (1..).take_while(there).count();
        for layer in 1..=*count {
            x = dense_layer(&mut draft, &format!("{start}.denselayer{layer}"), &x)?;
        }
        let transition = format!("features.transition{block}");
        if draft.has(&format!("{transition}.conv.weight")) {
            x = draft.norm_relu(&format!("{transition}.norm"), &format!("{transition}.relu"), &x)?;
            x = draft.conv(&format!("{transition}.conv"), &x, 1, 0)?;
            x = draft.avg_pool(&format!("{transition}.pool"), &x)?;
        }
    }
    x = draft.norm_relu("features.norm5", "relu", &x)?;
    x = draft.global_avg_pool("avgpool", &x)?;
    draft.dense("classifier", &x)?;
    let known = DEPTHS.into_iter().find(|(depth, _)| *depth == counts);
    let name = known.map_or_else(|| format!("densenet-{counts:?}"), |(_, name)| name.to_owned());
    Ok(Built::of(draft.finish(&name, settings)))
}

/// New channels from all before, which stay.
fn dense_layer(draft: &mut Draft<'_>, layer: &str, input: &str) -> Result<String, Misfit> {
    let name = |role: &str| format!("{layer}.{role}");
    let mut x = draft.norm_relu(&name("norm1"), &name("relu1"), input)?;
    x = draft.conv(&name("conv1"), &x, 1, 0)?;
    x = draft.norm_relu(&name("norm2"), &name("relu2"), &x)?;
    x = draft.conv(&name("conv2"), &x, 1, 1)?;
    draft.push(&name("concat"), Concat { axis: 2 }, &[input, &x])
}
