//! Values picked by indices, conditions and order, and put in place by them.

use ndarray::{ArrayD, Axis, Dimension, IxDyn};

use super::given::{Fold, Given, Same, array, axis, common, index, of_any, of_same, row, sizes, stretched};
use super::room::Room;
use crate::onnx::model::Constant;
use crate::onnx::refusal::Refusal;

pub(super) const OPS: &[(&str, Fold)] = &[
    ("Compress", compress),
    ("Gather", gather),
    ("GatherElements", gather_elements),
    ("GatherND", gather_nd),
    ("NonZero", non_zero),
    ("OneHot", one_hot),
    ("Pad", pad),
    ("Scatter", scatter_elements),
    ("ScatterElements", scatter_elements),
    ("ScatterND", scatter_nd),
    ("TopK", top_k),
    ("Trilu", trilu),
    ("Where", where_),
];

fn gather(given: &Given<'_>, room: &mut Room) -> Result<Vec<Constant>, Refusal> {
    let (x, indices) = (given.input(0)?, given.ints(1)?);
    let from = x.shape();
    let at = axis(given.node.int("axis", 0)?, from.len())?;
    let places = indices.iter().map(|&value| index(value, from[at]));
    let places = places.collect::<Result<Vec<_>, _>>()?;
    let to = [&from[..at], indices.shape(), &from[at + 1..]].concat();
    room.take(&to)?;
    let gathered = of_any!(x, x => array(&to, x.select(Axis(at), &places).into_iter().collect())?);
    Ok(vec![gathered])
}

/// The places of `data` that an array of indices along one axis means, in its order.
fn along(indices: &ArrayD<i64>, from: &[usize], at: usize) -> Result<Vec<IxDyn>, Refusal> {
    let fits = indices.ndim() == from.len();
    let fits = fits && (0..from.len()).all(|axis| axis == at || indices.shape()[axis] <= from[axis]);
    if !fits {
        return Err(Refusal(format!("indices {:?} do not fit {from:?}", indices.shape())));
    }
    let place = |(place, &value): (IxDyn, &i64)| {
        let mut place = place;
        place[at] = index(value, from[at])?;
        Ok(place)
    };
    indices.indexed_iter().map(place).collect()
}

fn gather_elements(given: &Given<'_>, room: &mut Room) -> Result<Vec<Constant>, Refusal> {
    let (x, indices) = (given.input(0)?, given.ints(1)?);
    let at = axis(given.node.int("axis", 0)?, x.shape().len())?;
    room.take(indices.shape())?;
    room.work(indices.len().checked_mul(x.shape().len()))?;
    let places = along(indices, x.shape(), at)?;
    let picked = of_any!(x, x => array(indices.shape(), places.into_iter().map(|place| x[place]).collect())?);
    Ok(vec![picked])
}

/// Rows of indices, each of the place of a part of what has `from` as its first sizes: the offset of each part in row-major order, and the number
/// of its values.
fn parts(indices: &ArrayD<i64>, from: &[usize]) -> Result<(Vec<usize>, usize), Refusal> {
    let unfit = || Refusal(format!("indices {:?} do not fit {from:?}", indices.shape()));
    let depth = indices.shape().last().copied().ok_or_else(unfit)?;
    if depth == 0 || depth > from.len() {
        return Err(unfit());
    }
    let length = from[depth..].iter().product::<usize>();
    let values: Vec<i64> = indices.iter().copied().collect();
    let offset = |row: &[i64]| {
        let place = row.iter().zip(from).try_fold(0, |place, (&value, &size)| {
            Ok::<_, Refusal>(place * size + index(value, size)?)
        });
        Ok(place? * length)
    };
    let offsets = values.chunks_exact(depth).map(offset).collect::<Result<_, Refusal>>()?;
    Ok((offsets, length))
}

