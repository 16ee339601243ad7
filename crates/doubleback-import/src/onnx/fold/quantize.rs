//! Floats as small integers times a scale, and back.

use ndarray::ArrayD;

use super::given::{Fold, Given, array, axis, reshaped, scalar, stretched};
use super::room::Room;
use crate::onnx::element::Element;
use crate::onnx::model::Constant;
use crate::onnx::refusal::Refusal;

type Results = Result<Vec<Constant>, Refusal>;

pub(super) const OPS: &[(&str, Fold)] = &[("DequantizeLinear", dequantize), ("QuantizeLinear", quantize)];

/// Scales or zero points with the axes of what they belong to, so that they can be stretched to it.
fn aligned<T: Clone>(given: &Given<'_>, values: &ArrayD<T>, shape: &[usize]) -> Result<ArrayD<T>, Refusal> {
    let block = given.node.int("block_size", 0)?;
    if block != 0 {
        return Err(Refusal(format!(
            "has a scale for each block of {block} values: quantize by tensor or by channel instead"
        )));
    }
    if values.len() == 1 {
        return reshaped(values, &[]);
    }
    let mut sizes = vec![1; shape.len()];
    let at = axis(given.node.int("axis", 1)?, shape.len())?;
    sizes[at] = shape[at];
    reshaped(values, &sizes)
}

/// A function of each value, its scale and its zero point, which is 0 if there is none.
fn each<T: Copy, U>(
    given: &Given<'_>,
    x: &ArrayD<T>,
    room: &mut Room,
    function: impl Fn(T, f32, i64) -> U,
) -> Result<ArrayD<U>, Refusal> {
    let none = scalar(0i64);
    let zero = match given.optional(2) {
        Some(_) => given.ints(2)?,
        None => &none,
    };
    room.take(x.shape())?;
    let scale = aligned(given, given.floats(1)?, x.shape())?;
    let zero = aligned(given, zero, x.shape())?;
    let (scale, zero) = (stretched(&scale, x.shape())?, stretched(&zero, x.shape())?);
    let values = x.iter().zip(scale.iter().zip(zero.iter()));
    array(
        x.shape(),
        values.map(|(&x, (&scale, &zero))| function(x, scale, zero)).collect(),
    )
}

fn quantize(given: &Given<'_>, room: &mut Room) -> Results {
    let element = match (given.optional(2), given.node.int("output_dtype", 0)?) {
        (Some(_), _) => given.element(2).ok_or("has a zero point whose type is not known")?,
        (None, 0) => Element::Integer { bits: 8, signed: false },
        (None, code) => Element::of_code(code).ok_or("gives no integers")?,
    };
    let [low, high] = element.range().ok_or("gives no integers")?;
    let function = |x: f32, scale: f32, zero: i64| {
        let rounded = (x / scale).round_ties_even() as i64;
        rounded.saturating_add(zero).clamp(low, high)
    };
    Ok(vec![Constant::Int(each(given, given.floats(0)?, room, function)?)])
}

fn dequantize(given: &Given<'_>, room: &mut Room) -> Results {
    let function = |x: i64, scale: f32, zero: i64| x.saturating_sub(zero) as f32 * scale;
    Ok(vec![Constant::Float(each(given, given.ints(0)?, room, function)?)])
}
