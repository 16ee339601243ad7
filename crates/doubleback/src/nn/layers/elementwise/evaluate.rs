use doubleback_ops::{Activation, activation};

use super::function::Function;
use super::order::{Order, Values};
use super::{elementary, pieces};

/// A function or a derivative of it at `x`, which is on no tape; nothing where that is 0 everywhere.
pub(super) fn evaluate(function: Function, order: Order, x: Values) -> Option<Values> {
    use Function as F;
    let zero_derivative = |value: fn(Values) -> Values, x| (order == Order::Value).then(|| value(x));
    match function {
        F::Abs => pieces::abs(order, x),
        F::Acos => Some(match order {
            Order::Value => x.acos(),
            _ => elementary::asin(order, x).neg(),
        }),
        F::Acosh => Some(elementary::acosh(order, x)),
        F::Affine { scale, shift } => elementary::affine(order, x, scale, shift),
        F::Asin => Some(elementary::asin(order, x)),
        F::Asinh => Some(elementary::asinh(order, x)),
        F::Atan => Some(elementary::atan(order, x)),
        F::Atanh => Some(elementary::atanh(order, x)),
        F::Ceil => zero_derivative(Values::ceil, x),
        F::Clip { min, max } => pieces::clip(order, x, min, max),
        F::Cos => Some(elementary::cos(order, x)),
        F::Cosh => Some(match order {
            Order::Value | Order::Second => x.cosh(),
            Order::First => x.sinh(),
        }),
        F::Erf => Some(elementary::erf(order, x)),
        F::Exp => Some(x.exp()),
        F::Floor => zero_derivative(Values::floor, x),
        F::HardSigmoid { alpha, beta } => pieces::hard_sigmoid(order, x, alpha, beta),
        F::HardTanh { .. } if order == Order::Second => None,
        F::HardTanh { min, max } => Some(activation(x, Activation::HardTanh { min, max }, order)),
        F::Leaky { slope } => pieces::leaky(order, x, slope),
        F::Log => Some(elementary::log(order, x)),
        F::Max { with } => pieces::max(order, x, with),
        F::Min { with } => pieces::min(order, x, with),
        F::Neg => elementary::affine(order, x, -1.0, 0.0),
        F::Pow { exponent } => elementary::pow(order, x, exponent),
        F::Reciprocal => elementary::pow(order, x, -1.0),
        F::Round => zero_derivative(Values::round, x),
        F::Shrink { bias, lambda } => pieces::shrink(order, x, bias, lambda),
        F::Sign => zero_derivative(Values::sign, x),
        F::Sin => Some(elementary::sin(order, x)),
        F::Sinh => Some(match order {
            Order::Value | Order::Second => x.sinh(),
            Order::First => x.cosh(),
        }),
        F::Softsign => Some(elementary::softsign(order, x)),
        F::Sqrt => Some(elementary::sqrt(order, x)),
        F::Square => elementary::pow(order, x, 2.0),
        F::Tan => Some(elementary::tan(order, x)),
        F::ThresholdedRelu { alpha } => pieces::thresholded_relu(order, x, alpha),
        F::Celu { .. }
        | F::Elu { .. }
        | F::Gelu { .. }
        | F::Mish
        | F::Selu { .. }
        | F::Sigmoid
        | F::Silu
        | F::Softplus { .. }
        | F::Swish { .. }
        | F::Tanh => function.smooth().map(|smooth| activation(x, smooth, order)),
    }
}