fn gather_nd(given: &Given<'_>, room: &mut Room) -> Result<Vec<Constant>, Refusal> {
    let (x, indices) = (given.input(0)?, given.ints(1)?);
    let from = x.shape();
    let batch = given.node.int("batch_dims", 0)?;
    let batch = usize::try_from(batch)
        .ok()
        .filter(|&batch| batch < from.len().min(indices.ndim()));
    let batch = batch.ok_or("its `batch_dims` are as many as its axes")?;
    if from[..batch] != indices.shape()[..batch] {
        return Err(Refusal(format!("indices {:?} do not fit {from:?}", indices.shape())));
    }
    let batches = from[..batch].iter().product::<usize>();
    let (offsets, length) = parts(indices, &from[batch..])?;
    let depth = indices.shape()[indices.ndim() - 1];
    let to = [&indices.shape()[..indices.ndim() - 1], &from[batch + depth..]].concat();
    room.take(&to)?;
    let stride = from[batch..].iter().product::<usize>();
    let per_batch = offsets.len().checked_div(batches).unwrap_or(1).max(1);
    room.take(from)?;
    let picked = of_any!(x, x => {
        let values: Vec<_> = x.iter().copied().collect();
        let starts = offsets.iter().enumerate().map(|(row, offset)| row / per_batch * stride + offset);
        let parts = starts.flat_map(|start| values[start..start + length].iter().copied());
        array(&to, parts.collect())?
    });
    Ok(vec![picked])
}

/// How values that are put in one place come together.
#[derive(Clone, Copy)]
enum Reduction {
    None,
    Add,
    Mul,
    Min,
    Max,
}

fn reduction(given: &Given<'_>) -> Result<Reduction, Refusal> {
    Ok(match given.node.text("reduction", "none")? {
        "none" => Reduction::None,
        "add" => Reduction::Add,
        "mul" => Reduction::Mul,
        "min" => Reduction::Min,
        "max" => Reduction::Max,
        other => return Err(Refusal(format!("has the reduction `{other}`"))),
    })
}

/// Values that come together.
trait Meet: Copy {
    fn meet(self, other: Self, reduction: Reduction) -> Self;
}

impl Meet for f32 {
    fn meet(self, other: Self, reduction: Reduction) -> Self {
        match reduction {
            Reduction::None => other,
            Reduction::Add => self + other,
            Reduction::Mul => self * other,
            Reduction::Min => self.min(other),
            Reduction::Max => self.max(other),
        }
    }
}

impl Meet for i64 {
    fn meet(self, other: Self, reduction: Reduction) -> Self {
        match reduction {
            Reduction::None => other,
            Reduction::Add => self.wrapping_add(other),
            Reduction::Mul => self.wrapping_mul(other),
            Reduction::Min => self.min(other),
            Reduction::Max => self.max(other),
        }
    }
}

impl Meet for bool {
    fn meet(self, other: Self, reduction: Reduction) -> Self {
        match reduction {
            Reduction::None => other,
            Reduction::Add | Reduction::Max => self | other,
            Reduction::Mul | Reduction::Min => self & other,
        }
    }
}

fn put<T: Meet>(data: &ArrayD<T>, updates: &ArrayD<T>, places: Vec<IxDyn>, reduction: Reduction) -> ArrayD<T> {
    let mut result = data.clone();
    for (place, &update) in places.into_iter().zip(updates) {
        let old = result[place.slice()];
        result[place.slice()] = old.meet(update, reduction);
    }
    result
}

fn scatter_elements(given: &Given<'_>, room: &mut Room) -> Result<Vec<Constant>, Refusal> {
    let (x, indices) = (given.input(0)?, given.ints(1)?);
    let at = axis(given.node.int("axis", 0)?, x.shape().len())?;
    if given.input(2)?.shape() != indices.shape() {
        return Err("has not one update for each index".into());
    }
    room.take(x.shape())?;
    room.work(indices.len().checked_mul(x.shape().len()))?;
    let (places, reduction) = (along(indices, x.shape(), at)?, reduction(given)?);
    let same = given.same(&[0, 2])?;
    Ok(vec![of_same!(same, both => put(both[0], both[1], places, reduction))])
}

fn put_parts<T: Meet>(
    data: &ArrayD<T>,
    updates: &ArrayD<T>,
    (offsets, length): (Vec<usize>, usize),
    reduction: Reduction,
) -> Result<ArrayD<T>, Refusal> {
    let mut values: Vec<T> = data.iter().copied().collect();
    let places = offsets.into_iter().flat_map(|offset| offset..offset + length);
    for (place, &update) in places.zip(updates) {
        values[place] = values[place].meet(update, reduction);
    }
    array(data.shape(), values)
}

