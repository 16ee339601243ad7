//! Activation functions of networks that have a bend or a kink.

use doubleback_ops::{Activation, activation};

use super::order::Order::{First, Second, Value};
use super::order::{Order, Values};

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
        First => activation(z.clone(), Activation::Sigmoid, Value).mask_fill(line(&z), 1.0),
        Second => {
            scaled(activation(z.clone(), Activation::Sigmoid, First), beta).mask_fill(z.greater_equal_elem(20.0), 0.0)
        }
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

fn scaled(x: Values, by: f64) -> Values {
    if by == 1.0 { x } else { x * by }
}
