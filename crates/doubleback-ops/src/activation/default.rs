//! Default body of the activation functions: closed forms that neither overflow nor cancel where the function itself does not.

use std::ops::{Add, Div, Mul};

use burn::backend::tensor::{BoolTensor, FloatTensor};
use burn::backend::{Backend, BoolDType, Scalar, TensorMetadata};

use crate::options::Order::{First, Second, Value};
use crate::options::{Activation, Order};

/// See [`activation`](super::activation).
pub(crate) fn activation<B: Backend>(x: FloatTensor<B>, activation: Activation, order: Order) -> FloatTensor<B> {
    let x = Values::<B>(x);
    let y = match activation {
        Activation::Sigmoid => sigmoid(order, x),
        Activation::Tanh => tanh(order, x),
        Activation::Swish { alpha } => swish(order, x, alpha),
        Activation::Gelu => gelu(order, x),
        Activation::GeluTanh => gelu_tanh(order, x),
        Activation::Mish => mish(order, x),
        Activation::Elu { alpha, gamma, rate } => elu(order, x, [alpha, gamma, rate]),
        Activation::Softplus { beta } => softplus(order, x, beta),
        Activation::HardSwish => hard_swish(order, x),
        Activation::HardTanh { min, max } => hard_tanh(order, x, min, max),
    };
    y.0
}

/// See [`hard_tanh_vjp`](super::hard_tanh_vjp).
pub(crate) fn hard_tanh_vjp<B: Backend>(g: FloatTensor<B>, y: FloatTensor<B>, min: f64, max: f64) -> FloatTensor<B> {
    (Values::<B>(g) * Values::<B>(y).within(min, max)).0
}

/// Beyond this `exp(-x² / 2)` is 0 even in `f64`; a polynomial of `x` that it is multiplied by need not grow further.
const FAR: f64 = 40.0;

fn sigmoid<B: Backend>(order: Order, x: Values<B>) -> Values<B> {
    match order {
        Value => x.sigmoid(),
        First => tanh_slope(x * 0.5) * 0.25,
        Second => tanh_slope(x.clone() * 0.5) * (x * 0.5).tanh() * -0.25,
    }
}

fn tanh<B: Backend>(order: Order, x: Values<B>) -> Values<B> {
    match order {
        Value => x.tanh(),
        First => tanh_slope(x),
        Second => x.clone().tanh() * tanh_slope(x) * -2.0,
    }
}

/// `1 - tanh²(x)` without cancellation.
fn tanh_slope<B: Backend>(x: Values<B>) -> Values<B> {
    let e = (x.abs() * -2.0).exp();
    let below = e.clone() + 1.0;
    e * 4.0 / (below.clone() * below)
}

/// `σ + a x σ'`, then `a σ' (2 - a x tanh(a x / 2))`.
fn swish<B: Backend>(order: Order, x: Values<B>, a: f64) -> Values<B> {
    let z = x.clone() * a;
    match order {
        Value => x * z.sigmoid(),
        First => z.clone().sigmoid() + z.clone() * sigmoid(First, z),
        Second => sigmoid(First, z.clone()) * a * (z.clone() * (z * 0.5).tanh() * -1.0 + 2.0),
    }
}

/// With the normal density φ: `Φ + x φ`, then `φ (2 - x²)`.
fn gelu<B: Backend>(order: Order, x: Values<B>) -> Values<B> {
    let near = x.clone().clamp(FAR);
    let below = |x: Values<B>| ((x * std::f64::consts::FRAC_1_SQRT_2).erf() + 1.0) * 0.5;
    let density = |x: Values<B>| {
        let scale = std::f64::consts::FRAC_2_SQRT_PI * std::f64::consts::FRAC_1_SQRT_2 * 0.5;
        (x.clone() * x * -0.5).exp() * scale
    };
    match order {
        Value => x.clone() * below(x),
        First => below(x) + near.clone() * density(near),
        Second => density(near.clone()) * (near.clone() * near * -1.0 + 2.0),
    }
}

