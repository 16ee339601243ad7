//! Functions of single values, in `f32` as runtimes have them.

use std::f32::consts::{FRAC_1_SQRT_2, FRAC_2_SQRT_PI, SQRT_2};

use super::given::{Fold, Given};
use super::room::Room;
use crate::onnx::model::Constant;
use crate::onnx::refusal::Refusal;

type Results = Result<Vec<Constant>, Refusal>;

pub(super) const OPS: &[(&str, Fold)] = &[
    ("Abs", |given, room| both(given, room, f32::abs, i64::wrapping_abs)),
    ("Acos", |given, room| float(given, room, f32::acos)),
    ("Acosh", |given, room| float(given, room, f32::acosh)),
    ("Asin", |given, room| float(given, room, f32::asin)),
    ("Asinh", |given, room| float(given, room, f32::asinh)),
    ("Atan", |given, room| float(given, room, f32::atan)),
    ("Atanh", |given, room| float(given, room, f32::atanh)),
    ("Ceil", |given, room| float(given, room, f32::ceil)),
    ("Celu", celu),
    ("Cos", |given, room| float(given, room, f32::cos)),
    ("Cosh", |given, room| float(given, room, f32::cosh)),
    ("Elu", elu),
    ("Erf", |given, room| float(given, room, libm::erff)),
    ("Exp", |given, room| float(given, room, f32::exp)),
    ("Floor", |given, room| float(given, room, f32::floor)),
    ("Gelu", gelu),
    ("HardSigmoid", hard_sigmoid),
    ("HardSwish", |given, room| {
        float(given, room, |x| x * (x / 6.0 + 0.5).clamp(0.0, 1.0))
    }),
    ("IsInf", is_inf),
    ("IsNaN", |given, room| test(given, room, f32::is_nan)),
    ("LeakyRelu", leaky_relu),
    ("Log", |given, room| float(given, room, f32::ln)),
    ("Mish", |given, room| float(given, room, |x| x * softplus(x).tanh())),
    ("Neg", |given, room| both(given, room, |x| -x, i64::wrapping_neg)),
    ("Not", not),
    ("Reciprocal", |given, room| float(given, room, |x| 1.0 / x)),
    ("Relu", |given, room| {
        both(given, room, |x| if x < 0.0 { 0.0 } else { x }, |x| x.max(0))
    }),
    ("Round", |given, room| float(given, room, f32::round_ties_even)),
    ("Selu", selu),
    ("Shrink", shrink),
    ("Sigmoid", |given, room| {
        float(given, room, |x| 1.0 / (1.0 + (-x).exp()))
    }),
    ("Sign", |given, room| both(given, room, sign, i64::signum)),
    ("Sin", |given, room| float(given, room, f32::sin)),
    ("Sinh", |given, room| float(given, room, f32::sinh)),
    ("Softplus", |given, room| float(given, room, softplus)),
    ("Softsign", |given, room| float(given, room, |x| x / (1.0 + x.abs()))),
    ("Sqrt", |given, room| float(given, room, f32::sqrt)),
    ("Tan", |given, room| float(given, room, f32::tan)),
    ("Tanh", |given, room| float(given, room, f32::tanh)),
    ("ThresholdedRelu", thresholded_relu),
];

fn float(given: &Given<'_>, room: &mut Room, function: impl Fn(f32) -> f32) -> Results {
    let x = given.floats(0)?;
    room.take(x.shape())?;
    Ok(vec![Constant::Float(x.mapv(function))])
}

fn both(given: &Given<'_>, room: &mut Room, of_float: impl Fn(f32) -> f32, of_int: impl Fn(i64) -> i64) -> Results {
    let x = given.input(0)?;
    room.take(x.shape())?;
    Ok(vec![match x {
        Constant::Float(x) => Constant::Float(x.mapv(of_float)),
        Constant::Int(x) => Constant::Int(x.mapv(of_int)),
        Constant::Bool(_) => return Err(Refusal(format!("takes numbers, not {}", x.kind()))),
    }])
}

fn test(given: &Given<'_>, room: &mut Room, function: impl Fn(f32) -> bool) -> Results {
    let x = given.floats(0)?;
    room.take(x.shape())?;
    Ok(vec![Constant::Bool(x.mapv(function))])
}

fn not(given: &Given<'_>, room: &mut Room) -> Results {
    let x = given.bools(0)?;
    room.take(x.shape())?;
    Ok(vec![Constant::Bool(x.mapv(|value| !value))])
}

fn is_inf(given: &Given<'_>, room: &mut Room) -> Results {
    let positive = given.node.int("detect_positive", 1)? != 0;
    let negative = given.node.int("detect_negative", 1)? != 0;
    test(given, room, |x| {
        (positive && x == f32::INFINITY) || (negative && x == f32::NEG_INFINITY)
    })
}

fn sign(x: f32) -> f32 {
    match x.is_nan() {
        true => x,
        false => f32::from(i8::from(x > 0.0) - i8::from(x < 0.0)),
    }
}

fn softplus(x: f32) -> f32 {
    if x > 0.0 {
        x + (-x).exp().ln_1p()
    } else {
        x.exp().ln_1p()
    }
}

fn elu(given: &Given<'_>, room: &mut Room) -> Results {
    let alpha = given.node.float("alpha", 1.0)?;
    float(given, room, |x| if x < 0.0 { alpha * x.exp_m1() } else { x })
}

fn celu(given: &Given<'_>, room: &mut Room) -> Results {
    let alpha = given.node.float("alpha", 1.0)?;
    float(given, room, |x| if x < 0.0 { alpha * (x / alpha).exp_m1() } else { x })
}

fn selu(given: &Given<'_>, room: &mut Room) -> Results {
    let alpha = given.node.float("alpha", 1.673_263_2)?;
    let gamma = given.node.float("gamma", 1.050_701)?;
    float(given, room, |x| gamma * if x < 0.0 { alpha * x.exp_m1() } else { x })
}

fn gelu(given: &Given<'_>, room: &mut Room) -> Results {
    match given.node.text("approximate", "none")? {
        "none" => float(given, room, |x| 0.5 * x * (1.0 + libm::erff(x * FRAC_1_SQRT_2))),
        "tanh" => float(given, room, |x| {
            let inner = FRAC_2_SQRT_PI / SQRT_2 * (x + 0.044_715 * x * x * x);
            0.5 * x * (1.0 + inner.tanh())
        }),
        other => Err(Refusal(format!("has the approximation `{other}`"))),
    }
}

fn hard_sigmoid(given: &Given<'_>, room: &mut Room) -> Results {
    let (alpha, beta) = (given.node.float("alpha", 0.2)?, given.node.float("beta", 0.5)?);
    float(given, room, |x| (alpha * x + beta).clamp(0.0, 1.0))
}

fn leaky_relu(given: &Given<'_>, room: &mut Room) -> Results {
    let alpha = given.node.float("alpha", 0.01)?;
    float(given, room, |x| if x < 0.0 { alpha * x } else { x })
}

fn thresholded_relu(given: &Given<'_>, room: &mut Room) -> Results {
    let alpha = given.node.float("alpha", 1.0)?;
    float(given, room, |x| if x > alpha { x } else { 0.0 })
}

fn shrink(given: &Given<'_>, room: &mut Room) -> Results {
    let (bias, reach) = (given.node.float("bias", 0.0)?, given.node.float("lambd", 0.5)?);
    float(given, room, |x| {
        if x < -reach {
            x + bias
        } else if x > reach {
            x - bias
        } else {
            0.0
        }
    })
}
