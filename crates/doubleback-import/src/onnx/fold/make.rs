//! Constants from shapes, attributes and other types.

use half::{bf16, f16};
use ndarray::ArrayD;

use super::given::{Fold, Given, array, of_any, row, scalar, sizes};
use super::room::Room;
use crate::onnx::element::Element;
use crate::onnx::model::{Attribute, Constant};
use crate::onnx::refusal::Refusal;

pub(super) const OPS: &[(&str, Fold)] = &[
    ("Cast", cast),
    ("CastLike", cast_like),
    ("Constant", constant),
    ("ConstantOfShape", constant_of_shape),
    ("Dropout", dropout),
    ("EyeLike", eye_like),
    ("Identity", identity),
    ("Range", range),
    ("Shape", shape_of),
    ("Size", size),
];

fn shape_of(given: &Given<'_>, _: &mut Room) -> Result<Vec<Constant>, Refusal> {
    let shape = given.input(0)?.shape();
    let rank = shape.len() as i64;
    let place = |place: i64| {
        let place = if place < 0 { place.saturating_add(rank) } else { place };
        place.clamp(0, rank) as usize
    };
    let start = place(given.node.int("start", 0)?);
    let end = place(given.node.int("end", rank)?);
    let sizes = shape.get(start..end).unwrap_or_default();
    Ok(vec![Constant::Int(row(sizes
        .iter()
        .map(|&size| size as i64)
        .collect()))])
}

fn size(given: &Given<'_>, _: &mut Room) -> Result<Vec<Constant>, Refusal> {
    let count = given.input(0)?.shape().iter().product::<usize>();
    Ok(vec![Constant::Int(scalar(count as i64))])
}

fn identity(given: &Given<'_>, room: &mut Room) -> Result<Vec<Constant>, Refusal> {
    let x = given.input(0)?;
    room.take(x.shape())?;
    Ok(vec![x.clone()])
}

/// Nothing is dropped. The mask, if it is asked for, keeps all.
fn dropout(given: &Given<'_>, room: &mut Room) -> Result<Vec<Constant>, Refusal> {
    let x = given.input(0)?;
    let sizes = x.shape();
    let count = room.take(sizes)?;
    let mut results = vec![x.clone()];
    if given.node.outputs.len() > 1 {
        room.take(sizes)?;
        results.push(match given.node.opset {
            ..10 => Constant::Float(array(sizes, vec![1.0; count])?),
            _ => Constant::Bool(array(sizes, vec![true; count])?),
        });
    }
    Ok(results)
}

fn constant(given: &Given<'_>, room: &mut Room) -> Result<Vec<Constant>, Refusal> {
    let mut values = given.node.attributes.iter().filter(|(name, _)| name.contains("value"));
    let (Some((name, value)), None) = (values.next(), values.next()) else {
        return Err("has no value, or several".into());
    };
    let value = match value {
        Attribute::Tensor(value) => value.clone(),
        Attribute::Int(value) => Constant::Int(scalar(*value)),
        Attribute::Float(value) => Constant::Float(scalar(*value)),
        Attribute::Ints(values) => Constant::Int(row(values.clone())),
        Attribute::Floats(values) => Constant::Float(row(values.clone())),
        _ => return Err(Refusal(format!("its `{name}` is not of numbers"))),
    };
    room.take(value.shape())?;
    Ok(vec![value])
}

fn constant_of_shape(given: &Given<'_>, room: &mut Room) -> Result<Vec<Constant>, Refusal> {
    let sizes = sizes(&given.list(0)?)?;
    let count = room.take(&sizes)?;
    let zero = Constant::Float(scalar(0.0));
    let value = given.node.tensor("value")?.unwrap_or(&zero);
    let filled = of_any!(value, value => {
        let value = value.first().ok_or("its `value` is empty")?;
        array(&sizes, vec![*value; count])?
    });
    Ok(vec![filled])
}

fn eye_like(given: &Given<'_>, room: &mut Room) -> Result<Vec<Constant>, Refusal> {
    let x = given.input(0)?;
    let &[rows, columns] = x.shape() else {
        return Err(Refusal(format!("makes matrices, not {:?}", x.shape())));
    };
    let count = room.take(&[rows, columns])?;
    let place = given.node.int("k", 0)?;
    let on = |index: usize| (index % columns) as i64 - (index / columns) as i64 == place;
    let ones = array(&[rows, columns], (0..count).map(on).collect())?;
    let element = match given.node.optional_int("dtype")? {
        Some(code) => known(code)?,
        None => like(x),
    };
    Ok(vec![converted(&Constant::Bool(ones), element)])
}

