//! Smooth activation functions of networks.

use burn::tensor::activation;

use super::elementary::{FAR, tanh_slope};
use super::order::Order::{First, Second, Value};
use super::order::{Order, Values};

pub(super) fn sigmoid(order: Order, x: Values) -> Values {
    match order {
        Value => activation::sigmoid(x),
        First => tanh_slope(x * 0.5) * 0.25,
        Second => tanh_slope(x.clone() * 0.5) * (x * 0.5).tanh() * -0.25,
    }
}

/// `x · σ(a x)`: `σ + a x σ'`, then `a σ' (2 - a x tanh(a x / 2))`.
pub(super) fn swish(order: Order, x: Values, a: f64) -> Values {
    let z = scaled(x.clone(), a);
    match order {
        Value => x * activation::sigmoid(z),
        First => activation::sigmoid(z.clone()) + z.clone() * sigmoid(First, z),
        Second => scaled(sigmoid(First, z.clone()), a) * (z.clone() * (z * 0.5).tanh() * -1.0 + 2.0),
    }
}

/// `gamma · x` above 0, else `gamma · alpha · (exp(rate · x) - 1)`.
pub(super) fn elu(order: Order, x: Values, [alpha, gamma, rate]: [f64; 3]) -> Values {
    let below = scaled(x.clone().clamp_max(0.0), rate);
    match order {
        // exp(z) - 1 without cancellation.
        Value => {
            let below = (below.clone() * 0.5).tanh() * (below.exp() + 1.0);
            scaled(x.clamp_min(0.0), gamma) + below * (gamma * alpha)
        }
        First => (below.exp() * (gamma * alpha * rate)).mask_fill(x.greater_elem(0.0), gamma),
        Second => (below.exp() * (gamma * alpha * rate * rate)).mask_fill(x.greater_equal_elem(0.0), 0.0),
    }
}

/// As in PyTorch a line where `beta · x` is above 20.
pub(super) fn softplus(order: Order, x: Values, beta: f64) -> Values {
    let z = scaled(x.clone(), beta);
    let line = |z: &Values| z.clone().greater_elem(20.0);
    match order {
        Value => {
            let (bend, line) = (z.clone().abs().neg().exp().log1p(), line(&z));
            scaled(z.clamp_min(0.0) + bend, beta.recip()).mask_where(line, x)
        }
        First => activation::sigmoid(z.clone()).mask_fill(line(&z), 1.0),
        Second => scaled(sigmoid(First, z.clone()), beta).mask_fill(z.greater_equal_elem(20.0), 0.0),
    }
}

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

/// With the normal density φ: `Φ + x φ`, then `φ (2 - x²)`.
pub(super) fn gelu(order: Order, x: Values) -> Values {
    let near = x.clone().clamp(-FAR, FAR);
    let below = |x: Values| ((x * std::f64::consts::FRAC_1_SQRT_2).erf() + 1.0) * 0.5;
    let density = |x: Values| {
        let scale = std::f64::consts::FRAC_2_SQRT_PI * std::f64::consts::FRAC_1_SQRT_2 * 0.5;
        (x.square() * -0.5).exp() * scale
    };
    match order {
        Value => x.clone() * below(x),
        First => below(x) + near.clone() * density(near),
        Second => density(near.clone()) * (near.square() * -1.0 + 2.0),
    }
}

/// `x (1 + tanh u) / 2` with `u = √(2/π) (x + 0.044715 x³)`.
pub(super) fn gelu_tanh(order: Order, x: Values) -> Values {
    let (scale, cubic) = ((2.0 / std::f64::consts::PI).sqrt(), 0.044715);
    // Farther out tanh u is ±1 and its derivatives are 0.
    let near = x.clone().clamp(-FAR, FAR);
    let square = near.clone().square();
    let u = near.clone() * (square.clone() * cubic + 1.0) * scale;
    let slope = (square * (3.0 * cubic) + 1.0) * scale;
    match order {
        Value => x * (u.tanh() + 1.0) * 0.5,
        First => (u.clone().tanh() + 1.0) * 0.5 + near * tanh_slope(u) * slope * 0.5,
        Second => {
            let curvature = near.clone() * (6.0 * cubic * scale);
            let bend = u.clone().tanh() * slope.clone().square() * -1.0 + curvature * 0.5;
            tanh_slope(u) * (slope + near * bend)
        }
    }
}

/// With `exp(x) = u / v`, one of which is 1, `t = tanh(softplus(x)) = (u² + 2uv) / q` and `q = u² + 2uv + 2v²`: nothing overflows or cancels.
/// `t + x t'`, then `2 t' + x t''`.
pub(super) fn mish(order: Order, x: Values) -> Values {
    let u = x.clone().clamp_max(0.0).exp();
    let v = x.clone().clamp_min(0.0).neg().exp();
    let p = u.clone() * (v.clone() * 2.0 + u.clone());
    let q = v.clone().square() * 2.0 + p.clone();
    let t = p / q.clone();
    if order == Value {
        return x * t;
    }
    let uv2 = u.clone() * v.clone().square() * 4.0;
    let slope = uv2.clone() * (u.clone() + v.clone()) / q.clone().square();
    if order == First {
        return t + x * slope;
    }
    let (u2, v2) = (u.clone().square(), v.clone().square());
    let cubic = (u.clone() * u2.clone() * -2.0) - u2 * v.clone() * 3.0 + u * v2.clone() * 2.0 + v * v2 * 2.0;
    let curvature = uv2 * cubic / (q.clone().square() * q);
    slope * 2.0 + x * curvature
}

fn scaled(x: Values, by: f64) -> Values {
    if by == 1.0 { x } else { x * by }
}
