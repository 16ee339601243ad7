//! Reshape and its kin: other shapes and orders of the same values.

use super::super::builder::{Builder, Translate};
use super::super::value::Activation;
use super::axes::{axes, axis, ints, product, size};
use crate::onnx::model::Node;
use crate::onnx::refusal::Refusal;

pub(super) const OPS: &[(&str, Translate)] = &[
    ("Reshape", reshape),
    ("Squeeze", squeeze),
    ("Transpose", transpose),
    ("Unsqueeze", unsqueeze),
];

fn reshape(node: &Node, b: &mut Builder) -> Result<(), Refusal> {
    let x = b.activation(node, 0)?;
    let given = ints(node, b, "shape", 1)?.ok_or("it lacks its shape")?;
    let keeps_zero = node.flag("allowzero", false)?;
    let fitted = fitted(&x.shape, &given, keeps_zero);
    let shape = match (fitted, b.frozen_batch) {
        (Ok(shape), _) => shape,
        (Err(unfit), Some(batch)) => {
            // The batch of the file may stand there by itself, or with what was merged into it.
            let batch = batch as i64;
            let freed = given
                .iter()
                .position(|size| *size != 0 && size % batch == 0)
                .map(|place| {
                    let mut given = given.clone();
                    given[place] /= batch;
                    given
                });
            let shape = freed.and_then(|given| fitted_or_none(&x.shape, &given, keeps_zero));
            shape.ok_or_else(|| Refusal(format!("{unfit}. An export with a free batch would help")))?
        }
        (Err(unfit), None) => return Err(unfit),
    };
    let y = b.reshaped(x, shape)?;
    b.set(node, 0, y)
}

fn fitted_or_none(shape: &[usize], given: &[i64], keeps_zero: bool) -> Option<Vec<usize>> {
    fitted(shape, given, keeps_zero).ok()
}

/// The shape that a Reshape asks for: 0 copies a size, -1 is what is left.
fn fitted(shape: &[usize], given: &[i64], keeps_zero: bool) -> Result<Vec<usize>, Refusal> {
    let unfit = || Refusal(format!("values of shape {shape:?} do not fit the shape {given:?}"));
    let known = |(place, &to): (usize, &i64)| match to {
        -1 => Ok(1),
        0 if !keeps_zero => shape.get(place).copied().ok_or_else(unfit),
        _ => size(to),
    };
    let mut sizes = given.iter().enumerate().map(known).collect::<Result<Vec<_>, _>>()?;
    let (all, taken) = (product(shape), product(&sizes));
    let mut free = given.iter().enumerate().filter(|(_, to)| **to == -1);
    match (free.next(), free.next()) {
        (None, _) if all == taken => Ok(sizes),
        (Some((place, _)), None) if taken > 0 && all % taken == 0 => {
            sizes[place] = all / taken;
            Ok(sizes)
        }
        _ => Err(unfit()),
    }
}

fn transpose(node: &Node, b: &mut Builder) -> Result<(), Refusal> {
    let x = b.activation(node, 0)?;
    let order = match node.ints("perm")? {
        Some(given) => axes(given, x.rank())?,
        None => (0..x.rank()).rev().collect(),
    };
    let y = b.transposed(x, &order)?;
    b.set(node, 0, y)
}

fn squeeze(node: &Node, b: &mut Builder) -> Result<(), Refusal> {
    let x = b.activation(node, 0)?;
    let dropped = match ints(node, b, "axes", 1)? {
        Some(given) => axes(&given, x.rank())?,
        None => (0..x.rank()).filter(|&axis| x.shape[axis] == 1).collect(),
    };
    if let Some(&axis) = dropped.iter().find(|&&axis| x.shape[axis] != 1) {
        return Err(format!("it drops axis {axis} of shape {:?}, which is not of size 1", x.shape).into());
    }
    let kept = x.shape.iter().enumerate().filter(|(axis, _)| !dropped.contains(axis));
    let shape = kept.map(|(_, &size)| size).collect();
    let y = b.reshaped(x, shape)?;
    b.set(node, 0, y)
}

fn unsqueeze(node: &Node, b: &mut Builder) -> Result<(), Refusal> {
    let x = b.activation(node, 0)?;
    let given = ints(node, b, "axes", 1)?.ok_or("it lacks its axes")?;
    let rank = x.rank() + given.len();
    let new = axes(&given, rank)?;
    let mut sizes = x.shape.iter().copied();
    let shape = (0..rank).map(|axis| match new.contains(&axis) {
        true => 1,
        false => sizes.next().unwrap_or(1),
    });
    let shape = shape.collect();
    let y = b.reshaped(x, shape)?;
    b.set(node, 0, y)
}

/// The axis dropped, which is of size 1.
pub(super) fn without(b: &mut Builder, a: Activation, axis: usize) -> Result<Activation, Refusal> {
    let mut shape = a.shape.clone();
    shape.remove(axis);
    b.reshaped(a, shape)
}

/// As the attribute `axis` names it.
pub(super) fn attribute_axis(node: &Node, default: i64, rank: usize) -> Result<usize, Refusal> {
    axis(node.int("axis", default)?, rank)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shapes_are_completed() {
        let fitted = |given: &[i64]| fitted(&[1, 6, 4], given, false).ok();
        assert_eq!(fitted(&[0, -1]), Some(vec![1, 24]));
        assert_eq!(fitted(&[2, 0, 2]), Some(vec![2, 6, 2]));
        assert_eq!(fitted(&[-1]), Some(vec![24]));
        for given in [&[-1, -1][..], &[5, -1], &[25], &[0, 0, 0, 0], &[-2, 12]] {
            assert_eq!(fitted(given), None, "{given:?}");
        }
    }
}
