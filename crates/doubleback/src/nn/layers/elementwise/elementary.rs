//! Powers, exponentials, trigonometric and hyperbolic functions.

use super::order::Order::{First, Second, Value};
use super::order::{Order, Values};

/// Beyond this `exp(-x²)` is 0 even in `f64`; what it is multiplied by need not grow further.
const FAR: f64 = 40.0;

pub(super) fn affine(order: Order, x: Values, scale: f64, shift: f64) -> Option<Values> {
    match order {
        Value => Some(x * scale + shift),
        First => Some(x.full_like(scale)),
        Second => None,
    }
}

/// The derivatives are `p x^(p - 1)` and `p (p - 1) x^(p - 2)`: 0, and not 0 times infinity, where the factor is 0.
pub(super) fn pow(order: Order, x: Values, exponent: f64) -> Option<Values> {
    let (factor, exponent) = match order {
        Value => (1.0, exponent),
        First => (exponent, exponent - 1.0),
        Second => (exponent * (exponent - 1.0), exponent - 2.0),
    };
    if factor == 0.0 {
        return None;
    }
    Some(match (exponent, factor) {
        (0.0, _) => x.full_like(factor),
        (_, 1.0) => x.powf_scalar(exponent),
        _ => x.powf_scalar(exponent) * factor,
    })
}

pub(super) fn sqrt(order: Order, x: Values) -> Values {
    match order {
        Value => x.sqrt(),
        First => x.sqrt().recip() * 0.5,
        Second => (x.clone().sqrt() * x).recip() * -0.25,
    }
}

pub(super) fn log(order: Order, x: Values) -> Values {
    match order {
        Value => x.log(),
        First => x.recip(),
        Second => x.recip().square().neg(),
    }
}

pub(super) fn erf(order: Order, x: Values) -> Values {
    let bell = |x: Values| x.square().neg().exp() * std::f64::consts::FRAC_2_SQRT_PI;
    match order {
        Value => x.erf(),
        First => bell(x),
        Second => x.clone().clamp(-FAR, FAR) * bell(x) * -2.0,
    }
}

pub(super) fn sin(order: Order, x: Values) -> Values {
    match order {
        Value => x.sin(),
        First => x.cos(),
        Second => x.sin().neg(),
    }
}

pub(super) fn cos(order: Order, x: Values) -> Values {
    match order {
        Value => x.cos(),
        First => x.sin().neg(),
        Second => x.cos().neg(),
    }
}

pub(super) fn tan(order: Order, x: Values) -> Values {
    let tan = x.tan();
    match order {
        Value => tan,
        First => tan.square() + 1.0,
        Second => (tan.clone().square() + 1.0) * tan * 2.0,
    }
}

pub(super) fn asin(order: Order, x: Values) -> Values {
    // (1 - x)(1 + x) keeps digits near 1 that 1 - x² would lose.
    let slope = |x: Values| ((-x.clone() + 1.0) * (x + 1.0)).sqrt().recip();
    match order {
        Value => x.asin(),
        First => slope(x),
        Second => x.clone() * cube(slope(x)),
    }
}

pub(super) fn acosh(order: Order, x: Values) -> Values {
    // Not the root of the product, which is real below -1 too.
    let slope = |x: Values| ((x.clone() - 1.0).sqrt() * (x + 1.0).sqrt()).recip();
    match order {
        Value => x.acosh(),
        First => slope(x),
        Second => (x.clone() * cube(slope(x))).neg(),
    }
}

pub(super) fn asinh(order: Order, x: Values) -> Values {
    let slope = |x: Values| (x.square() + 1.0).sqrt().recip();
    match order {
        Value => x.asinh(),
        First => slope(x),
        Second => (x.clone() * cube(slope(x))).neg(),
    }
}

pub(super) fn atan(order: Order, x: Values) -> Values {
    let slope = |x: Values| (x.square() + 1.0).recip();
    match order {
        Value => x.atan(),
        First => slope(x),
        Second => x.clone() * slope(x).square() * -2.0,
    }
}

pub(super) fn atanh(order: Order, x: Values) -> Values {
    let slope = |x: Values| ((-x.clone() + 1.0) * (x + 1.0)).recip();
    match order {
        // Of the magnitude: near -1 the usual formula cancels.
        Value => {
            let size = x.clone().abs();
            let ratio = size.clone() * 2.0 / (-size + 1.0);
            ratio.log1p() * 0.5 * x.sign()
        }
        First => slope(x),
        Second => x.clone() * slope(x).square() * 2.0,
    }
}

fn cube(x: Values) -> Values {
    x.clone().square() * x
}

/// `x / (1 + |x|)`, `1 / (1 + |x|)²`, and so on.
pub(super) fn softsign(order: Order, x: Values) -> Values {
    let below = x.clone().abs() + 1.0;
    match order {
        Value => x / below,
        First => below.recip().square(),
        Second => {
            let part = below.recip();
            part.clone().square() * part * x.sign() * -2.0
        }
    }
}
