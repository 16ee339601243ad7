//! The same values in other sizes and places.

use ndarray::{ArrayD, ArrayViewD, Axis, IxDyn, concatenate};

use super::given::{Fold, Given, Same, array, axes, axis, common, of_any, of_same, reshaped, sizes, stretched};
use super::room::{Room, product};
use crate::onnx::model::Constant;
use crate::onnx::refusal::Refusal;

pub(super) const OPS: &[(&str, Fold)] = &[
    ("Concat", concat),
    ("DepthToSpace", depth_to_space),
    ("Expand", expand),
    ("Flatten", flatten),
    ("Reshape", reshape),
    ("Slice", slice),
    ("SpaceToDepth", space_to_depth),
    ("Split", split),
    ("Squeeze", squeeze),
    ("Tile", tile),
    ("Transpose", transpose),
    ("Unsqueeze", unsqueeze),
];

/// The first input in other sizes.
fn as_sizes(given: &Given<'_>, sizes: &[usize], room: &mut Room) -> Result<Vec<Constant>, Refusal> {
    let x = given.input(0)?;
    room.take(x.shape())?;
    Ok(vec![of_any!(x, x => reshaped(x, sizes)?)])
}

/// The sizes that a Reshape asks for: 0 stands for that of the input, unless `allowzero`, and -1 for what is left.
pub(crate) fn reshape_sizes(from: &[usize], asked: &[i64], allowzero: bool) -> Result<Vec<usize>, Refusal> {
    let size = |(place, &asked): (usize, &i64)| match asked {
        0 if !allowzero => from.get(place).copied().map(Some).ok_or_else(|| {
            Refusal(format!(
                "its size {place} is that of the input, which has {} axes",
                from.len()
            ))
        }),
        -1 => Ok(None),
        _ => Ok(Some(sizes(&[asked])?[0])),
    };
    let found = asked.iter().enumerate().map(size).collect::<Result<Vec<_>, _>>()?;
    let unfit = || Refusal(format!("{from:?} values do not fill {asked:?}"));
    let count = product(from.iter().copied()).ok_or_else(unfit)?;
    let said = product(found.iter().copied().flatten()).ok_or_else(unfit)?;
    let left = match found.iter().filter(|size| size.is_none()).count() {
        0 => 1,
        1 if said > 0 => count / said,
        _ => return Err(unfit()),
    };
    if said.checked_mul(left) != Some(count) {
        return Err(unfit());
    }
    Ok(found.into_iter().map(|size| size.unwrap_or(left)).collect())
}

fn reshape(given: &Given<'_>, room: &mut Room) -> Result<Vec<Constant>, Refusal> {
    let allowzero = given.node.int("allowzero", 0)? != 0;
    let sizes = reshape_sizes(given.input(0)?.shape(), &given.list(1)?, allowzero)?;
    as_sizes(given, &sizes, room)
}

fn squeeze(given: &Given<'_>, room: &mut Room) -> Result<Vec<Constant>, Refusal> {
    let from = given.input(0)?.shape();
    let dropped = match given.attribute_until(12, "axes", 1)? {
        Some(list) => axes(&list, from.len())?,
        None => (0..from.len()).filter(|&axis| from[axis] == 1).collect(),
    };
    if let Some(axis) = dropped.iter().find(|&&axis| from[axis] != 1) {
        return Err(Refusal(format!("cannot drop axis {axis} of {from:?}, which is not 1")));
    }
    let kept = (0..from.len()).filter(|axis| !dropped.contains(axis));
    let sizes: Vec<usize> = kept.map(|axis| from[axis]).collect();
    as_sizes(given, &sizes, room)
}