/// `x (1 + tanh u) / 2` with `u = √(2/π) (x + 0.044715 x³)`.
fn gelu_tanh<B: Backend>(order: Order, x: Values<B>) -> Values<B> {
    let (scale, cubic) = ((2.0 / std::f64::consts::PI).sqrt(), 0.044_715);
    // Farther out tanh u is ±1 and its derivatives are 0.
    let near = x.clone().clamp(FAR);
    let square = near.clone() * near.clone();
    let u = near.clone() * (square.clone() * cubic + 1.0) * scale;
    let slope = (square * (3.0 * cubic) + 1.0) * scale;
    match order {
        Value => x * (u.tanh() + 1.0) * 0.5,
        First => (u.clone().tanh() + 1.0) * 0.5 + near * tanh_slope(u) * slope * 0.5,
        Second => {
            let curvature = near.clone() * (6.0 * cubic * scale);
            let bend = u.clone().tanh() * (slope.clone() * slope.clone()) * -1.0 + curvature * 0.5;
            tanh_slope(u) * (slope + near * bend)
        }
    }
}

/// With `exp(x) = u / v`, one of which is 1, `t = tanh(softplus(x)) = (u² + 2uv) / q` and `q = u² + 2uv + 2v²`. `t + x t'`, then `2 t' + x t''`.
fn mish<B: Backend>(order: Order, x: Values<B>) -> Values<B> {
    let u = x.clone().clamp_max(0.0).exp();
    let v = (x.clone().clamp_min(0.0) * -1.0).exp();
    let v2 = v.clone() * v.clone();
    let p = u.clone() * (v.clone() * 2.0 + u.clone());
    let q = v2.clone() * 2.0 + p.clone();
    if order == Value {
        return x * (p / q);
    }
    let uv2 = u.clone() * v2.clone() * 4.0;
    let slope = uv2.clone() * (u.clone() + v.clone()) / (q.clone() * q.clone());
    if order == First {
        return p / q + x * slope;
    }
    let u2 = u.clone() * u.clone();
    let cubic = u2.clone() * u.clone() * -2.0 + u2 * v.clone() * -3.0 + u * v2.clone() * 2.0 + v * v2 * 2.0;
    let curvature = uv2 * cubic / (q.clone() * q.clone() * q);
    slope * 2.0 + x * curvature
}

/// `exp(z) - 1` as `tanh(z / 2) (exp(z) + 1)`, which does not cancel.
fn elu<B: Backend>(order: Order, x: Values<B>, [alpha, gamma, rate]: [f64; 3]) -> Values<B> {
    let z = x.clone().clamp_max(0.0) * rate;
    match order {
        Value => x.clamp_min(0.0) * gamma + (z.clone() * 0.5).tanh() * (z.exp() + 1.0) * (gamma * alpha),
        First => (z.exp() * (gamma * alpha * rate)).filled(x.above(0.0), gamma),
        Second => (z.exp() * (gamma * alpha * rate * rate)).filled(x.at_least(0.0), 0.0),
    }
}

/// `max(z, 0) + log(1 + exp(-|z|))`, all by beta.
fn softplus<B: Backend>(order: Order, x: Values<B>, beta: f64) -> Values<B> {
    let line = 20.0;
    let z = x.clone() * beta;
    match order {
        Value => {
            let bend = Values::<B>(B::float_log1p((z.clone().abs() * -1.0).exp().0));
            let value = (z.clone().clamp_min(0.0) + bend) / beta;
            Values(B::float_mask_where(value.0, z.above(line), x.0))
        }
        First => z.clone().sigmoid().filled(z.above(line), 1.0),
        Second => (sigmoid(First, z.clone()) * beta).filled(z.at_least(line), 0.0),
    }
}

/// The gate, its slope times `x` besides, and twice that slope.
fn hard_swish<B: Backend>(order: Order, x: Values<B>) -> Values<B> {
    let gate = |x: Values<B>| (x + 3.0).clamp_min(0.0).clamp_max(6.0) / 6.0;
    match order {
        Value => x.clone() * gate(x),
        First => gate(x.clone()) + x.clone() * x.within(-3.0, 3.0) / 6.0,
        Second => x.within(-3.0, 3.0) / 3.0,
    }
}

