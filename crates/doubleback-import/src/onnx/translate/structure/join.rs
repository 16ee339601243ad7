//! Concat and Split.

use doubleback::nn::layers::{Concat, Slice};

use super::super::builder::{Builder, Translate};
use super::super::value::{Activation, Layout, Value};
use super::axes::{ints, operand, product, size};
use super::shape::attribute_axis;
use super::slice::range_of;
use crate::onnx::model::Node;
use crate::onnx::refusal::Refusal;

pub(super) const OPS: &[(&str, Translate)] = &[("Concat", concat), ("Split", split)];

fn concat(node: &Node, b: &mut Builder) -> Result<(), Refusal> {
    let inputs = (0..node.inputs.len()).map(|i| b.input(node, i));
    let values = inputs.collect::<Result<Vec<_>, _>>()?;
    let first = values.iter().find_map(|value| match value {
        Value::Activation(activation) => Some(activation.clone()),
        Value::Constant(_) => None,
    });
    let first = first.ok_or("it joins nothing that depends on the image")?;
    let axis = match node.opset < 4 {
        true => attribute_axis(node, 1, first.rank())?,
        false => super::axes::axis(node.required_int("axis")?, first.rank())?,
    };
    let mut parts = Vec::with_capacity(values.len());
    for value in values {
        let empty = matches!(&value, Value::Constant(constant) if constant.is_empty());
        if !empty {
            parts.push(operand(node, b, value, &first)?);
        }
    }
    let fits = |part: &Activation| {
        part.rank() == first.rank() && (0..part.rank()).all(|a| a == axis || part.shape[a] == first.shape[a])
    };
    if let Some(part) = parts.iter().find(|part| !fits(part)) {
        let (part, first) = (&part.shape, &first.shape);
        return Err(format!("values of shapes {first:?} and {part:?} cannot be joined along axis {axis}").into());
    }
    let y = match parts.len() {
        1 => parts.swap_remove(0),
        _ => joined(node, b, parts, axis)?,
    };
    b.set(node, 0, y)
}

/// Activations one after another along an axis of their shape.
fn joined(node: &Node, b: &mut Builder, parts: Vec<Activation>, axis: usize) -> Result<Activation, Refusal> {
    let mut shape = parts[0].shape.clone();
    shape[axis] = parts
        .iter()
        .fold(0, |sum: usize, part| sum.saturating_add(part.shape[axis]));
    // Channels stay last if some have them so: reordering an image once is enough.
    let last = parts.iter().any(|part| part.layout == Layout::ChannelsLast);
    if last && shape.len() == 4 && shape[0] == 1 && axis != 0 {
        let parts = parts
            .into_iter()
            .map(|part| b.channels_last(part))
            .collect::<Result<Vec<_>, _>>()?;
        return layer(node, b, &parts, [2, 2, 0, 1][axis], shape);
    }
    let parts = parts
        .into_iter()
        .map(|part| b.row_major(part))
        .collect::<Result<Vec<_>, _>>()?;
    if let Some(place) = parts[0].stored_axis(axis)
        && parts.iter().all(|part| part.stored_axis(axis) == Some(place))
    {
        return layer(node, b, &parts, place, shape);
    }
    let around = |along: usize| vec![product(&shape[..axis]), along, product(&shape[axis + 1..])];
    let view = |part: Activation| {
        let along = part.shape[axis];
        b.reshaped(part, around(along))
    };
    let views = parts.into_iter().map(view).collect::<Result<Vec<_>, _>>()?;
    let y = layer(node, b, &views, 1, around(shape[axis]))?;
    b.reshaped(y, shape)
}

/// Along a stored axis, of activations of one layout.
fn layer(
    node: &Node,
    b: &mut Builder,
    parts: &[Activation],
    axis: usize,
    shape: Vec<usize>,
) -> Result<Activation, Refusal> {
    let inputs: Vec<&Activation> = parts.iter().collect();
    b.layer(node, Concat { axis }, &inputs, shape, parts[0].layout)
}

fn split(node: &Node, b: &mut Builder) -> Result<(), Refusal> {
    let x = b.activation(node, 0)?;
    let axis = attribute_axis(node, 0, x.rank())?;
    let all = x.shape[axis];
    let count = node.outputs.len();
    let parts: Vec<usize> = match ints(node, b, "split", 1)? {
        Some(sizes) => sizes.into_iter().map(size).collect::<Result<_, _>>()?,
        None => {
            let said = node.int("num_outputs", count as i64)?;
            if said != count as i64 || count == 0 {
                return Err(format!("it says {said} parts and has {count} outputs").into());
            }
            // All of one size but the last, which may be smaller.
            let each = all.div_ceil(count);
            (0..count)
                .map(|part| each.min(all.saturating_sub(part * each)))
                .collect()
        }
    };
    let whole = parts.iter().try_fold(0usize, |sum, &size| sum.checked_add(size));
    if parts.len() != count || whole != Some(all) || parts.contains(&0) {
        return Err(
            format!("parts of {parts:?} for {count} outputs do not make {all} values along axis {axis}").into(),
        );
    }
    let mut start = 0;
    for (k, size) in parts.into_iter().enumerate() {
        let range = Slice {
            axis: 0,
            start,
            end: start + size,
            step: 1,
        };
        start += size;
        if node.output(k).is_some() {
            let part = range_of(node, b, x.clone(), axis, range)?;
            b.set(node, k, part)?;
        }
    }
    Ok(())
}