fn unsqueeze(given: &Given<'_>, room: &mut Room) -> Result<Vec<Constant>, Refusal> {
    let from = given.input(0)?.shape();
    let list = given.attribute_until(12, "axes", 1)?.ok_or("has no axes")?;
    let new = axes(&list, from.len() + list.len())?;
    let mut old = from.iter().copied();
    let size = |axis| match new.contains(&axis) {
        true => 1,
        false => old.next().unwrap_or(1),
    };
    let sizes: Vec<usize> = (0..from.len() + new.len()).map(size).collect();
    as_sizes(given, &sizes, room)
}

fn flatten(given: &Given<'_>, room: &mut Room) -> Result<Vec<Constant>, Refusal> {
    let from = given.input(0)?.shape();
    let at = given.node.int("axis", 1)?;
    let at = match at == from.len() as i64 {
        true => from.len(),
        false => axis(at, from.len())?,
    };
    let (rows, columns) = from.split_at(at);
    as_sizes(given, &[rows.iter().product(), columns.iter().product()], room)
}

/// The values with their axes in another order.
fn permuted<T: Clone>(x: ArrayViewD<'_, T>, order: &[usize]) -> ArrayD<T> {
    let turned = x.permuted_axes(IxDyn(order));
    turned.as_standard_layout().into_owned()
}

fn transpose(given: &Given<'_>, room: &mut Room) -> Result<Vec<Constant>, Refusal> {
    let x = given.input(0)?;
    let rank = x.shape().len();
    let order = match given.node.ints("perm")? {
        Some(order) => axes(order, rank)?,
        None => (0..rank).rev().collect(),
    };
    if order.len() != rank {
        return Err(Refusal(format!("{order:?} is no order of {rank} axes")));
    }
    room.take(x.shape())?;
    Ok(vec![of_any!(x, x => permuted(x.view(), &order))])
}

fn concat(given: &Given<'_>, room: &mut Room) -> Result<Vec<Constant>, Refusal> {
    let rank = given.input(0)?.shape().len();
    let at = given.node.optional_int("axis")?.ok_or("has no attribute `axis`")?;
    let at = axis(at, rank)?;
    for index in 0..given.inputs.len() {
        room.take(given.input(index)?.shape())?;
    }
    Ok(vec![of_same!(given.all()?, arrays => joined(&arrays, at)?)])
}

fn joined<T: Clone>(arrays: &[&ArrayD<T>], at: usize) -> Result<ArrayD<T>, Refusal> {
    let unfit = || {
        let shapes: Vec<_> = arrays.iter().map(|array| array.shape()).collect();
        Refusal(format!("{shapes:?} do not fit each other along axis {at}"))
    };
    if arrays.iter().any(|array| array.ndim() != arrays[0].ndim()) {
        return Err(unfit());
    }
    let views: Vec<_> = arrays.iter().map(|array| array.view()).collect();
    concatenate(Axis(at), &views).map_err(|_| unfit())
}

fn split(given: &Given<'_>, room: &mut Room) -> Result<Vec<Constant>, Refusal> {
    let x = given.input(0)?;
    let from = x.shape();
    let at = axis(given.node.int("axis", 0)?, from.len())?;
    let (size, parts) = (from[at], given.node.outputs.len());
    let lengths = match given.attribute_until(12, "split", 1)? {
        Some(lengths) => sizes(&lengths)?,
        None => split_lengths(size, parts, given.node.opset)?,
    };
    let sum = lengths.iter().try_fold(0usize, |sum, &length| sum.checked_add(length));
    if lengths.len() != parts || sum != Some(size) {
        return Err(Refusal(format!("{lengths:?} do not part {size} into {parts}")));
    }
    room.take(from)?;
    let mut start = 0;
    let part = |length| {
        let bounds = ndarray::Slice::from(start..start + length);
        start += length;
        of_any!(x, x => x.slice_axis(Axis(at), bounds).as_standard_layout().into_owned())
    };
    Ok(lengths.into_iter().map(part).collect())
}