fn scatter_nd(given: &Given<'_>, room: &mut Room) -> Result<Vec<Constant>, Refusal> {
    let (x, indices, updates) = (given.input(0)?, given.ints(1)?, given.input(2)?.shape());
    room.take(x.shape())?;
    room.take(indices.shape())?;
    let parts = parts(indices, x.shape())?;
    if parts.0.len().checked_mul(parts.1) != Some(updates.iter().product()) {
        return Err(Refusal(format!(
            "updates {updates:?} do not fit indices {:?}",
            indices.shape()
        )));
    }
    let (reduction, same) = (reduction(given)?, given.same(&[0, 2])?);
    Ok(vec![
        of_same!(same, both => put_parts(both[0], both[1], parts, reduction)?),
    ])
}

fn where_(given: &Given<'_>, room: &mut Room) -> Result<Vec<Constant>, Refusal> {
    let condition = given.bools(0)?;
    let to = common(condition.shape(), given.input(1)?.shape())?;
    let to = common(&to, given.input(2)?.shape())?;
    room.take(&to)?;
    let condition = stretched(condition, &to)?;
    let chosen = of_same!(given.same(&[1, 2])?, both => {
        let (a, b) = (stretched(both[0], &to)?, stretched(both[1], &to)?);
        let pairs = condition.iter().zip(a.iter().zip(b.iter()));
        array(&to, pairs.map(|(&first, (&a, &b))| if first { a } else { b }).collect())?
    });
    Ok(vec![chosen])
}

/// A row for each axis, a column for each place; a scalar has one axis.
fn non_zero(given: &Given<'_>, room: &mut Room) -> Result<Vec<Constant>, Refusal> {
    let x = given.input(0)?;
    let rank = x.shape().len().max(1);
    room.work(x.shape().iter().product::<usize>().checked_mul(rank))?;
    let set = match x {
        Constant::Float(x) => x.mapv(|value| value != 0.0),
        Constant::Int(x) => x.mapv(|value| value != 0),
        Constant::Bool(x) => x.clone(),
    };
    let places: Vec<IxDyn> = set
        .indexed_iter()
        .filter(|(_, set)| **set)
        .map(|(place, _)| place)
        .collect();
    room.take(&[rank, places.len()])?;
    let coordinate = |axis: usize| {
        places
            .iter()
            .map(move |place| place.slice().get(axis).map_or(0, |&i| i as i64))
    };
    let values = (0..rank).flat_map(coordinate).collect();
    Ok(vec![Constant::Int(array(&[rank, places.len()], values)?)])
}

fn one_hot(given: &Given<'_>, room: &mut Room) -> Result<Vec<Constant>, Refusal> {
    let whole = |index: usize| match given.input(index)? {
        Constant::Int(x) => Ok(x.clone()),
        Constant::Float(x) => Ok(x.mapv(|value| value as i64)),
        Constant::Bool(_) => Err(Refusal(format!("input {index} has truth values, not numbers"))),
    };
    let (indices, depth) = (whole(0)?, whole(1)?);
    let depth = depth
        .first()
        .copied()
        .filter(|&depth| depth > 0)
        .ok_or("has no depth")?;
    let values = given.input(2)?;
    if values.shape() != [2] {
        return Err("its values are not two".into());
    }
    let at = axis(given.node.int("axis", -1)?, indices.ndim() + 1)?;
    let mut to = indices.shape().to_vec();
    to.insert(at, sizes(&[depth])?[0]);
    room.take(&to)?;
    let inner = indices.shape()[at..].iter().product::<usize>();
    let outer = indices.shape()[..at].iter().product::<usize>();
    let flat: Vec<i64> = indices.iter().copied().collect();
    let class = |value: i64| if value < 0 { value.saturating_add(depth) } else { value };
    let hot = of_any!(values, values => {
        let places = (0..outer).flat_map(|o| (0..depth).flat_map(move |d| (0..inner).map(move |i| (o * inner + i, d))));
        let value = |(place, d): (usize, i64)| values[usize::from(class(flat[place]) == d)];
        array(&to, places.map(value).collect())?
    });
    Ok(vec![hot])
}

