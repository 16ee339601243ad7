use doubleback_ops::Activation;
use serde::{Deserialize, Serialize};

/// A function of one number. Where it has a kink or a jump, its derivative there is what PyTorch takes.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum Function {
    /// `|x|`; derivative 0 at 0.
    Abs,
    /// Inverse cosine.
    Acos,
    /// Inverse hyperbolic cosine.
    Acosh,
    /// `scale · x + shift`, of two numbers that are not trained.
    Affine {
        /// What `x` is multiplied by.
        scale: f64,
        /// Added after that.
        shift: f64,
    },
    /// Inverse sine.
    Asin,
    /// Inverse hyperbolic sine.
    Asinh,
    /// Inverse tangent.
    Atan,
    /// Inverse hyperbolic tangent.
    Atanh,
    /// The least integer that is not less; derivative 0.
    Ceil,
    /// `x` where it is positive, else `alpha · (exp(x / alpha) - 1)` (Barron 2017).
    Celu {
        /// Positive.
        alpha: f64,
    },
    /// `min(max(x, min), max)`; at both bounds the derivative is 1, as that of PyTorch's `clamp`.
    Clip {
        /// The least value, if there is one.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        min: Option<f64>,
        /// The greatest value, if there is one.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        max: Option<f64>,
    },
    /// Cosine.
    Cos,
    /// Hyperbolic cosine.
    Cosh,
    /// `x` where it is positive, else `alpha · (exp(x) - 1)` (Clevert et al. 2015).
    Elu {
        /// The limit below is its negative.
        alpha: f64,
    },
    /// Error function.
    Erf,
    /// `e` to the power of `x`.
    Exp,
    /// The greatest integer that is not greater; derivative 0.
    Floor,
    /// `x · Φ(x)`, with the distribution function of the normal distribution (Hendrycks & Gimpel 2016).
    Gelu {
        /// Their approximation of Φ by a hyperbolic tangent.
        tanh: bool,
    },
    /// `min(max(alpha · x + beta, 0), 1)`; at both kinks the derivative is 0.
    HardSigmoid {
        /// Slope.
        alpha: f64,
        /// Value at 0.
        beta: f64,
    },
    /// `min(max(x, min), max)`; at both bounds the derivative is 0, as that of PyTorch's `hardtanh` and `relu6`.
    HardTanh {
        /// The least value.
        min: f64,
        /// The greatest value.
        max: f64,
    },
    /// `x` where it is positive, else `slope · x`, of any slope: [`LeakyRelu`](super::super::LeakyRelu) has those in `[0, 1)`.
    Leaky {
        /// Below 0.
        slope: f64,
    },
    /// Natural logarithm.
    Log,
    /// `max(x, with)`; where they are equal the derivative is 1/2, as that of PyTorch's `maximum`.
    Max {
        /// The other number.
        with: f64,
    },
    /// `min(x, with)`; where they are equal the derivative is 1/2, as that of PyTorch's `minimum`.
    Min {
        /// The other number.
        with: f64,
    },
    /// `x · tanh(log(1 + exp(x)))` (Misra 2019).
    Mish,
    /// `-x`.
    Neg,
    /// `x` to the power of a number; 1 where that is 0.
    Pow {
        /// The power.
        exponent: f64,
    },
    /// `1 / x`.
    Reciprocal,
    /// The nearest integer, of two the even one; derivative 0.
    Round,
    /// `gamma · x` where `x` is positive, else `gamma · alpha · (exp(x) - 1)` (Klambauer et al. 2017).
    Selu {
        /// Limit below, before scaling.
        alpha: f64,
        /// Scale.
        gamma: f64,
    },
    /// `x + bias` below `-lambda`, `x - bias` above `lambda`, else 0.
    Shrink {
        /// What is taken off. That of PyTorch's `softshrink` is `lambda`, that of its `hardshrink` 0.
        bias: f64,
        /// Half the width of what becomes 0.
        lambda: f64,
    },
    /// `1 / (1 + exp(-x))`.
    Sigmoid,
    /// -1, 0 or 1; derivative 0.
    Sign,
    /// `x · sigmoid(x)` (Elfwing et al. 2017).
    Silu,
    /// Sine.
    Sin,
    /// Hyperbolic sine.
    Sinh,
    /// `log(1 + exp(beta · x)) / beta`; as in PyTorch `x` itself where `beta · x` is above 20.
    Softplus {
        /// Positive: how sharp the bend is.
        #[serde(default = "one", skip_serializing_if = "is_one")]
        beta: f64,
    },
    /// `x / (1 + |x|)`.
    Softsign,
    /// Square root.
    Sqrt,
    /// `x²`.
    Square,
    /// `x · sigmoid(alpha · x)` (Ramachandran et al. 2017).
    Swish {
        /// 1 gives [`Silu`](Self::Silu).
        alpha: f64,
    },
    /// Tangent.
    Tan,
    /// Hyperbolic tangent.
    Tanh,
    /// `x` above `alpha`, else 0; derivative 0 at `alpha`.
    ThresholdedRelu {
        /// The threshold.
        alpha: f64,
    },
}