/// Lengths of equal parts; from opset 18 on the last may be shorter.
pub(crate) fn split_lengths(size: usize, parts: usize, opset: i64) -> Result<Vec<usize>, Refusal> {
    let length = size.div_ceil(parts.max(1));
    let lengths: Vec<usize> = (0..parts)
        .map(|part| size.saturating_sub(part.saturating_mul(length)).min(length))
        .collect();
    match opset < 18 && length * parts != size {
        true => Err(Refusal(format!("{size} cannot be parted into {parts} equal parts"))),
        false => Ok(lengths),
    }
}

/// Which places of an axis of `size` a slice takes, as onnxruntime reads the bounds: the greatest integers of 32 and 64 bits are the end in the
/// direction of the step, so that with a negative step they stand for the beginning of the axis.
pub(crate) fn places(size: usize, start: i64, end: i64, step: i64) -> Result<Vec<usize>, Refusal> {
    if step == 0 {
        return Err("has steps of 0".into());
    }
    let length = size as i64;
    let from_front = |place: i64| if place < 0 { place.saturating_add(length) } else { place };
    let (low, high) = if step > 0 { (0, length) } else { (-1, length - 1) };
    let start = from_front(start).clamp(0, high.max(0));
    let end = match end {
        i64::MAX => None,
        _ if end == i64::from(i32::MAX) => None,
        _ => Some(from_front(end).clamp(low, high.max(low))),
    };
    let end = end.unwrap_or(if step > 0 { high } else { low });
    let mut place = if size == 0 { end } else { start };
    let mut places = Vec::new();
    while (step > 0 && place < end) || (step < 0 && place > end) {
        places.push(place as usize);
        place = place.saturating_add(step);
    }
    Ok(places)
}

/// Starts, ends, axes and steps of a slice.
pub(crate) struct Bounds {
    pub starts: Vec<i64>,
    pub ends: Vec<i64>,
    pub axes: Vec<usize>,
    pub steps: Vec<i64>,
}

impl Bounds {
    /// Of an input of `rank` axes, where axes and steps may be left out.
    pub fn new(
        rank: usize,
        starts: Vec<i64>,
        ends: Vec<i64>,
        over: Option<Vec<i64>>,
        steps: Option<Vec<i64>>,
    ) -> Result<Self, Refusal> {
        let over = over.unwrap_or_else(|| (0..starts.len() as i64).collect());
        let axes = axes(&over, rank)?;
        let steps = steps.unwrap_or_else(|| vec![1; starts.len()]);
        let counts = [starts.len(), ends.len(), axes.len(), steps.len()];
        if counts.iter().any(|&count| count != counts[0]) {
            return Err(Refusal(format!(
                "has {} starts, {} ends, {} axes and {} steps",
                counts[0], counts[1], counts[2], counts[3]
            )));
        }
        Ok(Self {
            starts,
            ends,
            axes,
            steps,
        })
    }
}

fn slice(given: &Given<'_>, room: &mut Room) -> Result<Vec<Constant>, Refusal> {
    let x = given.input(0)?;
    let rank = x.shape().len();
    let bounds = match given.node.opset {
        ..10 => {
            let [starts, ends] = ["starts", "ends"].map(|name| given.node.required_ints(name).map(<[i64]>::to_vec));
            let over = given.node.ints("axes")?.map(<[i64]>::to_vec);
            Bounds::new(rank, starts?, ends?, over, None)?
        }
        _ => {
            let (over, steps) = (given.optional_list(3)?, given.optional_list(4)?);
            Bounds::new(rank, given.list(1)?, given.list(2)?, over, steps)?
        }
    };
    let mut part = x.clone();
    room.take(x.shape())?;
    for (index, &axis) in bounds.axes.iter().enumerate() {
        let size = x.shape()[axis];
        let places = places(size, bounds.starts[index], bounds.ends[index], bounds.steps[index])?;
        room.take(part.shape())?;
        part = of_any!(&part, part => part.select(Axis(axis), &places));
    }
    Ok(vec![part])
}

