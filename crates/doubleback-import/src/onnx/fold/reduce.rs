//! Sums, extremes and the like along axes.

use ndarray::{ArrayD, Axis, IxDyn};

use super::given::{Fold, Given, array, axes, axis};
use super::room::Room;
use crate::onnx::model::Constant;
use crate::onnx::refusal::Refusal;

type Results = Result<Vec<Constant>, Refusal>;

pub(super) const OPS: &[(&str, Fold)] = &[
    ("ArgMax", |given, room| arg(given, room, |a, b| a > b)),
    ("ArgMin", |given, room| arg(given, room, |a, b| a < b)),
    ("CumSum", cum_sum),
    ("LogSoftmax", |given, room| softmax(given, room, true)),
    ("ReduceL1", |given, room| {
        float(given, room, |x| sum(x.iter().map(|x| x.abs())))
    }),
    ("ReduceL2", |given, room| float(given, room, |x| squares(x).sqrt())),
    ("ReduceLogSum", |given, room| {
        float(given, room, |x| sum(x.iter().copied()).ln())
    }),
    ("ReduceLogSumExp", |given, room| float(given, room, log_sum_exp)),
    ("ReduceMax", |given, room| {
        both(given, room, greatest, |x| x.iter().copied().max())
    }),
    ("ReduceMean", |given, room| {
        let of_ints = |x: &[i64]| {
            x.iter()
                .fold(0i64, |a, &b| a.wrapping_add(b))
                .checked_div(x.len() as i64)
        };
        both(given, room, |x| sum(x.iter().copied()) / x.len() as f64, of_ints)
    }),
    ("ReduceMin", |given, room| {
        both(given, room, least, |x| x.iter().copied().min())
    }),
    ("ReduceProd", |given, room| {
        let of_ints = |x: &[i64]| Some(x.iter().fold(1i64, |a, &b| a.wrapping_mul(b)));
        both(given, room, |x| x.iter().map(|&x| f64::from(x)).product(), of_ints)
    }),
    ("ReduceSum", |given, room| {
        let of_ints = |x: &[i64]| Some(x.iter().fold(0i64, |a, &b| a.wrapping_add(b)));
        both(given, room, |x| sum(x.iter().copied()), of_ints)
    }),
    ("ReduceSumSquare", |given, room| float(given, room, squares)),
    ("Softmax", |given, room| softmax(given, room, false)),
];

fn sum(x: impl Iterator<Item = f32>) -> f64 {
    x.map(f64::from).sum()
}

fn squares(x: &[f32]) -> f64 {
    x.iter().map(|&x| f64::from(x).powi(2)).sum()
}

fn greatest(x: &[f32]) -> f64 {
    let greater = |a: f64, b: f64| if a.is_nan() || a > b { a } else { b };
    x.iter().map(|&x| f64::from(x)).fold(f64::NEG_INFINITY, greater)
}

fn least(x: &[f32]) -> f64 {
    let less = |a: f64, b: f64| if a.is_nan() || a < b { a } else { b };
    x.iter().map(|&x| f64::from(x)).fold(f64::INFINITY, less)
}

fn log_sum_exp(x: &[f32]) -> f64 {
    match greatest(x) {
        most if most.is_finite() => most + x.iter().map(|&x| (f64::from(x) - most).exp()).sum::<f64>().ln(),
        most => most,
    }
}

/// Which axes are reduced, and whether they stay with one place.
struct Plan {
    axes: Vec<usize>,
    keep: bool,
}

/// Without axes all are meant, or, with `noop_with_empty_axes`, none: then each value is reduced alone, as its square or its magnitude.
fn plan(given: &Given<'_>) -> Result<Plan, Refusal> {
    let (node, rank) = (given.node, given.input(0)?.shape().len());
    let last = if node.op == "ReduceSum" { 12 } else { 17 };
    let list = given.attribute_until(last, "axes", 1)?.unwrap_or_default();
    let alone = node.opset > last && node.int("noop_with_empty_axes", 0)? != 0;
    let axes = match list.is_empty() {
        true if alone => Vec::new(),
        true => (0..rank).collect(),
        false => axes(&list, rank)?,
    };
    Ok(Plan {
        axes,
        keep: node.int("keepdims", 1)? != 0,
    })
}

impl Plan {
    /// A value for all that fall together.
    fn apply<T: Copy, U>(
        &self,
        x: &ArrayD<T>,
        room: &mut Room,
        function: impl Fn(&[T]) -> Result<U, Refusal>,
    ) -> Result<ArrayD<U>, Refusal> {
        let kept: Vec<usize> = (0..x.ndim()).filter(|axis| !self.axes.contains(axis)).collect();
        let order = [kept.as_slice(), &self.axes].concat();
        room.take(x.shape())?;
        let values: Vec<T> = x.view().permuted_axes(IxDyn(&order)).iter().copied().collect();
        let length = self.axes.iter().map(|&axis| x.shape()[axis]).product::<usize>();
        let size = |axis: usize| match (self.axes.contains(&axis), self.keep) {
            (true, true) => Some(1),
            (true, false) => None,
            (false, _) => Some(x.shape()[axis]),
        };
        let to: Vec<usize> = (0..x.ndim()).filter_map(size).collect();
        let count = room.take(&to)?;
        let results = (0..count).map(|place| function(&values[place * length..(place + 1) * length]));
        array(&to, results.collect::<Result<_, _>>()?)
    }
}

