//! Slice, along any axes and with any steps.

use doubleback::nn::layers::Slice;

use super::super::builder::{Builder, Translate};
use super::super::value::Activation;
use super::axes::{Along, axes, ints};
use crate::onnx::model::Node;
use crate::onnx::refusal::Refusal;

pub(super) const OPS: &[(&str, Translate)] = &[("Slice", slice)];

fn slice(node: &Node, b: &mut Builder) -> Result<(), Refusal> {
    let mut x = b.activation(node, 0)?;
    let starts = ints(node, b, "starts", 1)?.ok_or("it lacks its starts")?;
    let ends = ints(node, b, "ends", 2)?.ok_or("it lacks its ends")?;
    let along = match ints(node, b, "axes", 3)? {
        Some(given) => axes(&given, x.rank())?,
        None => (0..starts.len()).collect(),
    };
    let steps = ints(node, b, "steps", 4)?.unwrap_or_else(|| vec![1; starts.len()]);
    if [ends.len(), along.len(), steps.len()] != [starts.len(); 3] || starts.len() > x.rank() {
        return Err("its starts, ends, axes and steps are not of one number".into());
    }
    for (place, &axis) in along.iter().enumerate() {
        x = part(node, b, x, axis, [starts[place], ends[place], steps[place]])?;
    }
    b.set(node, 0, x)
}

/// From start to end by step, along one axis.
fn part(node: &Node, b: &mut Builder, x: Activation, axis: usize, given: [i64; 3]) -> Result<Activation, Refusal> {
    let [start, end, step] = given;
    let size = x.shape[axis];
    if step == 0 {
        return Err(format!("it takes every 0th value along axis {axis}").into());
    }
    let range = taken(start, end, step, size as i64);
    let Some((first, last)) = range else {
        return Err(format!("it takes no value along axis {axis} of {size}, from {start} to {end}").into());
    };
    range_of(
        node,
        b,
        x,
        axis,
        Slice {
            axis: 0,
            start: first,
            end: last,
            step: isize::try_from(step).unwrap_or(if step > 0 { isize::MAX } else { isize::MIN + 1 }),
        },
    )
}

/// The layer along an axis of the shape.
pub(super) fn range_of(
    node: &Node,
    b: &mut Builder,
    x: Activation,
    axis: usize,
    range: Slice,
) -> Result<Activation, Refusal> {
    let size = (range.end - range.start).div_ceil(range.step.unsigned_abs().max(1));
    if size == x.shape[axis] && range.step == 1 {
        return Ok(x);
    }
    let along = Along::new(b, x, axis)?;
    let kind = Slice {
        axis: along.stored,
        ..range
    };
    along.layer(node, b, kind, size)
}

/// The range of places that start, end and step mean in `size`: its first, and the one after its last.
fn taken(start: i64, end: i64, step: i64, size: i64) -> Option<(usize, usize)> {
    let from_front = |place: i64| if place < 0 { place.saturating_add(size) } else { place };
    let (first, end) = match step > 0 {
        true => (from_front(start).clamp(0, size), from_front(end).clamp(0, size)),
        // Backwards from the start to before the end.
        false => {
            let (start, end) = (
                from_front(start).clamp(-1, size - 1),
                from_front(end).clamp(-1, size - 1),
            );
            (end + 1, start + 1)
        }
    };
    match first < end {
        true => Some((usize::try_from(first).ok()?, usize::try_from(end).ok()?)),
        false => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_are_those_of_numpy() {
        assert_eq!(taken(1, 4, 1, 6), Some((1, 4)));
        assert_eq!(taken(-3, i64::MAX, 2, 6), Some((3, 6)));
        assert_eq!(taken(0, -1, 1, 6), Some((0, 5)));
        assert_eq!(taken(-1, i64::MIN, -1, 6), Some((0, 6)));
        assert_eq!(taken(4, 1, -2, 6), Some((2, 5)));
        assert_eq!(taken(10, -10, -1, 6), Some((0, 6)));
        assert_eq!(taken(3, 3, 1, 6), None);
        assert_eq!(taken(-7, -6, 1, 6), None);
        assert_eq!(taken(2, 4, -1, 6), None);
    }
}
