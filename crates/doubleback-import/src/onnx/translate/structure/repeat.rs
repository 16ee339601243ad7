//! Expand and Tile.

use doubleback::nn::layers::Expand;

use super::super::builder::{Builder, Translate};
use super::super::value::{Activation, Layout};
use super::axes::{product, resized, size};
use crate::onnx::model::Node;
use crate::onnx::refusal::Refusal;

pub(super) const OPS: &[(&str, Translate)] = &[("Expand", expand), ("Tile", tile)];

fn expand(node: &Node, b: &mut Builder) -> Result<(), Refusal> {
    let x = b.activation(node, 0)?;
    let given = b.constant(node, 1)?.ints()?;
    let mut to = given.iter().map(|&given| size(given)).collect::<Result<Vec<_>, _>>()?;
    // A batch that the file fixes stands for one image.
    if let (Some(batch), true) = (b.frozen_batch, to.len() == x.rank() && x.shape.first() == Some(&1)) {
        to[0] = if to[0] == batch { 1 } else { to[0] };
    }
    let y = broadcast(node, b, x, &to)?;
    b.set(node, 0, y)
}

/// Repeated to a shape with which its own is broadcast.
pub(in super::super) fn broadcast(
    node: &Node,
    b: &mut Builder,
    x: Activation,
    to: &[usize],
) -> Result<Activation, Refusal> {
    let rank = to.len().max(x.rank());
    let ahead = |shape: &[usize]| [vec![1; rank - shape.len()], shape.to_vec()].concat();
    let (from, to) = (ahead(&x.shape), ahead(to));
    let both = from.iter().zip(&to).map(|(&from, &to)| match (from, to) {
        (from, 1) => Some(from),
        (1, to) => Some(to),
        (from, to) => (from == to).then_some(from),
    });
    let unfit = || Refusal(format!("values of shape {:?} cannot be repeated to {to:?}", x.shape));
    let shape = both.collect::<Option<Vec<_>>>().ok_or_else(unfit)?;
    if shape == x.shape {
        return Ok(x);
    }
    if x.rank() == rank
        && let Some(size) = resized(&x, &shape)
    {
        let layout = x.layout;
        return b.layer(node, Expand { size }, &[&x], shape, layout);
    }
    let mut y = b.reshaped(x, from.clone())?;
    // Runs of axes that grow, the last first: least is written.
    let mut end = rank;
    while end > 0 {
        let grows = |axis: &usize| from[*axis] != shape[*axis];
        let start = (0..end)
            .rev()
            .take_while(|axis| grows(axis) == grows(&(end - 1)))
            .last()
            .unwrap_or(0);
        if grows(&start) {
            let [before, after] = [product(&from[..start]), product(&shape[end..])];
            y = repeated(node, b, y, [before, 1, after], product(&shape[start..end]))?;
        }
        end = start;
    }
    b.reshaped(y, shape)
}

/// What is seen as `[before, 1, after]`, `times` along the axis between.
fn repeated(
    node: &Node,
    b: &mut Builder,
    x: Activation,
    seen: [usize; 3],
    times: usize,
) -> Result<Activation, Refusal> {
    let [before, _, after] = seen;
    let x = b.reshaped(x, seen.to_vec())?;
    let size = [before, times, after];
    b.layer(node, Expand { size }, &[&x], size.to_vec(), Layout::RowMajor)
}

fn tile(node: &Node, b: &mut Builder) -> Result<(), Refusal> {
    let x = b.activation(node, 0)?;
    let given = b.constant(node, 1)?.ints()?;
    let times = given.iter().map(|&given| size(given)).collect::<Result<Vec<_>, _>>()?;
    if times.len() != x.rank() || times.contains(&0) {
        return Err(format!(
            "it repeats shape {:?} {times:?} times: one number above 0 an axis is needed",
            x.shape
        )
        .into());
    }
    let mut shape = x.shape.clone();
    let mut y = x;
    for axis in (0..shape.len()).rev().filter(|&axis| times[axis] > 1) {
        let [before, after] = [product(&shape[..axis]), product(&shape[axis..])];
        y = repeated(node, b, y, [before, 1, after], times[axis])?;
        shape[axis] = shape[axis].checked_mul(times[axis]).ok_or("it repeats too often")?;
        y = b.reshaped(y, shape.clone())?;
    }
    b.set(node, 0, y)
}
