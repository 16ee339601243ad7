//! Functions of every value.

use doubleback::nn::layers::{Function, PRelu};

use super::attribute::float;
use super::layer::{Layer, Problem};
use super::out::Out;
use super::value::Value;
use crate::orders;

/// √(2/π), by which the approximation of GELU scales.
const SCALE_OF_TANH: f64 = std::f64::consts::FRAC_2_SQRT_PI * std::f64::consts::FRAC_1_SQRT_2;

/// The same operator of every value.
pub(super) fn unary(op: &str, layer: &Layer<'_>, out: &mut Out) -> Result<Value, Problem> {
    Ok(out.same(op, layer.input()?, Vec::new()))
}

pub(super) fn leaky(slope: f64, layer: &Layer<'_>, out: &mut Out) -> Result<Value, Problem> {
    Ok(out.same("LeakyRelu", layer.input()?, vec![float("alpha", slope)]))
}

pub(super) fn prelu(prelu: &PRelu, layer: &Layer<'_>, out: &mut Out) -> Result<Value, Problem> {
    let x = out.first(layer.input()?);
    let [height, width, channels] = prelu.size;
    let slopes = orders::image(layer.tensor("slope")?, prelu.size);
    let slopes = out.floats("weight", &[channels, height, width], &slopes);
    Ok(x.renamed(out.node("PRelu", &[&x.name, &slopes], Vec::new())))
}

/// `op(x, number)`.
fn with(op: &str, x: &str, role: &str, number: f64, out: &mut Out) -> String {
    let number = out.number(role, number);
    out.node(op, &[x, &number], Vec::new())
}

fn both(op: &str, a: &str, b: &str, out: &mut Out) -> String {
    out.node(op, &[a, b], Vec::new())
}

fn of(op: &str, x: &str, out: &mut Out) -> String {
    out.node(op, &[x], Vec::new())
}

pub(super) fn elementwise(function: Function, layer: &Layer<'_>, out: &mut Out) -> Result<Value, Problem> {
    use Function as F;
    let input = layer.input()?;
    let x = input.name.as_str();
    let name = match function {
        F::Affine { scale, shift } => {
            let scaled = with("Mul", x, "scale", scale, out);
            match shift {
                0.0 => scaled,
                _ => with("Add", &scaled, "shift", shift, out),
            }
        }
        F::Clip { min, max } => clip(x, min, max, out),
        F::HardTanh { min, max } => clip(x, Some(min), Some(max), out),
        F::Max { with: other } => with("Max", x, "with", other, out),
        F::Min { with: other } => with("Min", x, "with", other, out),
        F::Pow { exponent } => with("Pow", x, "exponent", exponent, out),
        F::Square => both("Mul", x, x, out),
        F::Silu => {
            let gate = of("Sigmoid", x, out);
            both("Mul", x, &gate, out)
        }
        F::Swish { alpha } => {
            let inner = with("Mul", x, "alpha", alpha, out);
            let gate = of("Sigmoid", &inner, out);
            both("Mul", x, &gate, out)
        }
        F::Mish => {
            let inner = of("Softplus", x, out);
            let gate = of("Tanh", &inner, out);
            both("Mul", x, &gate, out)
        }
        F::Softplus { beta: 1.0 } => of("Softplus", x, out),
        F::Softplus { beta } => {
            let inner = with("Mul", x, "beta", beta, out);
            let bent = of("Softplus", &inner, out);
            with("Div", &bent, "divisor", beta, out)
        }
        F::Gelu { tanh } => {
            let gate = if tanh {
                let square = both("Mul", x, x, out);
                let cube = both("Mul", &square, x, out);
                let cube = with("Mul", &cube, "cubic", 0.044_715, out);
                let sum = both("Add", x, &cube, out);
                let scaled = with("Mul", &sum, "scale", SCALE_OF_TANH, out);
                of("Tanh", &scaled, out)
            } else {
                let scaled = with("Mul", x, "scale", std::f64::consts::FRAC_1_SQRT_2, out);
                of("Erf", &scaled, out)
            };
            let gate = with("Add", &gate, "one", 1.0, out);
            let gated = both("Mul", x, &gate, out);
            with("Mul", &gated, "half", 0.5, out)
        }
        _ => {
            let (op, attributes) = operator(function)?;
            let attributes = attributes.into_iter().map(|(name, value)| float(name, value)).collect();
            out.node(op, &[x], attributes)
        }
    };
    Ok(input.renamed(name))
}

/// Bounds that are not given are left out.
fn clip(x: &str, min: Option<f64>, max: Option<f64>, out: &mut Out) -> String {
    let mut bound = |role: &str, value: Option<f64>| value.map_or_else(String::new, |value| out.number(role, value));
    let (min, max) = (bound("min", min), bound("max", max));
    match (min.as_str(), max.as_str()) {
        ("", "") => of("Identity", x, out),
        (min, "") => out.node("Clip", &[x, min], Vec::new()),
        (min, max) => out.node("Clip", &[x, min, max], Vec::new()),
    }
}

/// An operator, and its attributes.
type Operator = (&'static str, Vec<(&'static str, f64)>);

/// The one operator that a function is.
fn operator(function: Function) -> Result<Operator, Problem> {
    use Function as F;
    Ok(match function {
        F::Abs => ("Abs", vec![]),
        F::Acos => ("Acos", vec![]),
        F::Acosh => ("Acosh", vec![]),
        F::Asin => ("Asin", vec![]),
        F::Asinh => ("Asinh", vec![]),
        F::Atan => ("Atan", vec![]),
        F::Atanh => ("Atanh", vec![]),
        F::Ceil => ("Ceil", vec![]),
        F::Celu { alpha } => ("Celu", vec![("alpha", alpha)]),
        F::Cos => ("Cos", vec![]),
        F::Cosh => ("Cosh", vec![]),
        F::Elu { alpha } => ("Elu", vec![("alpha", alpha)]),
        F::Erf => ("Erf", vec![]),
        F::Exp => ("Exp", vec![]),
        F::Floor => ("Floor", vec![]),
        F::HardSigmoid { alpha, beta } => ("HardSigmoid", vec![("alpha", alpha), ("beta", beta)]),
        F::Leaky { slope } => ("LeakyRelu", vec![("alpha", slope)]),
        F::Log => ("Log", vec![]),
        F::Neg => ("Neg", vec![]),
        F::Reciprocal => ("Reciprocal", vec![]),
        F::Round => ("Round", vec![]),
        F::Selu { alpha, gamma } => ("Selu", vec![("alpha", alpha), ("gamma", gamma)]),
        F::Shrink { bias, lambda } => ("Shrink", vec![("bias", bias), ("lambd", lambda)]),
        F::Sigmoid => ("Sigmoid", vec![]),
        F::Sign => ("Sign", vec![]),
        F::Sin => ("Sin", vec![]),
        F::Sinh => ("Sinh", vec![]),
        F::Softsign => ("Softsign", vec![]),
        F::Sqrt => ("Sqrt", vec![]),
        F::Tan => ("Tan", vec![]),
        F::Tanh => ("Tanh", vec![]),
        F::ThresholdedRelu { alpha } => ("ThresholdedRelu", vec![("alpha", alpha)]),
        other => return Err(format!("computes {other:?}, for which no operator is known here")),
    })
}
