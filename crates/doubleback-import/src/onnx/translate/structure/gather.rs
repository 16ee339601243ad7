//! Gather and its kin with constant indices: a choice of places along one axis, or of any values.

use doubleback::nn::layers::{Gather, Slice};

use super::super::builder::{Builder, Translate};
use super::super::value::Activation;
use super::axes::{Along, product};
use super::shape::{attribute_axis, without};
use super::slice::range_of;
use crate::onnx::model::{Constant, Node};
use crate::onnx::refusal::Refusal;

/// Most places that may be written one by one: 32 MB, however small the file that asks for them.
pub(super) const MOST_PLACES: usize = 1 << 22;

pub(super) const OPS: &[(&str, Translate)] = &[
    ("Gather", gather),
    ("GatherElements", gather_elements),
    ("GatherND", gather_nd),
];

fn gather(node: &Node, b: &mut Builder) -> Result<(), Refusal> {
    let x = b.activation(node, 0)?;
    let axis = attribute_axis(node, 0, x.rank())?;
    let indices = b.constant(node, 1)?;
    let places = places(&indices, x.shape[axis])?;
    let mut shape = x.shape.clone();
    shape.splice(axis..=axis, indices.shape().iter().copied());
    let y = chosen(node, b, x, axis, places)?;
    let y = match indices.shape().len() {
        0 => without(b, y, axis)?,
        1 => y,
        _ => b.reshaped(y, shape)?,
    };
    b.set(node, 0, y)
}

/// Indices of an axis of this size, counted from its end if they are negative.
fn places(indices: &Constant, size: usize) -> Result<Vec<usize>, Refusal> {
    let places = indices.ints()?;
    let places = places.into_iter().map(|index| place(index, size));
    let places = places.collect::<Result<Vec<_>, _>>()?;
    match places.is_empty() {
        true => Err("it has no index".into()),
        false => Ok(places),
    }
}

fn place(index: i64, size: usize) -> Result<usize, Refusal> {
    super::axes::axis(index, size).map_err(|_| Refusal(format!("its index {index} is not one of {size}")))
}

/// The values at places along an axis: a range where they are one.
fn chosen(node: &Node, b: &mut Builder, x: Activation, axis: usize, places: Vec<usize>) -> Result<Activation, Refusal> {
    if places.windows(2).all(|pair| pair[0].checked_add(1) == Some(pair[1])) {
        let (start, count) = (places[0], places.len());
        let range = Slice {
            axis: 0,
            start,
            end: start + count,
            step: 1,
        };
        return range_of(node, b, x, axis, range);
    }
    let size = places.len();
    let along = Along::new(b, x, axis)?;
    let kind = Gather {
        axis: along.stored,
        indices: places,
    };
    along.layer(node, b, kind, size)
}

/// Any of the values, by their places in row-major order, in a new shape.
pub(super) fn picked(
    node: &Node,
    b: &mut Builder,
    x: Activation,
    places: Vec<usize>,
    shape: Vec<usize>,
) -> Result<Activation, Refusal> {
    let count = x.count();
    let flat = b.reshaped(x, vec![1, count])?;
    let y = chosen(node, b, flat, 1, places)?;
    b.reshaped(y, shape)
}

/// For every index its place along one axis; all else as in the indices' own shape.
fn gather_elements(node: &Node, b: &mut Builder) -> Result<(), Refusal> {
    let x = b.activation(node, 0)?;
    let axis = attribute_axis(node, 0, x.rank())?;
    let indices = b.constant(node, 1)?;
    let places = element_places(&indices, &x.shape, axis)?;
    let shape = indices.shape().to_vec();
    let y = picked(node, b, x, places, shape)?;
    b.set(node, 0, y)
}

