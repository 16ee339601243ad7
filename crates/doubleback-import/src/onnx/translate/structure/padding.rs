//! Pad, which stays a layer of its own: pooling and padding with zeros before it are not the same.

use doubleback::nn::layers::{Pad, PadMode, Slice};

use super::super::builder::{Builder, Translate};
use super::super::value::Activation;
use super::axes::{Along, axes, resized};
use super::slice::range_of;
use crate::onnx::model::{Constant, Node};
use crate::onnx::refusal::Refusal;

pub(super) const OPS: &[(&str, Translate)] = &[("Pad", pad)];

fn pad(node: &Node, b: &mut Builder) -> Result<(), Refusal> {
    let x = b.activation(node, 0)?;
    let rank = x.rank();
    let given = match node.opset < 11 {
        true => node.ints("pads")?.or(node.ints("paddings")?).map(<[i64]>::to_vec),
        false => b.optional_constant(node, 1)?.map(|pads| pads.ints()).transpose()?,
    };
    let given = given.ok_or("it lacks its pads")?;
    let along = match b.optional_constant(node, 3)? {
        Some(given) => axes(&given.ints()?, rank)?,
        None => (0..rank).collect(),
    };
    if given.len() != 2 * along.len() {
        return Err(format!("{} pads do not give two for each of {} axes", given.len(), along.len()).into());
    }
    let mode = mode(node, b)?;
    let mut sides = vec![[0i64; 2]; rank];
    for (place, &axis) in along.iter().enumerate() {
        sides[axis] = [given[place], given[place + along.len()]];
    }
    let x = cropped(node, b, x, &mut sides, mode)?;
    let sides = sides
        .iter()
        .map(|side| side.map(|side| usize::try_from(side).unwrap_or(0)))
        .collect::<Vec<_>>();
    let y = padded(node, b, x, &sides, mode)?;
    b.set(node, 0, y)
}

fn mode(node: &Node, b: &mut Builder) -> Result<PadMode, Refusal> {
    match node.text("mode", "constant")? {
        "constant" => {
            let value = match (node.opset < 11, b.optional_constant(node, 2)?) {
                (true, _) => node.float("value", 0.0)?,
                (false, None) => 0.0,
                (false, Some(value)) if value.is_empty() => 0.0,
                (false, Some(Constant::Float(value))) if value.len() == 1 => value.iter().sum(),
                (false, Some(_)) => return Err("its constant_value must be one float".into()),
            };
            // No layer file can hold an infinite number; the least finite one loses every comparison too.
            if value.is_infinite() {
                let finite = value.clamp(f32::MIN, f32::MAX);
                b.note(format!("Pad with {value}: {finite:e} stands there instead"));
                return Ok(PadMode::Constant { value: finite.into() });
            }
            Ok(PadMode::Constant { value: value.into() })
        }
        "reflect" => Ok(PadMode::Reflect),
        "edge" => Ok(PadMode::Edge),
        "wrap" => Ok(PadMode::Wrap),
        other => Err(format!("its mode `{other}` is not known; constant, reflect, edge and wrap are").into()),
    }
}

/// Sides below 0 cut away.
fn cropped(
    node: &Node,
    b: &mut Builder,
    mut x: Activation,
    sides: &mut [[i64; 2]],
    mode: PadMode,
) -> Result<Activation, Refusal> {
    for (axis, side) in sides.iter_mut().enumerate() {
        let cut = side.map(|side| usize::try_from(side.min(0).unsigned_abs()).unwrap_or(usize::MAX));
        if cut == [0, 0] {
            continue;
        }
        if !matches!(mode, PadMode::Constant { .. }) {
            return Err(format!("it pads axis {axis} by {side:?}; below 0 only constants can be imported").into());
        }
        let size = x.shape[axis];
        let end = size.checked_sub(cut[1]).filter(|&end| end > cut[0]);
        let end = end.ok_or_else(|| Refusal(format!("it cuts all {size} values along axis {axis} away")))?;
        let range = Slice {
            axis: 0,
            start: cut[0],
            end,
            step: 1,
        };
        x = range_of(node, b, x, axis, range)?;
        *side = side.map(|side| side.max(0));
    }
    Ok(x)
}

fn padded(
    node: &Node,
    b: &mut Builder,
    x: Activation,
    sides: &[[usize; 2]],
    mode: PadMode,
) -> Result<Activation, Refusal> {
    let mut shape = x.shape.clone();
    for (size, [before, after]) in shape.iter_mut().zip(sides) {
        *size = size.saturating_add(*before).saturating_add(*after);
    }
    if shape == x.shape {
        return Ok(x);
    }
    if resized(&x, &shape).is_some() {
        let (mut before, mut after) = ([0; 3], [0; 3]);
        for (axis, &[first, last]) in sides.iter().enumerate() {
            if let Some(stored) = x.stored_axis(axis).filter(|_| first.max(last) > 0) {
                (before[stored], after[stored]) = (first, last);
            }
        }
        let (kind, layout) = (Pad { before, after, mode }, x.layout);
        return b.layer(node, kind, &[&x], shape, layout);
    }
    let mut y = x;
    for (axis, &[first, last]) in sides.iter().enumerate().filter(|(_, side)| **side != [0, 0]) {
        let along = Along::new(b, y, axis)?;
        let (mut before, mut after) = ([0; 3], [0; 3]);
        (before[along.stored], after[along.stored]) = (first, last);
        y = along.layer(node, b, Pad { before, after, mode }, shape[axis])?;
    }
    Ok(y)
}