/// As onnxruntime does it, each value is the one before it and the step.
fn range(given: &Given<'_>, room: &mut Room) -> Result<Vec<Constant>, Refusal> {
    let inputs = [given.input(0)?, given.input(1)?, given.input(2)?];
    let one = |index: usize| match inputs[index].shape().iter().product::<usize>() {
        1 => Ok(()),
        count => Err(Refusal(format!("input {index} has {count} values, not one"))),
    };
    (0..3).try_for_each(one)?;
    let none = || Refusal::new("takes numbers");
    match inputs {
        [Constant::Int(start), Constant::Int(limit), Constant::Int(step)] => {
            let first = |array: &ArrayD<i64>| array.first().copied().ok_or_else(none);
            let (mut value, limit, step) = (first(start)?, first(limit)?, first(step)?);
            if step == 0 {
                return Err("has steps of 0".into());
            }
            let distance = i128::from(limit) - i128::from(value);
            let step_ = i128::from(step);
            let count = ((distance + step_ - step_.signum()) / step_).max(0);
            let count = if distance.signum() == step_.signum() { count } else { 0 };
            let count = room.take(&[usize::try_from(count).unwrap_or(usize::MAX)])?;
            let next = |_| {
                let this = value;
                value = value.wrapping_add(step);
                this
            };
            Ok(vec![Constant::Int(row((0..count).map(next).collect()))])
        }
        [Constant::Float(start), Constant::Float(limit), Constant::Float(step)] => {
            let first = |array: &ArrayD<f32>| array.first().copied().ok_or_else(none);
            let (mut value, limit, step) = (first(start)?, first(limit)?, first(step)?);
            let count = (f64::from(limit - value) / f64::from(step)).ceil();
            if !count.is_finite() {
                return Err(Refusal(format!("goes from {value} to {limit} in steps of {step}")));
            }
            let count = room.take(&[count.max(0.0) as usize])?;
            let next = |_| {
                let this = value;
                value += step;
                this
            };
            Ok(vec![Constant::Float(row((0..count).map(next).collect()))])
        }
        _ => Err("takes numbers of one type".into()),
    }
}

fn cast(given: &Given<'_>, room: &mut Room) -> Result<Vec<Constant>, Refusal> {
    let x = given.input(0)?;
    let to = given.node.optional_int("to")?.ok_or("has no attribute `to`")?;
    room.take(x.shape())?;
    Ok(vec![converted(x, known(to)?)])
}

fn cast_like(given: &Given<'_>, room: &mut Room) -> Result<Vec<Constant>, Refusal> {
    let (x, target) = (given.input(0)?, given.input(1)?);
    room.take(x.shape())?;
    let element = given.element(1).unwrap_or_else(|| like(target));
    Ok(vec![converted(x, element)])
}

/// The element type that a number in a file means.
fn known(code: i64) -> Result<Element, Refusal> {
    let unknown = || Refusal(format!("element type {code} is none of numbers or truth values"));
    Element::of_code(code).ok_or_else(unknown)
}

/// The element type of a constant, when nothing more is known of it.
fn like(constant: &Constant) -> Element {
    match constant {
        Constant::Float(_) => Element::Float,
        Constant::Int(_) => Element::Integer { bits: 64, signed: true },
        Constant::Bool(_) => Element::Bool,
    }
}

/// Values in another element type, as onnxruntime has them on x86: floats lose what is behind the point; what an integer cannot hold wraps, and
/// what the 32 or 64 bits cannot hold that floats go through becomes their least value. Nothing saturates.
fn converted(x: &Constant, element: Element) -> Constant {
    let narrowed = |value: i64| match element {
        Element::Integer { bits: 64, .. } => value,
        Element::Integer { bits, signed: true } => value << (64 - bits) >> (64 - bits),
        Element::Integer { bits, signed: false } => value & ((1 << bits) - 1),
        _ => value,
    };
    let through_32 = matches!(element, Element::Integer { bits, signed } if bits < 32 || (bits == 32 && signed));
    let whole = |value: f32| {
        let value = f64::from(value.trunc());
        let (least, beyond) = match through_32 {
            true => (i64::from(i32::MIN), -f64::from(i32::MIN)),
            false => (i64::MIN, -(i64::MIN as f64)),
        };
        // Not a number is none of these.
        let fits = value >= -beyond && value < beyond;
        narrowed(if fits { value as i64 } else { least })
    };
    let rounded = |value: f32| match element {
        Element::Float16 => f16::from_f32(value).to_f32(),
        Element::BFloat16 => bf16::from_f32(value).to_f32(),
        _ => value,
    };
    match (x, element) {
        (Constant::Float(x), Element::Integer { .. }) => Constant::Int(x.mapv(whole)),
        (Constant::Float(x), Element::Bool) => Constant::Bool(x.mapv(|value| value != 0.0)),
        (Constant::Float(x), _) => Constant::Float(x.mapv(rounded)),
        (Constant::Int(x), Element::Integer { .. }) => Constant::Int(x.mapv(narrowed)),
        (Constant::Int(x), Element::Bool) => Constant::Bool(x.mapv(|value| value != 0)),
        (Constant::Int(x), _) => Constant::Float(x.mapv(|value| rounded(value as f32))),
        (Constant::Bool(x), Element::Integer { .. }) => Constant::Int(x.mapv(i64::from)),
        (Constant::Bool(x), Element::Bool) => Constant::Bool(x.clone()),
        (Constant::Bool(x), _) => Constant::Float(x.mapv(|value| f32::from(u8::from(value)))),
    }
}
