//! What a graph does to pixel values before anything else, for the user to know.

use super::model::{Constant, Node};
use super::translate::Value;
use super::walk::Walk;

/// Most channels of images.
const CHANNELS: usize = 4;

/// Says how the model itself normalizes the pixel values of its input, if it does so by constants at its start.
pub(super) fn described(walk: &Walk, input: &str) -> Option<String> {
    let (mut scale, mut offset) = (vec![1.0f64], vec![0.0f64]);
    let mut name = input.to_owned();
    let mut found = false;
    loop {
        let mut takers = walk.fates().map(|(node, _)| node).filter(|node| takes(node, &name));
        let (Some(node), None) = (takers.next(), takers.next()) else {
            break;
        };
        let other = |index: usize| node.input(index).and_then(|name| constant(walk, name));
        let first = node.input(0) == Some(name.as_str());
        match node.op.as_str() {
            "Cast" | "Identity" | "Transpose" => (),
            "Add" | "Sub" | "Mul" | "Div" => {
                let Some(values) = other(usize::from(first)) else { break };
                let step: fn(f64, f64, f64) -> (f64, f64) = match (node.op.as_str(), first) {
                    ("Add", _) => |s, o, c| (s, o + c),
                    ("Sub", true) => |s, o, c| (s, o - c),
                    ("Sub", false) => |s, o, c| (-s, c - o),
                    ("Mul", _) => |s, o, c| (s * c, o * c),
                    ("Div", true) => |s, o, c| (s / c, o / c),
                    _ => break,
                };
                let channels = scale.len().max(values.len());
                let at = |values: &[f64], channel: usize| values[channel % values.len()];
                let changed = (0..channels).map(|c| step(at(&scale, c), at(&offset, c), at(&values, c)));
                (scale, offset) = changed.unzip();
                found = true;
            }
            "BatchNormalization" if name == input => {
                return Some(format!(
                    "its first operator is a batch norm of the images (`{}`): they are normalized inside",
                    node.name
                ));
            }
            _ => break,
        }
        let Some(output) = node.output(0) else { break };
        name = output.to_owned();
    }
    if !found || scale.contains(&0.0) {
        return None;
    }
    let numbers = |values: Vec<f64>| {
        let shown: Vec<String> = values
            .iter()
            .map(|value| format!("{}", (value * 1e4).round() / 1e4))
            .collect();
        shown.join(", ")
    };
    let mean = numbers(
        scale
            .iter()
            .zip(&offset)
            .map(|(scale, offset)| -offset / scale)
            .collect(),
    );
    let std = numbers(scale.iter().map(|scale| 1.0 / scale).collect());
    let bytes = scale.iter().all(|scale| scale.abs() < 0.05);
    let advice = match bytes {
        true => ". It looks as if its pixel values were from 0 to 255: then give `--bounds 0,255`",
        false => "",
    };
    Some(format!(
        "it normalizes images itself: mean {mean}, deviation {std}{advice}"
    ))
}

fn takes(node: &Node, name: &str) -> bool {
    node.inputs.iter().flatten().any(|taken| taken == name)
}

/// The values of a constant that has one for each channel, or one.
fn constant(walk: &Walk, name: &str) -> Option<Vec<f64>> {
    match walk.builder.value(name)? {
        Value::Constant(Constant::Float(values)) if (1..=CHANNELS).contains(&values.len()) => {
            Some(values.iter().map(|&value| f64::from(value)).collect())
        }
        _ => None,
    }
}
