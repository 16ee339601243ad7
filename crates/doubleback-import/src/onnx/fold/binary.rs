//! Arithmetic, comparisons and logic of two or more tensors that are stretched to common sizes.

use ndarray::ArrayD;

use super::given::{Fold, Given, Same, array, common, scalar, stretched};
use super::room::Room;
use crate::onnx::model::Constant;
use crate::onnx::refusal::Refusal;

type Results = Result<Vec<Constant>, Refusal>;

pub(super) const OPS: &[(&str, Fold)] = &[
    ("Add", |given, room| {
        arithmetic(given, room, |a, b| a + b, i64::wrapping_add)
    }),
    ("And", |given, room| logic(given, room, |a, b| a & b)),
    ("Clip", clip),
    ("Div", div),
    ("Equal", equal),
    ("Greater", |given, room| {
        compare(given, room, |a, b| a > b, |a, b| a > b)
    }),
    ("GreaterOrEqual", |given, room| {
        compare(given, room, |a, b| a >= b, |a, b| a >= b)
    }),
    ("Less", |given, room| compare(given, room, |a, b| a < b, |a, b| a < b)),
    ("LessOrEqual", |given, room| {
        compare(given, room, |a, b| a <= b, |a, b| a <= b)
    }),
    ("Max", |given, room| many(given, room, greatest, i64::max)),
    ("Mean", mean),
    ("Min", |given, room| many(given, room, least, i64::min)),
    ("Mod", modulo),
    ("Mul", |given, room| {
        arithmetic(given, room, |a, b| a * b, i64::wrapping_mul)
    }),
    ("Or", |given, room| logic(given, room, |a, b| a | b)),
    ("Pow", pow),
    ("Sub", |given, room| {
        arithmetic(given, room, |a, b| a - b, i64::wrapping_sub)
    }),
    ("Sum", |given, room| many(given, room, |a, b| a + b, i64::wrapping_add)),
    ("Xor", |given, room| logic(given, room, |a, b| a ^ b)),
];

/// A function of each pair of values.
fn pairs<A: Copy, B: Copy, T>(
    a: &ArrayD<A>,
    b: &ArrayD<B>,
    room: &mut Room,
    function: impl Fn(A, B) -> T,
) -> Result<ArrayD<T>, Refusal> {
    let to = common(a.shape(), b.shape())?;
    room.take(&to)?;
    let (a, b) = (stretched(a, &to)?, stretched(b, &to)?);
    array(&to, a.iter().zip(b.iter()).map(|(&a, &b)| function(a, b)).collect())
}

fn arithmetic(
    given: &Given<'_>,
    room: &mut Room,
    of_floats: impl Fn(f32, f32) -> f32,
    of_ints: impl Fn(i64, i64) -> i64,
) -> Results {
    Ok(vec![match given.same(&[0, 1])? {
        Same::Float(x) => Constant::Float(pairs(x[0], x[1], room, of_floats)?),
        Same::Int(x) => Constant::Int(pairs(x[0], x[1], room, of_ints)?),
        Same::Bool(_) => return Err("takes numbers, not truth values".into()),
    }])
}

/// What integers are divided by is nowhere zero.
fn divisor(given: &Given<'_>) -> Result<(), Refusal> {
    match given.input(1)? {
        Constant::Int(b) if b.iter().any(|&value| value == 0) => Err("divides an integer by 0".into()),
        _ => Ok(()),
    }
}

/// Of integers towards zero.
fn div(given: &Given<'_>, room: &mut Room) -> Results {
    divisor(given)?;
    arithmetic(given, room, |a, b| a / b, i64::wrapping_div)
}

fn modulo(given: &Given<'_>, room: &mut Room) -> Results {
    divisor(given)?;
    let of_dividend = given.node.int("fmod", 0)? != 0;
    let floats = matches!(given.input(0)?, Constant::Float(_));
    if floats && !of_dividend && given.node.opset < 28 {
        return Err("takes floats only with `fmod` = 1 before opset 28".into());
    }
    let of_ints = |a: i64, b: i64| {
        let rest = a.wrapping_rem(b);
        let other_sign = rest != 0 && (rest < 0) != (b < 0);
        if other_sign && !of_dividend { rest + b } else { rest }
    };
    let of_floats = |a: f32, b: f32| {
        let rest = a % b;
        let other_sign = rest != 0.0 && (rest < 0.0) != (b < 0.0);
        if other_sign && !of_dividend { rest + b } else { rest }
    };
    arithmetic(given, room, of_floats, of_ints)
}