fn compress(given: &Given<'_>, room: &mut Room) -> Result<Vec<Constant>, Refusal> {
    let (x, condition) = (given.input(0)?, given.bools(1)?);
    room.take(x.shape())?;
    let kept = condition
        .iter()
        .enumerate()
        .filter(|(_, kept)| **kept)
        .map(|(place, _)| place);
    let kept: Vec<usize> = kept.collect();
    let along = given
        .node
        .optional_int("axis")?
        .map(|at| axis(at, x.shape().len()))
        .transpose()?;
    let size = along.map_or_else(|| x.shape().iter().product(), |at| x.shape()[at]);
    if kept.last().is_some_and(|&last| last >= size) {
        return Err(Refusal(format!("its condition reaches beyond {size}")));
    }
    Ok(vec![of_any!(x, x => match along {
        Some(at) => x.select(Axis(at), &kept),
        None => {
            let values: Vec<_> = x.iter().copied().collect();
            row(kept.iter().map(|&place| values[place]).collect())
        }
    })])
}

/// Which place along an axis of `size` each place of the padded axis shows; none where it is outside.
fn padded(size: usize, before: i64, after: i64, mode: &str) -> Result<Vec<Option<usize>>, Refusal> {
    let (length, unfit) = (size as i64, || {
        Refusal(format!("pads {before} and {after} do not fit an axis of {size}"))
    });
    let total = length.checked_add(before).and_then(|total| total.checked_add(after));
    let total = total.filter(|&total| (0..1 << 40).contains(&total)).ok_or_else(unfit)?;
    if mode != "constant" && size == 0 && total > 0 {
        return Err(unfit());
    }
    if mode == "reflect" && before.max(after) >= length.max(1) {
        return Err(unfit());
    }
    // Pads below 0 cut, before the others look at what is there.
    let (first, last) = (
        before.saturating_neg().max(0),
        length.saturating_sub(after.saturating_neg().max(0)),
    );
    let kept = last.saturating_sub(first);
    if kept < 0 || (kept == 0 && mode != "constant" && total > 0) {
        return Err(unfit());
    }
    let place = |place: i64| {
        let place = place - before.max(0);
        let inside = match mode {
            _ if (0..kept).contains(&place) => place,
            "edge" => place.clamp(0, kept - 1),
            "wrap" => place.rem_euclid(kept),
            "reflect" if place < 0 => -place,
            "reflect" => 2 * (kept - 1) - place,
            _ => return None,
        };
        usize::try_from(inside + first).ok().filter(|&inside| inside < size)
    };
    Ok((0..total).map(place).collect())
}

fn pad(given: &Given<'_>, room: &mut Room) -> Result<Vec<Constant>, Refusal> {
    let x = given.input(0)?;
    let from = x.shape();
    let pads = given.attribute_until(10, "pads", 1)?.ok_or("has no pads")?;
    let over = match given.optional_list(3)? {
        Some(list) if given.node.opset >= 18 => super::given::axes(&list, from.len())?,
        _ => (0..from.len()).collect(),
    };
    if pads.len() != 2 * over.len() {
        return Err(Refusal(format!("has {} pads for {} axes", pads.len(), over.len())));
    }
    let mode = given.node.text("mode", "constant")?;
    if !["constant", "edge", "reflect", "wrap"].contains(&mode) {
        return Err(Refusal(format!("has the mode `{mode}`")));
    }
    let value = match given.node.opset {
        ..11 => Some(Constant::Float(super::given::scalar(given.node.float("value", 0.0)?))),
        _ => given.optional(2).cloned(),
    };
    let mut result = x.clone();
    room.take(from)?;
    for (place, &at) in over.iter().enumerate() {
        let (before, after) = (pads[place], pads[place + over.len()]);
        let size = (from[at] as i64).saturating_add(before).saturating_add(after).max(0);
        let mut to = result.shape().to_vec();
        to[at] = usize::try_from(size).unwrap_or(usize::MAX);
        room.take(&to)?;
        let places = padded(from[at], before, after, mode)?;
        result = match (&result, &value) {
            (Constant::Float(x), Some(Constant::Float(value))) => {
                Constant::Float(shown(x, at, &places, first(value)?)?)
            }
            (Constant::Float(x), None) => Constant::Float(shown(x, at, &places, 0.0)?),
            (Constant::Int(x), Some(Constant::Int(value))) => Constant::Int(shown(x, at, &places, first(value)?)?),
            (Constant::Int(x), None) => Constant::Int(shown(x, at, &places, 0)?),
            (Constant::Bool(x), Some(Constant::Bool(value))) => Constant::Bool(shown(x, at, &places, first(value)?)?),
            (Constant::Bool(x), None) => Constant::Bool(shown(x, at, &places, false)?),
            (x, Some(value)) => return Err(Refusal(format!("pads {} with {}", x.kind(), value.kind()))),
        };
    }
    Ok(vec![result])
}

