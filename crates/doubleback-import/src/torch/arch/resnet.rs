//! Residual networks by torchvision's and timm's names, and by those of the CIFAR networks that RobustBench has: stem, depth, width and kind of
//! block are read from the tensors.

use doubleback::nn::Architecture;

use super::built::{Built, Settings};
use super::draft::Draft;
use crate::torch::build::Misfit;
use crate::torch::weights::Weights;

/// Blocks in each stage of the known depths, by whether they are bottlenecks.
const DEPTHS: [(bool, [usize; 4], &str); 5] = [
    (false, [2, 2, 2, 2], "resnet18"),
    (false, [3, 4, 6, 3], "resnet34"),
    (true, [3, 4, 6, 3], "resnet50"),
    (true, [3, 4, 23, 3], "resnet101"),
    (true, [3, 8, 36, 3], "resnet152"),
];

/// Numbers of blocks in `layer1` to `layer4`.
pub(super) fn blocks(weights: &Weights) -> [usize; 4] {
    std::array::from_fn(|stage| {
        let there = |block: &usize| {
            weights
                .tensors
                .contains_key(&format!("layer{}.{block}.conv1.weight", stage + 1))
        };
        (0..).take_while(there).count()
    })
}

/// The name of the depth, or one made of the numbers of blocks.
fn name(bottleneck: bool, blocks: [usize; 4]) -> String {
    let known = DEPTHS
        .into_iter()
        .find(|(deep, count, _)| (*deep, *count) == (bottleneck, blocks));
    match known {
        Some((.., name)) => name.to_owned(),
        None => format!("resnet-{blocks:?}").replace(", ", "-").replace(['[', ']'], ""),
    }
}

pub(super) fn build(weights: &Weights, settings: &Settings) -> Result<Built, Misfit> {
    let deep = weights.tensors.contains_key("layer1.0.conv3.weight");
    let small = weights
        .shape("conv1.weight")
        .is_some_and(|shape| shape.len() == 4 && shape[2] < 7);
    let (mut draft, input) = Draft::new(weights, "conv1", if small { 32 } else { 224 }, settings)?;
    let mut x = match small {
        true => draft.conv("conv1", &input, 1, 1)?,
        false => draft.conv("conv1", &input, 2, 3)?,
    };
    x = draft.norm_relu("bn1", "relu", &x)?;
    if !small {
        x = draft.max_pool("maxpool", &x, 3, 2, 1)?;
    }
    let blocks = blocks(weights);
    for (stage, count) in (1..).zip(blocks) {
        for block in 0..count {
            let stride = if stage > 1 && block == 0 { 2 } else { 1 };
            x = self::block(&mut draft, &format!("layer{stage}.{block}"), &x, stride, deep)?;
        }
    }
    x = draft.global_avg_pool("avgpool", &x)?;
    let of_cifar = draft.has("linear.weight");
    let head = if of_cifar { "linear" } else { "fc" };
    draft.dense(head, &x)?;
    let architecture: Architecture = draft.finish(&name(deep, blocks), settings);
    let mut built = Built::of(architecture);
    if small && !of_cifar {
        built.note("`conv1` is small: taken as the form for small images, with stride 1 and no max pooling behind it");
    }
    Ok(built)
}

/// A block: convolutions with batch norm and ReLU, the last without; the shortcut is added, then ReLU.
fn block(draft: &mut Draft<'_>, block: &str, input: &str, stride: usize, deep: bool) -> Result<String, Misfit> {
    let name = |role: &str| format!("{block}.{role}");
    let relu = name("relu");
    let mut x;
    if deep {
        x = draft.conv(&name("conv1"), input, 1, 0)?;
        x = draft.norm_relu(&name("bn1"), &relu, &x)?;
        x = draft.conv(&name("conv2"), &x, stride, 1)?;
        x = draft.norm_relu(&name("bn2"), &relu, &x)?;
        x = draft.conv(&name("conv3"), &x, 1, 0)?;
        x = draft.norm(&name("bn3"), &x, 1e-5)?;
    } else {
        x = draft.conv(&name("conv1"), input, stride, 1)?;
        x = draft.norm_relu(&name("bn1"), &relu, &x)?;
        x = draft.conv(&name("conv2"), &x, 1, 1)?;
        x = draft.norm(&name("bn2"), &x, 1e-5)?;
    }
    let shortcut = ["downsample", "shortcut"].map(name);
    let shortcut = shortcut
        .iter()
        .find(|shortcut| draft.has(&format!("{shortcut}.0.weight")));
    let other = match shortcut {
        Some(shortcut) => {
            let conv = draft.conv(&format!("{shortcut}.0"), input, stride, 0)?;
            draft.norm(&format!("{shortcut}.1"), &conv, 1e-5)?
        }
        None => input.to_owned(),
    };
    let sum = draft.add(&name("add"), [&x, &other])?;
    draft.relu(&relu, &sum)
}
