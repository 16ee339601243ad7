/// An activation function of every value.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Activation {
    /// `1 / (1 + exp(-x))`.
    Sigmoid,
    /// Hyperbolic tangent.
    Tanh,
    /// `x · sigmoid(alpha · x)`.
    Swish {
        /// 1 in SiLU.
        alpha: f64,
    },
    /// `x · Φ(x)`, with the distribution function of the normal distribution.
    Gelu,
    /// [`Gelu`](Self::Gelu) with its approximation of Φ by a hyperbolic tangent.
    GeluTanh,
    /// `x · tanh(log(1 + exp(x)))`.
    Mish,
    /// `gamma · x` above 0, else `gamma · alpha · (exp(rate · x) - 1)`: ELU, SELU and CELU.
    Elu {
        /// The limit below is its negative, times `gamma`.
        alpha: f64,
        /// Scale of all; 1 but in SELU.
        gamma: f64,
        /// 1 but in CELU.
        rate: f64,
    },
    /// `log(1 + exp(beta · x)) / beta`; as in PyTorch `x` itself where `beta · x` is above 20.
    Softplus {
        /// Positive: how sharp the bend is.
        beta: f64,
    },
    /// `x · min(max(x + 3, 0), 6) / 6`; at -3 and 3 the derivative is that of the pieces outside.
    HardSwish,
    /// `min(max(x, min), max)`; at both bounds the derivative is 0.
    HardTanh {
        /// The least value.
        min: f64,
        /// The greatest value.
        max: f64,
    },
}

/// A function or one of its derivatives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    /// The function.
    Value,
    /// Its derivative.
    First,
    /// The derivative of that.
    Second,
}

impl Order {
    /// The derivative of this one, as far as they go.
    pub(crate) fn next(self) -> Option<Self> {
        match self {
            Self::Value => Some(Self::First),
            Self::First => Some(Self::Second),
            Self::Second => None,
        }
    }
}
