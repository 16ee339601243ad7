//! Group normalization, as PyTorch's exporters write it.

use super::Found;
use super::view::View;
use crate::onnx::model::{Attribute, GROUPED_SHAPE, Node};

/// `reshape(instance_normalization(reshape(x, [0, groups, -1]), 1, 0), shape of x) * scale + bias`, with constants for scale and bias.
pub(super) fn find(view: &View, last: usize) -> Option<Found> {
    let add = Some(view.node(last)).filter(|node| node.is("Add"))?;
    let (bias, scaled) = with_constant(view, add)?;
    let (multiplied, mul) = view.giver(scaled, "Mul")?;
    let (scale, shaped) = with_constant(view, mul)?;
    let (reshaped, back) = view.giver(shaped, "Reshape")?;
    let (normed, norm) = view.giver(back.input(0)?, "InstanceNormalization")?;
    let (grouped, rows) = view.giver(norm.input(0)?, "Reshape")?;
    let x = rows.input(0)?;
    let (ones, zeros) = (view.constant(norm.input(1)?)?, view.constant(norm.input(2)?)?);
    let plain = ones.uniform() == Some(1.0) && zeros.uniform() == Some(0.0);
    let groups = i64::try_from(ones.len()).ok()?;
    let rows = view.constant(rows.input(1)?)?.ints().ok()?;
    let of_rows = matches!(rows[..], [0 | 1, each, -1] if each == groups);
    // Scale and bias of each channel, with nothing but ones for the pixels behind.
    let shape = view.constant(scale)?.shape();
    let (channels, pixels) = match shape {
        [1, channels, pixels @ ..] if !pixels.is_empty() => (*channels, pixels),
        [channels, pixels @ ..] => (*channels, pixels),
        [] => return None,
    };
    let of_channels = pixels.iter().all(|&size| size == 1) && view.constant(bias)?.shape() == shape;
    // Of one channel it could not be said which axis that is.
    if channels < 2 || !(plain && of_rows && of_channels) {
        return None;
    }
    // The translator, who knows it, holds the shape of `x` to this one.
    let mut to = vec![0; pixels.len() + 2];
    to[1] = i64::try_from(channels).ok()?;
    let target = back.input(1)?;
    match view.giver(target, "Shape") {
        Some((_, of)) if of.input(0) == Some(x) && is_whole(of) => {}
        Some(_) => return None,
        None => {
            let said = view.constant(target)?.ints().ok()?;
            if said.len() != to.len() || said[1] != to[1] {
                return None;
            }
            to = said;
        }
    }
    let found = Found {
        inputs: vec![x.to_owned(), scale.to_owned(), bias.to_owned()],
        ..Found::of("GroupNormalization", 21, x, vec![multiplied, reshaped, normed, grouped])
    };
    Some(
        found
            .with("num_groups", Attribute::Int(groups))
            .with("epsilon", Attribute::Float(norm.float("epsilon", 1e-5).ok()?))
            .with(GROUPED_SHAPE, Attribute::Ints(to)),
    )
}

/// Whether a Shape gives the sizes of all axes.
fn is_whole(shape: &Node) -> bool {
    shape.int("start", 0) == Ok(0) && matches!(shape.optional_int("end"), Ok(None))
}

/// The inputs of a node of two: the constant among them, and the other.
fn with_constant<'a>(view: &View<'a>, node: &'a Node) -> Option<(&'a str, &'a str)> {
    let (a, b) = (node.input(0)?, node.input(1)?);
    match (view.constant(a), view.constant(b)) {
        (Some(_), None) => Some((a, b)),
        (None, Some(_)) => Some((b, a)),
        _ => None,
    }
}
