//! Functions made of straight pieces: their second derivative is 0.

use burn::tensor::{Bool, Tensor};

use super::order::Order::{First, Second, Value};
use super::order::{Order, Values, indicator};

/// The value or the slope, given as functions.
fn piecewise(
    order: Order,
    x: Values,
    value: impl FnOnce(Values) -> Values,
    slope: impl FnOnce(Values) -> Values,
) -> Option<Values> {
    match order {
        Value => Some(value(x)),
        First => Some(slope(x)),
        Second => None,
    }
}

pub(super) fn abs(order: Order, x: Values) -> Option<Values> {
    piecewise(order, x, Values::abs, Values::sign)
}

pub(super) fn clip(order: Order, x: Values, min: Option<f64>, max: Option<f64>) -> Option<Values> {
    let value = |x: Values| match (min, max) {
        (Some(min), Some(max)) => x.clamp(min, max),
        (Some(min), None) => x.clamp_min(min),
        (None, Some(max)) => x.clamp_max(max),
        (None, None) => x,
    };
    let slope = |x: Values| {
        let below = min.map(|min| x.clone().lower_elem(min));
        let above = max.map(|max| x.clone().greater_elem(max));
        let outside = below.into_iter().chain(above);
        outside.fold(x.ones_like(), |slope, outside| slope.mask_fill(outside, 0.0))
    };
    piecewise(order, x, value, slope)
}

pub(super) fn max(order: Order, x: Values, with: f64) -> Option<Values> {
    let slope = |x: Values| (x - with).sign() * 0.5 + 0.5;
    piecewise(order, x, |x| x.clamp_min(with), slope)
}

pub(super) fn min(order: Order, x: Values, with: f64) -> Option<Values> {
    let slope = |x: Values| (x - with).sign() * -0.5 + 0.5;
    piecewise(order, x, |x| x.clamp_max(with), slope)
}

pub(super) fn hard_sigmoid(order: Order, x: Values, alpha: f64, beta: f64) -> Option<Values> {
    let line = |x: Values| x * alpha + beta;
    let slope = |x: Values| {
        let line = line(x);
        indicator(between(&line, 0.0, 1.0), &line) * alpha
    };
    piecewise(order, x, |x| line(x).clamp(0.0, 1.0), slope)
}

pub(super) fn leaky(order: Order, x: Values, slope: f64) -> Option<Values> {
    let positive = |x: &Values| x.clone().greater_elem(0.0);
    piecewise(
        order,
        x,
        |x| (x.clone() * slope).mask_where(positive(&x), x),
        |x| x.full_like(slope).mask_fill(positive(&x), 1.0),
    )
}

pub(super) fn thresholded_relu(order: Order, x: Values, alpha: f64) -> Option<Values> {
    let value = |x: Values| x.clone().mask_fill(x.lower_equal_elem(alpha), 0.0);
    piecewise(order, x, value, |x| indicator(x.clone().greater_elem(alpha), &x))
}

pub(super) fn shrink(order: Order, x: Values, bias: f64, lambda: f64) -> Option<Values> {
    let middle = |x: &Values| x.clone().abs().lower_equal_elem(lambda);
    let value = |x: Values| (x.clone() - x.clone().sign() * bias).mask_fill(middle(&x), 0.0);
    piecewise(order, x, value, |x| x.ones_like().mask_fill(middle(&x), 0.0))
}

/// Where `x` is above `min` and below `max`.
fn between(x: &Values, min: f64, max: f64) -> Tensor<4, Bool> {
    x.clone().greater_elem(min).bool_and(x.clone().lower_elem(max))
}
