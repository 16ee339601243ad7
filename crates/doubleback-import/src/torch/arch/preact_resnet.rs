//! Pre-activation residual networks for small images, by RobustBench's names. Two forms have the same tensors: in one the shortcut takes the
//! block's input (`preact-resnet18`), in the other its input behind batch norm and ReLU (`preact-resnet18-v2`).

use super::built::{Built, Settings};
use super::draft::Draft;
use super::resnet::blocks;
use crate::torch::build::Misfit;
use crate::torch::weights::Weights;

/// What the shortcut takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shortcut {
    Input,
    Activated,
}

pub(super) fn build(weights: &Weights, settings: &Settings, shortcut: Shortcut) -> Result<Built, Misfit> {
    let deep = weights.tensors.contains_key("layer1.0.conv3.weight");
    let (mut draft, input) = Draft::new(weights, "conv1", 32, settings)?;
    let mut x = draft.conv("conv1", &input, 1, 1)?;
    let blocks = blocks(weights);
    for (stage, count) in (1..).zip(blocks) {
        for block in 0..count {
            let stride = if stage > 1 && block == 0 { 2 } else { 1 };
            // RobustBench's bottlenecks know one form alone.
            let shortcut = if deep { Shortcut::Activated } else { shortcut };
            x = self::block(&mut draft, &format!("layer{stage}.{block}"), &x, stride, deep, shortcut)?;
        }
    }
    if draft.has("bn.running_mean") {
        x = draft.norm_relu("bn", "relu", &x)?;
    }
    x = draft.global_avg_pool("avgpool", &x)?;
    draft.dense("linear", &x)?;
    let depth = match (deep, blocks) {
        (false, [2, 2, 2, 2]) => "18".to_owned(),
        (false, [3, 4, 6, 3]) => "34".to_owned(),
        (true, [3, 4, 6, 3]) => "50".to_owned(),
        (_, [a, b, c, d]) => format!("-{a}-{b}-{c}-{d}"),
    };
    let ending = match shortcut {
        Shortcut::Activated if !deep => "-v2",
        _ => "",
    };
    let mut built = Built::of(draft.finish(&format!("preact-resnet{depth}{ending}"), settings));
    if !deep {
        built.note(match shortcut {
            Shortcut::Input => "shortcuts take the blocks' inputs; where they are to be behind batch norm and ReLU, `--arch` has -v2 at its end. The tensors are the same: `--check` tells",
            Shortcut::Activated => "shortcuts take the blocks' inputs behind batch norm and ReLU; where they are not to, `--arch` has no -v2 at its end. The tensors are the same: `--check` tells",
        });
    }
    Ok(built)
}

fn block(
    draft: &mut Draft<'_>,
    block: &str,
    input: &str,
    stride: usize,
    deep: bool,
    shortcut: Shortcut,
) -> Result<String, Misfit> {
    let name = |role: &str| format!("{block}.{role}");
    let relu = name("relu");
    let activated = draft.norm_relu(&name("bn1"), &relu, input)?;
    let [first, second] = if deep {
        [(1, 0), (stride, 1)]
    } else {
        [(stride, 1), (1, 1)]
    };
    let mut x = draft.conv(&name("conv1"), &activated, first.0, first.1)?;
    x = draft.norm_relu(&name("bn2"), &relu, &x)?;
    x = draft.conv(&name("conv2"), &x, second.0, second.1)?;
    if deep {
        x = draft.norm_relu(&name("bn3"), &relu, &x)?;
        x = draft.conv(&name("conv3"), &x, 1, 0)?;
    }
    let other = match draft.has(&name("shortcut.0.weight")) {
        true => {
            let from = match shortcut {
                Shortcut::Input => input,
                Shortcut::Activated => &activated,
            };
            draft.conv(&name("shortcut.0"), from, stride, 0)?
        }
        false => input.to_owned(),
    };
    draft.add(&name("add"), [&x, &other])
}
