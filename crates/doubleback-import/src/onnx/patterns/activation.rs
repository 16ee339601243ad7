//! Activations of which ONNX had no operator, or has none.

use std::f64::consts::{FRAC_1_SQRT_2, FRAC_2_SQRT_PI};

use super::Found;
use super::view::{Product, View, is};
use crate::onnx::model::{Attribute, Node};

/// A product of `x` and a function of it.
pub(super) fn find(view: &View, last: usize) -> Option<Found> {
    let product = view.product(last)?;
    let [a, b] = product.values.as_slice() else {
        return None;
    };
    let both = [(*a, *b), (*b, *a)];
    both.into_iter().find_map(|(x, gate)| {
        let found = match product.scale {
            scale if is(scale, 1.0) => silu(view, x, gate)
                .or_else(|| mish(view, x, gate))
                .or_else(|| hard(view, x, gate)),
            scale if is(scale, 1.0 / 6.0) => hard_of_clip(view, x, gate),
            scale if is(scale, 0.5) => gelu(view, x, gate),
            _ => None,
        };
        let mut found = found?;
        found.inner.extend(&product.inner);
        Some(found)
    })
}

/// `x * sigmoid(x)`.
fn silu(view: &View, x: &str, gate: &str) -> Option<Found> {
    let (place, sigmoid) = view.giver(gate, "Sigmoid")?;
    let found = Found::of("Swish", 24, x, vec![place]).with("alpha", Attribute::Float(1.0));
    (sigmoid.input(0) == Some(x)).then_some(found)
}

/// `x * tanh(softplus(x))`.
fn mish(view: &View, x: &str, gate: &str) -> Option<Found> {
    let (place, tanh) = view.giver(gate, "Tanh")?;
    let (inner, softplus) = view.giver(tanh.input(0)?, "Softplus")?;
    (softplus.input(0) == Some(x)).then(|| Found::of("Mish", 18, x, vec![place, inner]))
}

/// `x * hard_sigmoid(x)`, of slope 1/6.
fn hard(view: &View, x: &str, gate: &str) -> Option<Found> {
    let (place, sigmoid) = view.giver(gate, "HardSigmoid")?;
    let (slope, offset) = (sigmoid.float("alpha", 0.2).ok()?, sigmoid.float("beta", 0.5).ok()?);
    let fits = sigmoid.input(0) == Some(x) && is(slope.into(), 1.0 / 6.0) && offset == 0.5;
    fits.then(|| Found::of("HardSwish", 14, x, vec![place]))
}

/// `x * clip(x + 3, 0, 6)`, a sixth of which it is.
fn hard_of_clip(view: &View, x: &str, gate: &str) -> Option<Found> {
    let (clips, inside) = clip_to_six(view, gate)?;
    let (place, add) = view.giver(inside, "Add")?;
    let (number, value) = view.with_number(add)?;
    let fits = number == 3.0 && value == x;
    fits.then(|| Found::of("HardSwish", 14, x, [clips, vec![place]].concat()))
}

/// What is clipped to 0 and 6, by one operator or two.
fn clip_to_six<'a>(view: &View<'a>, name: &str) -> Option<(Vec<usize>, &'a str)> {
    if let Some((place, clip)) = view.giver(name, "Clip") {
        let bound = |i: usize, attribute: &str| match clip.input(i) {
            Some(name) => view.number(name),
            None => clip.optional_float(attribute).ok()?,
        };
        let fits = bound(1, "min")? == 0.0 && bound(2, "max")? == 6.0;
        return fits.then_some((vec![place], clip.input(0)?));
    }
    let (upper, min) = view.giver(name, "Min")?;
    let (six, below) = two(min).and_then(|()| view.with_number(min))?;
    if let Some((lower, relu)) = view.giver(below, "Relu") {
        return (six == 6.0).then_some((vec![upper, lower], relu.input(0)?));
    }
    let (lower, max) = view.giver(below, "Max")?;
    let (zero, inside) = two(max).and_then(|()| view.with_number(max))?;
    (six == 6.0 && zero == 0.0).then_some((vec![upper, lower], inside))
}

fn two(node: &Node) -> Option<()> {
    (node.inputs.len() == 2).then_some(())
}

/// `x * (1 + f(x))`, half of which it is.
fn gelu(view: &View, x: &str, gate: &str) -> Option<Found> {
    let (place, add) = view.giver(gate, "Add")?;
    let (one, inside) = view.with_number(add)?;
    if one != 1.0 {
        return None;
    }
    let (approximate, function, inner) = if let Some((function, erf)) = view.giver(inside, "Erf") {
        let (scale, value, inner) = view.scaled(erf.input(0)?);
        (is(scale, FRAC_1_SQRT_2) && value == x).then_some(("none", function, inner))?
    } else {
        let (function, tanh) = view.giver(inside, "Tanh")?;
        ("tanh", function, cubic(view, x, tanh.input(0)?)?)
    };
    let found = Found::of("Gelu", 20, x, [vec![place, function], inner].concat());
    Some(found.with("approximate", Attribute::Text(approximate.into())))
}

/// `sqrt(2 / pi) * (x + 0.044715 * x^3)`: the places of its nodes.
fn cubic<'a>(view: &View<'a>, x: &str, name: &'a str) -> Option<Vec<usize>> {
    let (scale, sum, mut inner) = view.scaled(name);
    let (place, add) = view.giver(sum, "Add")?;
    inner.push(place);
    if !is(scale, FRAC_2_SQRT_PI * FRAC_1_SQRT_2) {
        return None;
    }
    let (a, b) = (add.input(0)?, add.input(1)?);
    let cube = if a == x { b } else { a };
    let cubed = ["Mul", "Div"].iter().find_map(|op| view.giver(cube, op))?;
    let Product {
        scale,
        values,
        inner: more,
    } = view.product(cubed.0)?;
    inner.push(cubed.0);
    inner.extend(more);
    let fits = is(scale, 0.044_715) && (a == x || b == x);
    match values.as_slice() {
        [power] => {
            let (place, pow) = view.giver(power, "Pow")?;
            inner.push(place);
            (fits && pow.input(0)? == x && view.number(pow.input(1)?)? == 3.0).then_some(inner)
        }
        all => (fits && all.len() == 3 && all.iter().all(|value| *value == x)).then_some(inner),
    }
}
