//! What a model draws at random, seeded by each image.

use doubleback::nn::IMAGES;
use doubleback::nn::layers::{Distribution, Noise};

use super::builder::{Builder, Translate};
use super::value::{Activation, Layout, Value, stored};
use crate::onnx::model::Node;
use crate::onnx::refusal::Refusal;

pub(super) const OPS: &[(&str, Translate)] = &[
    ("Bernoulli", bernoulli),
    ("RandomNormal", normal),
    ("RandomNormalLike", normal),
    ("RandomUniform", uniform),
    ("RandomUniformLike", uniform),
];

/// The images, as layers take them.
fn images(b: &Builder) -> Result<Activation, Refusal> {
    let [height, width, channels] = b.size(IMAGES)?;
    Ok(Activation {
        layer: IMAGES.to_owned(),
        shape: vec![1, channels, height, width],
        layout: Layout::ChannelsLast,
    })
}

/// The node's own seed, or its name as a number (FNV-1a).
fn seed(node: &Node) -> Result<u64, Refusal> {
    let of_name = |hash: u64, byte: u8| (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3);
    Ok(match node.optional_float("seed")? {
        Some(seed) => seed.to_bits().into(),
        None => node.name.bytes().fold(0xcbf2_9ce4_8422_2325, of_name),
    })
}

fn note(b: &mut Builder) {
    b.note(
        "it draws random values: here they depend on the bits of each image and the node's seed or name alone, so that a result can be repeated",
    );
}

fn normal(node: &Node, b: &mut Builder) -> Result<(), Refusal> {
    let distribution = Distribution::Normal {
        mean: node.float("mean", 0.0)?,
        deviation: node.float("scale", 1.0)?,
    };
    drawn(node, b, distribution)
}

fn uniform(node: &Node, b: &mut Builder) -> Result<(), Refusal> {
    let distribution = Distribution::Uniform {
        low: node.float("low", 0.0)?,
        high: node.float("high", 1.0)?,
    };
    drawn(node, b, distribution)
}

/// In the shape of the input, or the one that the node says.
fn drawn(node: &Node, b: &mut Builder, distribution: Distribution) -> Result<(), Refusal> {
    let (shape, layout) = match b.optional(node, 0)? {
        Some(Value::Activation(like)) => (like.shape, like.layout),
        Some(Value::Constant(like)) => (like.shape().to_vec(), Layout::RowMajor),
        None => (said(node, b.frozen_batch)?, Layout::RowMajor),
    };
    let noise = Noise {
        distribution,
        size: stored(&shape, layout),
        seed: seed(node)?,
    };
    let images = images(b)?;
    let y = b.layer(node, noise, &[&images], shape, layout)?;
    note(b);
    b.set(node, 0, y)
}

/// The attribute `shape`, of one image.
fn said(node: &Node, batch: Option<usize>) -> Result<Vec<usize>, Refusal> {
    let said = node.required_ints("shape")?;
    let sizes: Option<Vec<usize>> = said.iter().map(|&size| usize::try_from(size).ok()).collect();
    let mut sizes = sizes.ok_or_else(|| Refusal(format!("its `shape` {said:?} has sizes below 0")))?;
    if let Some(first) = sizes.first_mut().filter(|first| Some(**first) == batch) {
        *first = 1;
    }
    Ok(sizes)
}

fn bernoulli(node: &Node, b: &mut Builder) -> Result<(), Refusal> {
    let probabilities = b.activation(node, 0)?;
    let noise = Noise {
        distribution: Distribution::Bernoulli,
        size: probabilities.stored(),
        seed: seed(node)?,
    };
    let (images, shape) = (images(b)?, probabilities.shape.clone());
    let y = b.layer(node, noise, &[&images, &probabilities], shape, probabilities.layout)?;
    note(b);
    b.set(node, 0, y)
}