/// Which value of a tensor each index of GatherElements and ScatterElements names.
pub(super) fn element_places(indices: &Constant, shape: &[usize], axis: usize) -> Result<Vec<usize>, Refusal> {
    let fits = indices.shape().len() == shape.len()
        && (0..shape.len()).all(|along| along == axis || indices.shape()[along] <= shape[along]);
    if !fits {
        return Err(format!(
            "indices of shape {:?} do not fit values of shape {shape:?}",
            indices.shape()
        )
        .into());
    }
    let steps = steps(shape);
    let own = steps_and_sizes(indices.shape());
    let along_axis = places(indices, shape[axis])?;
    let value = |(at, index): (usize, usize)| {
        let coordinates = own.iter().enumerate().map(|(along, (step, size))| match along == axis {
            true => index * steps[along],
            false => at / step % size * steps[along],
        });
        coordinates.sum::<usize>()
    };
    Ok(along_axis.into_iter().enumerate().map(value).collect())
}

/// The last axis of the indices holds coordinates, of which each names a value or a part of the values.
fn gather_nd(node: &Node, b: &mut Builder) -> Result<(), Refusal> {
    let x = b.activation(node, 0)?;
    let indices = b.constant(node, 1)?;
    let batch = usize::try_from(node.int("batch_dims", 0)?).map_err(|_| Refusal("its batch_dims is below 0".into()))?;
    let (places, shape) = nd_places(&indices, &x.shape, batch)?;
    let y = picked(node, b, x, places, shape)?;
    b.set(node, 0, y)
}

/// Which values of a tensor the indices of GatherND and ScatterND name, and their shape. The first `batch` axes of both are the same ones.
pub(super) fn nd_places(
    indices: &Constant,
    shape: &[usize],
    batch: usize,
) -> Result<(Vec<usize>, Vec<usize>), Refusal> {
    let unfit = || {
        Refusal(format!(
            "indices of shape {:?} do not fit values of shape {shape:?}",
            indices.shape()
        ))
    };
    let (&depth, outer) = indices.shape().split_last().ok_or_else(unfit)?;
    let same = outer
        .get(..batch)
        .is_some_and(|first| shape.get(..batch) == Some(first));
    if !same || depth == 0 || batch + depth > shape.len() {
        return Err(unfit());
    }
    let (steps, part) = (steps(shape), product(&shape[batch + depth..]));
    let (inner, below) = (product(&outer[batch..]), product(&shape[batch..]));
    let all = indices.ints()?;
    let count = (all.len() / depth)
        .checked_mul(part)
        .filter(|&count| count <= MOST_PLACES);
    let mut places = Vec::with_capacity(count.ok_or("it takes too many values one by one, more than 4,194,304")?);
    for (at, coordinates) in all.chunks_exact(depth).enumerate() {
        let mut first = at / inner.max(1) * below;
        for (along, &index) in coordinates.iter().enumerate() {
            first += place(index, shape[batch + along])? * steps[batch + along];
        }
        places.extend(first..first + part);
    }
    let shape = outer.iter().chain(&shape[batch + depth..]).copied().collect();
    match places.is_empty() {
        true => Err("it has no index".into()),
        false => Ok((places, shape)),
    }
}

/// For each axis, the values behind it: its step in row-major order.
fn steps(sizes: &[usize]) -> Vec<usize> {
    (0..sizes.len()).map(|axis| product(&sizes[axis + 1..])).collect()
}

fn steps_and_sizes(sizes: &[usize]) -> Vec<(usize, usize)> {
    steps(sizes).into_iter().zip(sizes.iter().copied()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn elements_and_parts_are_found() {
        let indices = Constant::of_ints(&[2, 2], vec![0, -1, 1, 1]).unwrap();
        assert_eq!(element_places(&indices, &[2, 3], 1).unwrap(), [0, 2, 4, 4]);
        assert_eq!(element_places(&indices, &[2, 3], 0).unwrap(), [0, 4, 3, 4]);
        let (places, shape) = nd_places(&indices, &[2, 3, 2], 0).unwrap();
        assert_eq!((places, shape), (vec![4, 5, 8, 9], vec![2, 2]));
        let indices = Constant::of_ints(&[2, 1], vec![2, 0]).unwrap();
        let (places, shape) = nd_places(&indices, &[2, 3, 2], 1).unwrap();
        assert_eq!((places, shape), (vec![4, 5, 6, 7], vec![2, 2]));
        assert!(element_places(&indices, &[2], 0).is_err());
        assert!(nd_places(&Constant::of_ints(&[1, 1], vec![3]).unwrap(), &[3], 0).is_err());
    }
}