fn hard_tanh<B: Backend>(order: Order, x: Values<B>, min: f64, max: f64) -> Values<B> {
    match order {
        Value => x.clamp_min(min).clamp_max(max),
        First => x.within(min, max),
        Second => x.all(0.0),
    }
}

/// A tensor primitive in formulas.
struct Values<B: Backend>(FloatTensor<B>);

impl<B: Backend> Clone for Values<B> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

impl<B: Backend> Values<B> {
    fn exp(self) -> Self {
        Self(B::float_exp(self.0))
    }

    fn abs(self) -> Self {
        Self(B::float_abs(self.0))
    }

    fn erf(self) -> Self {
        Self(B::float_erf(self.0))
    }

    fn tanh(self) -> Self {
        Self(B::float_tanh(self.0))
    }

    fn sigmoid(self) -> Self {
        Self(B::sigmoid(self.0))
    }

    fn clamp_min(self, least: f64) -> Self {
        Self(B::float_clamp_min(self.0, Scalar::Float(least)))
    }

    fn clamp_max(self, greatest: f64) -> Self {
        Self(B::float_clamp_max(self.0, Scalar::Float(greatest)))
    }

    /// As many of this value.
    fn all(self, value: f64) -> Self {
        let (shape, dtype) = (self.0.shape(), self.0.dtype());
        let zeros = B::float_zeros(shape, &self.0.device(), dtype.into());
        Self(B::float_add_scalar(zeros, Scalar::Float(value)))
    }

    /// 0 where it is not above `min` or not below `max`, else 1.
    fn within(self, min: f64, max: f64) -> Self {
        let below = B::float_lower_equal_elem(self.0.clone(), Scalar::Float(min), BoolDType::Native);
        let above = B::float_greater_equal_elem(self.0.clone(), Scalar::Float(max), BoolDType::Native);
        let ones = self.all(1.0).0;
        let zero = Scalar::Float(0.0);
        Self(B::float_mask_fill(B::float_mask_fill(ones, below, zero), above, zero))
    }

    fn above(self, least: f64) -> BoolTensor<B> {
        B::float_greater_elem(self.0, Scalar::Float(least), BoolDType::Native)
    }

    fn at_least(self, least: f64) -> BoolTensor<B> {
        B::float_greater_equal_elem(self.0, Scalar::Float(least), BoolDType::Native)
    }

    /// With this value where the mask is true.
    fn filled(self, mask: BoolTensor<B>, value: f64) -> Self {
        Self(B::float_mask_fill(self.0, mask, Scalar::Float(value)))
    }

    /// To at most this magnitude.
    fn clamp(self, greatest: f64) -> Self {
        self.clamp_min(-greatest).clamp_max(greatest)
    }
}

impl<B: Backend> Add for Values<B> {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self(B::float_add(self.0, other.0))
    }
}

impl<B: Backend> Add<f64> for Values<B> {
    type Output = Self;

    fn add(self, other: f64) -> Self {
        Self(B::float_add_scalar(self.0, Scalar::Float(other)))
    }
}

impl<B: Backend> Mul for Values<B> {
    type Output = Self;

    fn mul(self, other: Self) -> Self {
        Self(B::float_mul(self.0, other.0))
    }
}

impl<B: Backend> Mul<f64> for Values<B> {
    type Output = Self;

    fn mul(self, other: f64) -> Self {
        Self(B::float_mul_scalar(self.0, Scalar::Float(other)))
    }
}

impl<B: Backend> Div<f64> for Values<B> {
    type Output = Self;

    fn div(self, other: f64) -> Self {
        Self(B::float_div_scalar(self.0, Scalar::Float(other)))
    }
}

impl<B: Backend> Div for Values<B> {
    type Output = Self;

    fn div(self, other: Self) -> Self {
        Self(B::float_div(self.0, other.0))
    }
}