fn one() -> f64 {
    1.0
}

#[allow(clippy::trivially_copy_pass_by_ref)]
fn is_one(beta: &f64) -> bool {
    *beta == 1.0
}

impl Function {
    /// As the ops have it, where they do and it is smooth but for the slope of an ELU.
    pub(super) fn smooth(self) -> Option<Activation> {
        let elu = |alpha, gamma, rate| Some(Activation::Elu { alpha, gamma, rate });
        match self {
            Self::Celu { alpha } => elu(alpha, 1.0, alpha.recip()),
            Self::Elu { alpha } => elu(alpha, 1.0, 1.0),
            Self::Selu { alpha, gamma } => elu(alpha, gamma, 1.0),
            Self::Gelu { tanh: false } => Some(Activation::Gelu),
            Self::Gelu { tanh: true } => Some(Activation::GeluTanh),
            Self::Mish => Some(Activation::Mish),
            Self::Sigmoid => Some(Activation::Sigmoid),
            Self::Silu => Some(Activation::Swish { alpha: 1.0 }),
            Self::Softplus { beta } => Some(Activation::Softplus { beta }),
            Self::Swish { alpha } => Some(Activation::Swish { alpha }),
            Self::Tanh => Some(Activation::Tanh),
            _ => None,
        }
    }

    /// Scale and shift, where it is a line.
    pub(super) fn line(self) -> Option<[f64; 2]> {
        match self {
            Self::Affine { scale, shift } => Some([scale, shift]),
            Self::Neg => Some([-1.0, 0.0]),
            _ => None,
        }
    }

    /// Whether its derivative is 0 wherever it has one.
    pub fn is_flat(self) -> bool {
        matches!(self, Self::Sign | Self::Floor | Self::Ceil | Self::Round)
    }

    /// What is wrong with its numbers, in words.
    pub(super) fn check(self) -> Result<(), String> {
        let finite = |name: &str, value: f64| match value.abs() <= f64::from(f32::MAX) {
            true => Ok(()),
            false => Err(format!("{name} {value} is not a number within the range of f32")),
        };
        let positive = |name: &str, value: f64| match value >= f64::from(f32::MIN_POSITIVE) {
            true => finite(name, value),
            false => Err(format!("{name} {value} is not positive")),
        };
        let ordered = |min: f64, max: f64| match min <= max {
            true => Ok(()),
            false => Err(format!("min {min} is above max {max}")),
        };
        match self {
            Self::Celu { alpha } => positive("alpha", alpha),
            Self::Softplus { beta } => positive("beta", beta),
            Self::Elu { alpha } | Self::ThresholdedRelu { alpha } | Self::Swish { alpha } => finite("alpha", alpha),
            Self::Max { with } | Self::Min { with } => finite("with", with),
            Self::Leaky { slope } => finite("slope", slope),
            Self::Pow { exponent } => finite("exponent", exponent),
            Self::Affine { scale, shift } => finite("scale", scale).and(finite("shift", shift)),
            Self::HardSigmoid { alpha, beta } => finite("alpha", alpha).and(finite("beta", beta)),
            Self::Selu { alpha, gamma } => finite("alpha", alpha).and(finite("gamma", gamma)),
            Self::Shrink { bias, lambda } => {
                finite("bias", bias).and(finite("lambda", lambda))?;
                match lambda >= 0.0 {
                    true => Ok(()),
                    false => Err(format!("lambda {lambda} is negative")),
                }
            }
            Self::HardTanh { min, max } => finite("min", min).and(finite("max", max)).and(ordered(min, max)),
            Self::Clip { min, max } => {
                min.map_or(Ok(()), |min| finite("min", min))?;
                max.map_or(Ok(()), |max| finite("max", max))?;
                min.zip(max).map_or(Ok(()), |(min, max)| ordered(min, max))
            }
            _ => Ok(()),
        }
    }
}
