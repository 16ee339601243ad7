//! Wide residual networks (Zagoruyko & Komodakis 2016) for small images, by the names of TRADES and RobustBench; depth and width are read from
//! the tensors.

use super::built::{Built, Settings};
use super::draft::Draft;
use crate::torch::build::Misfit;
use crate::torch::weights::Weights;

/// A part that files of TRADES hold and their network does not use.
const UNUSED: &str = "sub_block1.";

/// Drops that part, and says so.
pub(super) fn leave_out(weights: &mut Weights) {
    let before = weights.tensors.len();
    if weights.tensors.contains_key("block1.layer.0.conv1.weight") {
        weights.tensors.retain(|name, _| !name.starts_with(UNUSED));
    }
    let count = before - weights.tensors.len();
    if count > 0 {
        let note = format!("{count} tensors of `sub_block1` were left out: the network does not use that part");
        weights.notes.push(note);
    }
}

pub(super) fn build(weights: &Weights, settings: &Settings) -> Result<Built, Misfit> {
    let (mut draft, input) = Draft::new(weights, "conv1", 32, settings)?;
    let mut x = draft.conv("conv1", &input, 1, 1)?;
    let first = draft.size(&x)[2];
    let mut count = 0;
    for stage in 1..=3 {
        let there = |block: &usize| {
            weights
                .tensors
                .contains_key(&format!("block{stage}.layer.{block}.conv1.weight"))
        };
        count = (0..).take_while(there).count();
        for block in 0..count {
            let stride = if stage > 1 && block == 0 { 2 } else { 1 };
            x = self::block(&mut draft, &format!("block{stage}.layer.{block}"), &x, stride)?;
        }
    }
    let width = draft.size(&x)[2] / (4 * first.max(1));
    x = draft.norm_relu("bn1", "relu", &x)?;
    x = draft.global_avg_pool("avgpool", &x)?;
    draft.dense("fc", &x)?;
    let name = format!("wide-resnet-{}-{width}", 6 * count + 4);
    Ok(Built::of(draft.finish(&name, settings)))
}

fn block(draft: &mut Draft<'_>, block: &str, input: &str, stride: usize) -> Result<String, Misfit> {
    let name = |role: &str| format!("{block}.{role}");
    let activated = draft.norm_relu(&name("bn1"), &name("relu1"), input)?;
    let mut x = draft.conv(&name("conv1"), &activated, stride, 1)?;
    x = draft.norm_relu(&name("bn2"), &name("relu2"), &x)?;
    x = draft.conv(&name("conv2"), &x, 1, 1)?;
    let other = match draft.has(&name("convShortcut.weight")) {
        true => draft.conv(&name("convShortcut"), &activated, stride, 0)?,
        false => input.to_owned(),
    };
    draft.add(&name("add"), [&x, &other])
}