/// The result has the type of the base. A power of integers is computed in `f64`, as onnxruntime does; what no integer holds is the least one.
fn pow(given: &Given<'_>, room: &mut Room) -> Results {
    let whole = |power: f64| match power >= i64::MIN as f64 && power < -(i64::MIN as f64) {
        true => power as i64,
        false => i64::MIN,
    };
    Ok(vec![match (given.input(0)?, given.input(1)?) {
        (Constant::Float(a), Constant::Float(b)) => Constant::Float(pairs(a, b, room, f32::powf)?),
        (Constant::Float(a), Constant::Int(b)) => Constant::Float(pairs(a, b, room, |a, b| a.powf(b as f32))?),
        (Constant::Int(a), Constant::Int(b)) => {
            Constant::Int(pairs(a, b, room, |a, b| whole((a as f64).powf(b as f64)))?)
        }
        (Constant::Int(a), Constant::Float(b)) => {
            Constant::Int(pairs(a, b, room, |a, b| whole((a as f64).powf(f64::from(b))))?)
        }
        _ => return Err("takes numbers, not truth values".into()),
    }])
}

fn compare(
    given: &Given<'_>,
    room: &mut Room,
    of_floats: impl Fn(f32, f32) -> bool,
    of_ints: impl Fn(i64, i64) -> bool,
) -> Results {
    Ok(vec![Constant::Bool(match given.same(&[0, 1])? {
        Same::Float(x) => pairs(x[0], x[1], room, of_floats)?,
        Same::Int(x) => pairs(x[0], x[1], room, of_ints)?,
        Same::Bool(_) => return Err("takes numbers, not truth values".into()),
    })])
}

fn equal(given: &Given<'_>, room: &mut Room) -> Results {
    match given.same(&[0, 1])? {
        Same::Bool(x) => Ok(vec![Constant::Bool(pairs(x[0], x[1], room, |a, b| a == b)?)]),
        _ => compare(given, room, |a, b| a == b, |a, b| a == b),
    }
}

fn logic(given: &Given<'_>, room: &mut Room, function: impl Fn(bool, bool) -> bool) -> Results {
    let (a, b) = (given.bools(0)?, given.bools(1)?);
    Ok(vec![Constant::Bool(pairs(a, b, room, function)?)])
}

/// The greater one; what is not a number if there is such.
fn greatest(a: f32, b: f32) -> f32 {
    if a.is_nan() || a > b { a } else { b }
}

/// The less one; what is not a number if there is such.
fn least(a: f32, b: f32) -> f32 {
    if a.is_nan() || a < b { a } else { b }
}

fn many(
    given: &Given<'_>,
    room: &mut Room,
    of_floats: impl Fn(f32, f32) -> f32,
    of_ints: impl Fn(i64, i64) -> i64,
) -> Results {
    fn together<T: Copy>(
        arrays: &[&ArrayD<T>],
        room: &mut Room,
        function: impl Fn(T, T) -> T,
    ) -> Result<ArrayD<T>, Refusal> {
        let (first, others) = arrays.split_first().ok_or("has no input")?;
        room.take(first.shape())?;
        others
            .iter()
            .try_fold((*first).clone(), |sum, next| pairs(&sum, next, room, &function))
    }
    Ok(vec![match given.all()? {
        Same::Float(x) => Constant::Float(together(&x, room, of_floats)?),
        Same::Int(x) => Constant::Int(together(&x, room, of_ints)?),
        Same::Bool(_) => return Err("takes numbers, not truth values".into()),
    }])
}

fn mean(given: &Given<'_>, room: &mut Room) -> Results {
    let count = given.inputs.len() as f32;
    let mut sum = many(given, room, |a, b| a + b, i64::wrapping_add)?;
    match sum.pop() {
        Some(Constant::Float(sum)) => Ok(vec![Constant::Float(sum / count)]),
        _ => Err("takes floats".into()),
    }
}

/// Up to the greatest last: where it is less than the least, all values are the greatest.
fn clip(given: &Given<'_>, room: &mut Room) -> Results {
    room.take(given.input(0)?.shape())?;
    if given.node.opset < 11 {
        let (low, high) = (given.node.float("min", f32::MIN)?, given.node.float("max", f32::MAX)?);
        let x = given.floats(0)?;
        return Ok(vec![Constant::Float(x.mapv(|value| least(greatest(value, low), high)))]);
    }
    let mut x = given.input(0)?.clone();
    for (index, upper) in [(1, false), (2, true)] {
        let Some(bound) = given.optional(index) else { continue };
        if bound.shape().iter().product::<usize>() != 1 {
            return Err("its bounds are not single values".into());
        }
        x = match (&x, bound, upper) {
            (Constant::Float(x), Constant::Float(bound), true) => Constant::Float(pairs(x, &flat(bound), room, least)?),
            (Constant::Float(x), Constant::Float(bound), false) => {
                Constant::Float(pairs(x, &flat(bound), room, greatest)?)
            }
            (Constant::Int(x), Constant::Int(bound), true) => Constant::Int(pairs(x, &flat(bound), room, i64::min)?),
            (Constant::Int(x), Constant::Int(bound), false) => Constant::Int(pairs(x, &flat(bound), room, i64::max)?),
            _ => return Err("its bounds are of another type than its values".into()),
        };
    }
    Ok(vec![x])
}

/// A single value without axes.
fn flat<T: Copy + Default>(value: &ArrayD<T>) -> ArrayD<T> {
    scalar(value.first().copied().unwrap_or_default())
}