fn first<T: Copy>(values: &ArrayD<T>) -> Result<T, Refusal> {
    values.first().copied().ok_or_else(|| "a value is empty".into())
}

/// The places along one axis that are to be seen, and `value` elsewhere.
fn shown<T: Copy>(x: &ArrayD<T>, at: usize, places: &[Option<usize>], value: T) -> Result<ArrayD<T>, Refusal> {
    let mut to = x.shape().to_vec();
    let size = std::mem::replace(&mut to[at], places.len());
    let (outer, inner) = (
        to[..at].iter().product::<usize>(),
        to[at + 1..].iter().product::<usize>(),
    );
    let values: Vec<T> = x.iter().copied().collect();
    let mut result = Vec::with_capacity(outer.saturating_mul(places.len()).saturating_mul(inner));
    for o in 0..outer {
        for place in places {
            match place {
                Some(place) => {
                    let start = (o * size + place) * inner;
                    result.extend_from_slice(&values[start..start + inner]);
                }
                None => result.resize(result.len() + inner, value),
            }
        }
    }
    array(&to, result)
}

fn trilu(given: &Given<'_>, room: &mut Room) -> Result<Vec<Constant>, Refusal> {
    let x = given.input(0)?;
    let &[.., rows, columns] = x.shape() else {
        return Err(Refusal(format!("takes matrices, not {:?}", x.shape())));
    };
    let upper = given.node.int("upper", 1)? != 0;
    let place = match given.optional(1) {
        Some(_) => given.single(1)?,
        None => 0,
    };
    room.take(x.shape())?;
    let kept = |index: usize| {
        let (row, column) = (index / columns % rows, index % columns);
        let ahead = column as i64 - row as i64;
        if upper { ahead >= place } else { ahead <= place }
    };
    let result = of_any!(x, x => {
        let values = x.iter().enumerate().map(|(index, &value)| if kept(index) { value } else { Default::default() });
        array(x.shape(), values.collect())?
    });
    Ok(vec![result])
}

/// Of equal values those that stand first.
fn top_k(given: &Given<'_>, room: &mut Room) -> Result<Vec<Constant>, Refusal> {
    let x = given.floats(0)?;
    let at = axis(given.node.int("axis", -1)?, x.ndim())?;
    let wanted = match given.node.opset {
        ..10 => given.node.optional_int("k")?.ok_or("has no attribute `k`")?,
        _ => given.single(1)?,
    };
    let largest = given.node.int("largest", 1)? != 0;
    let size = x.shape()[at];
    let wanted = usize::try_from(wanted).ok().filter(|&wanted| wanted <= size);
    let wanted = wanted.ok_or_else(|| Refusal(format!("wants more than the {size} values there are")))?;
    let mut to = x.shape().to_vec();
    to[at] = wanted;
    room.take(x.shape())?;
    room.take(&to)?;
    room.take(&to)?;
    let mut values = ArrayD::zeros(IxDyn(&to));
    let mut places = ArrayD::zeros(IxDyn(&to));
    let lanes = values.lanes_mut(Axis(at)).into_iter().zip(places.lanes_mut(Axis(at)));
    for (lane, (mut best, mut at_place)) in x.lanes(Axis(at)).into_iter().zip(lanes) {
        let mut order: Vec<usize> = (0..size).collect();
        order.sort_by(|&a, &b| {
            if largest {
                lane[b].total_cmp(&lane[a])
            } else {
                lane[a].total_cmp(&lane[b])
            }
        });
        for (to, &from) in order.iter().take(wanted).enumerate() {
            best[to] = lane[from];
            at_place[to] = from as i64;
        }
    }
    Ok(vec![Constant::Float(values), Constant::Int(places)])
}