fn float(given: &Given<'_>, room: &mut Room, function: impl Fn(&[f32]) -> f64) -> Results {
    let plan = plan(given)?;
    let x = given.floats(0)?;
    let reduced = plan.apply(x, room, |x| Ok(function(x) as f32))?;
    Ok(vec![Constant::Float(reduced)])
}

fn both(
    given: &Given<'_>,
    room: &mut Room,
    of_floats: impl Fn(&[f32]) -> f64,
    of_ints: impl Fn(&[i64]) -> Option<i64>,
) -> Results {
    let Constant::Int(x) = given.input(0)? else {
        return float(given, room, of_floats);
    };
    let plan = plan(given)?;
    let one = |x: &[i64]| of_ints(x).ok_or_else(|| Refusal::new("reduces no values to one"));
    Ok(vec![Constant::Int(plan.apply(x, room, one)?)])
}

fn arg(given: &Given<'_>, room: &mut Room, better: impl Fn(f64, f64) -> bool) -> Results {
    let x = match given.input(0)? {
        Constant::Float(x) => x.mapv(f64::from),
        Constant::Int(x) => x.mapv(|value| value as f64),
        other => return Err(Refusal(format!("takes numbers, not {}", other.kind()))),
    };
    room.take(x.shape())?;
    let plan = Plan {
        axes: vec![axis(given.node.int("axis", 0)?, x.ndim())?],
        keep: given.node.int("keepdims", 1)? != 0,
    };
    let last = given.node.int("select_last_index", 0)? != 0;
    let place = |x: &[f64]| {
        let mut best = 0;
        let first = *x.first().ok_or("looks for the best of no values")?;
        let mut value = first;
        for (place, &next) in x.iter().enumerate() {
            if better(next, value) || (last && next == value) {
                (best, value) = (place as i64, next);
            }
        }
        Ok(best)
    };
    Ok(vec![Constant::Int(plan.apply(&x, room, place)?)])
}

fn cum_sum(given: &Given<'_>, room: &mut Room) -> Results {
    fn sums<T: Copy + Default>(x: &ArrayD<T>, at: usize, options: [bool; 2], add: impl Fn(T, T) -> T) -> ArrayD<T> {
        let [exclusive, reverse] = options;
        let mut result = x.clone();
        for mut lane in result.lanes_mut(Axis(at)) {
            if reverse {
                lane.invert_axis(Axis(0));
            }
            let mut sum = T::default();
            for value in &mut lane {
                let next = add(sum, *value);
                *value = if exclusive { sum } else { next };
                sum = next;
            }
        }
        result
    }
    let x = given.input(0)?;
    let at = axis(given.single(1)?, x.shape().len())?;
    room.take(x.shape())?;
    let option = |name| given.node.int(name, 0).map(|value| value != 0);
    let options = [option("exclusive")?, option("reverse")?];
    Ok(vec![match x {
        Constant::Float(x) => Constant::Float(sums(x, at, options, |a, b| a + b)),
        Constant::Int(x) => Constant::Int(sums(x, at, options, i64::wrapping_add)),
        other => return Err(Refusal(format!("takes numbers, not {}", other.kind()))),
    }])
}

/// Before opset 13 over all axes from the given one on together.
fn softmax(given: &Given<'_>, room: &mut Room, log: bool) -> Results {
    let x = given.floats(0)?;
    let (old, rank) = (given.node.opset < 13, x.ndim());
    let at = axis(given.node.int("axis", if old { 1 } else { -1 })?, rank)?;
    room.take(x.shape())?;
    let mut result = x.clone();
    let normalize = |values: &mut dyn Iterator<Item = &mut f32>| {
        let values: Vec<&mut f32> = values.collect();
        let most = values.iter().fold(f32::NEG_INFINITY, |a, b| a.max(**b));
        let total = sum(values.iter().map(|x| (**x - most).exp()));
        for value in values {
            *value = match log {
                true => *value - most - total.ln() as f32,
                false => (f64::from((*value - most).exp()) / total) as f32,
            };
        }
    };
    if !old {
        result
            .lanes_mut(Axis(at))
            .into_iter()
            .for_each(|mut lane| normalize(&mut lane.iter_mut()));
        return Ok(vec![Constant::Float(result)]);
    }
    let mut values: Vec<f32> = x.iter().copied().collect();
    let length = x.shape()[at..].iter().product::<usize>();
    values
        .chunks_mut(length.max(1))
        .for_each(|row| normalize(&mut row.iter_mut()));
    Ok(vec![Constant::Float(array(x.shape(), values)?)])
}