fn expand(given: &Given<'_>, room: &mut Room) -> Result<Vec<Constant>, Refusal> {
    let x = given.input(0)?;
    let to = common(x.shape(), &sizes(&given.list(1)?)?)?;
    room.take(&to)?;
    Ok(vec![
        of_any!(x, x => stretched(x, &to)?.as_standard_layout().into_owned()),
    ])
}

fn tile(given: &Given<'_>, room: &mut Room) -> Result<Vec<Constant>, Refusal> {
    let x = given.input(0)?;
    let (from, repeats) = (x.shape(), sizes(&given.list(1)?)?);
    if repeats.len() != from.len() {
        return Err(Refusal(format!("repeats {from:?} by {repeats:?}")));
    }
    let to: Option<Vec<usize>> = from.iter().zip(&repeats).map(|(&a, &b)| a.checked_mul(b)).collect();
    let to = to.ok_or_else(|| Refusal(format!("repeats {from:?} by {repeats:?}")))?;
    room.take(&to)?;
    let mut tiled = x.clone();
    for (at, &size) in to.iter().enumerate() {
        // No axis is empty unless the result is.
        let places: Vec<usize> = (0..size).map(|place| place % from[at].max(1)).collect();
        let mut next = tiled.shape().to_vec();
        next[at] = size;
        room.take(&next)?;
        tiled = of_any!(&tiled, tiled => tiled.select(Axis(at), &places));
    }
    Ok(vec![tiled])
}

/// Sizes `[batch, channels, height, width]`, and how many pixels a block has along each side.
fn blocks(given: &Given<'_>) -> Result<([usize; 4], usize), Refusal> {
    let from = given.input(0)?.shape();
    let sizes: [usize; 4] = from
        .try_into()
        .map_err(|_| Refusal(format!("takes four axes, not {from:?}")))?;
    let block = given
        .node
        .optional_int("blocksize")?
        .ok_or("has no attribute `blocksize`")?;
    let block = usize::try_from(block)
        .ok()
        .filter(|&block| block > 0 && block <= 1 << 16);
    Ok((sizes, block.ok_or("its `blocksize` is none")?))
}

fn depth_to_space(given: &Given<'_>, room: &mut Room) -> Result<Vec<Constant>, Refusal> {
    let ([n, channels, height, width], block) = blocks(given)?;
    if channels % (block * block) != 0 {
        return Err(Refusal(format!("{channels} channels do not make blocks of {block}")));
    }
    let left = channels / (block * block);
    let (split, order) = match given.node.text("mode", "DCR")? {
        "DCR" => ([n, block, block, left, height, width], [0, 3, 4, 1, 5, 2]),
        "CRD" => ([n, left, block, block, height, width], [0, 1, 4, 2, 5, 3]),
        mode => return Err(Refusal(format!("has the mode `{mode}`"))),
    };
    moved(given, &split, &order, &[n, left, height * block, width * block], room)
}

fn space_to_depth(given: &Given<'_>, room: &mut Room) -> Result<Vec<Constant>, Refusal> {
    let ([n, channels, height, width], block) = blocks(given)?;
    if height % block != 0 || width % block != 0 {
        return Err(Refusal(format!(
            "{height} x {width} pixels do not make blocks of {block}"
        )));
    }
    let (rows, columns) = (height / block, width / block);
    let split = [n, channels, rows, block, columns, block];
    let to = [n, channels * block * block, rows, columns];
    moved(given, &split, &[0, 3, 5, 1, 2, 4], &to, room)
}

/// The first input with its axes parted, put in another order and merged.
fn moved(
    given: &Given<'_>,
    split: &[usize],
    order: &[usize],
    to: &[usize],
    room: &mut Room,
) -> Result<Vec<Constant>, Refusal> {
    let x = given.input(0)?;
    room.take(x.shape())?;
    let moved = of_any!(x, x => {
        let parted = reshaped(x, split)?;
        array(to, permuted(parted.view(), order).into_iter().collect())?
    });
    Ok(vec![moved])
}
