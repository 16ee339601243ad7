//! MobileNetV2 (Sandler et al. 2018) by torchvision's and timm's names. Widths are read from the tensors; strides are those of the paper, for
//! tensors do not say them.

use doubleback::nn::layers::{Elementwise, Function};

use super::built::{Built, Settings};
use super::draft::Draft;
use crate::torch::build::Misfit;
use crate::torch::weights::Weights;

/// Blocks and first stride of each stage.
const STAGES: [(usize, usize); 7] = [(1, 1), (2, 2), (3, 2), (4, 2), (3, 1), (3, 2), (1, 1)];

/// A convolution and its batch norm, by name.
type Pair = (String, String);

/// The names of a block's parts.
struct Names {
    block: String,
    /// Not in the first block.
    widen: Option<Pair>,
    depthwise: Pair,
    narrow: Pair,
}

pub(super) fn build(weights: &Weights, settings: &Settings) -> Result<Built, Misfit> {
    let timm = weights.tensors.contains_key("conv_stem.weight");
    let pair = |conv: &str, norm: &str| (conv.to_owned(), norm.to_owned());
    let [stem, head] = match timm {
        true => [pair("conv_stem", "bn1"), pair("conv_head", "bn2")],
        false => [
            pair("features.0.0", "features.0.1"),
            pair("features.18.0", "features.18.1"),
        ],
    };
    let (mut draft, input) = Draft::new(weights, &stem.0, 224, settings)?;
    let mut x = part(&mut draft, &stem, &input, 2, true)?;
    let mut index = 1;
    for (stage, (count, first)) in STAGES.into_iter().enumerate() {
        for place in 0..count {
            let names = match timm {
                true => of_timm(stage, place),
                false => of_torchvision(index),
            };
            x = block(&mut draft, &names, &x, if place == 0 { first } else { 1 })?;
            index += 1;
        }
    }
    x = part(&mut draft, &head, &x, 1, true)?;
    x = draft.global_avg_pool("avgpool", &x)?;
    let classifier = match timm {
        true => "classifier",
        false => {
            x = draft.dropout("classifier.0", &x, 0.2)?;
            "classifier.1"
        }
    };
    draft.dense(classifier, &x)?;
    Ok(Built::of(draft.finish("mobilenet_v2", settings)))
}

fn of_torchvision(index: usize) -> Names {
    let block = format!("features.{index}");
    let pair = |conv: &str, norm: &str| (format!("{block}.conv.{conv}"), format!("{block}.conv.{norm}"));
    let (widen, depthwise, narrow) = match index {
        1 => (None, pair("0.0", "0.1"), pair("1", "2")),
        _ => (Some(pair("0.0", "0.1")), pair("1.0", "1.1"), pair("2", "3")),
    };
    Names {
        widen,
        depthwise,
        narrow,
        block,
    }
}

fn of_timm(stage: usize, place: usize) -> Names {
    let block = format!("blocks.{stage}.{place}");
    let pair = |conv: &str, norm: &str| (format!("{block}.{conv}"), format!("{block}.{norm}"));
    let (widen, depthwise, narrow) = match stage {
        0 => (None, pair("conv_dw", "bn1"), pair("conv_pw", "bn2")),
        _ => (
            Some(pair("conv_pw", "bn1")),
            pair("conv_dw", "bn2"),
            pair("conv_pwl", "bn3"),
        ),
    };
    Names {
        widen,
        depthwise,
        narrow,
        block,
    }
}

/// A convolution with batch norm, and ReLU6 if it has one.
fn part(
    draft: &mut Draft<'_>,
    (conv, norm): &Pair,
    input: &str,
    stride: usize,
    active: bool,
) -> Result<String, Misfit> {
    let kernel = draft
        .weights()
        .shape(&format!("{conv}.weight"))
        .and_then(|shape| shape.last().copied());
    let padding = kernel.unwrap_or(1) / 2;
    let x = draft.conv(conv, input, stride, padding)?;
    let x = draft.norm(norm, &x, 1e-5)?;
    let relu6 = Elementwise {
        function: Function::HardTanh { min: 0.0, max: 6.0 },
    };
    match active {
        true => draft.push(&format!("{norm}.relu6"), relu6, &[&x]),
        false => Ok(x),
    }
}

/// An inverted residual block: wider, through a depthwise convolution, and narrow again; with a shortcut where the size stays.
fn block(draft: &mut Draft<'_>, names: &Names, input: &str, stride: usize) -> Result<String, Misfit> {
    let mut x = input.to_owned();
    if let Some(widen) = &names.widen {
        x = part(draft, widen, &x, 1, true)?;
    }
    x = part(draft, &names.depthwise, &x, stride, true)?;
    x = part(draft, &names.narrow, &x, 1, false)?;
    match draft.size(&x) == draft.size(input) && stride == 1 {
        true => draft.add(&format!("{}.add", names.block), [&x, input]),
        false => Ok(x),
    }
}
