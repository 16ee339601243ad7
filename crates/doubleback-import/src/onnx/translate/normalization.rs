//! Batch norm with its stored statistics, and what does nothing when a model is used.

use doubleback::nn::layers::BatchNorm;

use super::builder::{Builder, Translate};
use super::choice::{are_answers, to_answers};
use super::convolution::as_image;
use super::value::Activation;
use crate::onnx::model::{Attribute, Node};
use crate::onnx::refusal::Refusal;
use crate::original::Layout as Order;

pub(super) const OPS: &[(&str, Translate)] = &[
    ("BatchNormalization", batch_normalization),
    ("Cast", cast),
    ("Dropout", dropout),
    ("Identity", identity),
];

/// Weight of the old moving average where the file's cannot be used.
const DECAY: f64 = 0.9;

/// `scale * (x - mean) / sqrt(variance + epsilon) + bias`, over the second axis.
fn batch_normalization(node: &Node, b: &mut Builder) -> Result<(), Refusal> {
    let x = b.activation(node, 0)?;
    let [scale, bias, mean, variance] = [1, 2, 3, 4].map(|i| b.constant(node, i).and_then(|values| values.floats()));
    let tensors = vec![
        ("shift", bias?),
        ("gain", scale?),
        ("moving_mean", mean?),
        ("moving_variance", variance?),
    ];
    if node.int("training_mode", 0)? == 1 {
        b.note("a batch norm that was exported in training mode uses its stored statistics, as the trained model does");
    }
    if node.int("spatial", 1)? == 0 {
        return Err("with `spatial` 0 it normalizes each pixel for itself; only channels can be imported".into());
    }
    let epsilon = f64::from(node.float("epsilon", 1e-5)?).max(f64::from(f32::MIN_POSITIVE));
    let momentum = f64::from(node.float("momentum", DECAY as f32)?);
    let layer = BatchNorm {
        gain: true,
        epsilon,
        decay: if (0.0..1.0).contains(&momentum) {
            momentum
        } else {
            DECAY
        },
    };
    let shape = x.shape.clone();
    let (x, line) = match shape.len() {
        1 | 2 => (b.row_major(x)?, false),
        _ => as_image(x, b)?,
    };
    let Activation {
        shape: seen, layout, ..
    } = x.clone();
    let y = b.layer_with(node, layer, &[&x], seen, layout, tensors)?;
    for (i, role) in (1..).zip(["gain", "shift", "moving_mean", "moving_variance"]) {
        b.say_origin(&y.layer, role, node, i, Order::Same);
    }
    let y = if line { b.reshaped(y, shape)? } else { y };
    b.set(node, 0, y)
}

/// Between types of floats: all are computed in one.
fn cast(node: &Node, b: &mut Builder) -> Result<(), Refusal> {
    let x = b.activation(node, 0)?;
    match node.required_int("to")? {
        1 | 11 => (),
        // Truth values are 0 and 1 whatever their type.
        _ if are_answers(b, &x) => (),
        9 => return to_answers(node, b),
        10 | 16 => b.note("values that the file casts to 16 bits keep their full precision"),
        other => {
            return Err(format!(
                "it casts an activation to type {other}, of integers, which has no gradient; without that an export would do"
            )
            .into());
        }
    }
    b.set(node, 0, x)
}

fn dropout(node: &Node, b: &mut Builder) -> Result<(), Refusal> {
    let x = b.activation(node, 0)?;
    let training = match (node.attributes.get("is_test"), b.optional_constant(node, 2)?) {
        (Some(Attribute::Int(is_test)), _) => *is_test == 0,
        (_, Some(training)) => training.bool()?,
        _ => false,
    };
    if training {
        b.note("the model was exported in training mode: its dropout does nothing here, as when the model is used");
    }
    if node.output(1).is_some_and(|mask| b.is_taken(mask)) {
        return Err("its mask is used, which is not there when a model is used".into());
    }
    b.set(node, 0, x)
}

fn identity(node: &Node, b: &mut Builder) -> Result<(), Refusal> {
    let x = b.input(node, 0)?;
    b.set(node, 0, x)
}
