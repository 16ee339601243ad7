use std::fmt::{self, Display, Formatter};
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::layers::{Elementwise, Function, LayerKind, Relu};
use crate::{Error, Result};

/// What follows the convolutions and dense layers of a built-in architecture. Where it is smooth, so is the gradient of the loss that double backprop penalizes:
/// on ImageNet such a training came near to an adversarial one with smooth activations alone (Rodríguez-Muñoz, Wang & Torralba 2024, arXiv 2409.20139).
///
/// ```
/// use doubleback::nn::Activation;
///
/// let sharp: Activation = "softplus:10".parse()?;
/// assert_eq!(sharp, Activation::Softplus { beta: 10.0 });
/// assert_eq!(sharp.to_string(), "softplus:10");
/// # Ok::<(), doubleback::Error>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Activation {
    /// `max(x, 0)`.
    #[default]
    Relu,
    /// `x · sigmoid(x)` (Elfwing et al. 2017).
    Silu,
    /// `x · Φ(x)` (Hendrycks & Gimpel 2016), exact.
    Gelu,
    /// `log(1 + exp(beta · x)) / beta`.
    Softplus {
        /// Positive: how sharp the bend is. PyTorch's default is 1.
        beta: f64,
    },
    /// `x` where it is positive, else `exp(x) - 1` (Clevert et al. 2015); its derivative has a kink at 0.
    Elu,
    /// `x · tanh(log(1 + exp(x)))` (Misra 2019).
    Mish,
}

impl Activation {
    /// Their names; `softplus` also as `softplus:BETA`.
    pub const NAMES: [&str; 6] = ["relu", "silu", "gelu", "softplus", "elu", "mish"];

    /// Without the number of a softplus.
    pub fn name(self) -> &'static str {
        match self {
            Self::Relu => "relu",
            Self::Silu => "silu",
            Self::Gelu => "gelu",
            Self::Softplus { .. } => "softplus",
            Self::Elu => "elu",
            Self::Mish => "mish",
        }
    }

    /// Whether it is ReLU, the default.
    pub fn is_relu(&self) -> bool {
        *self == Self::Relu
    }

    /// The layer.
    pub fn layer(self) -> LayerKind {
        let function = match self {
            Self::Relu => return LayerKind::Relu(Relu {}),
            Self::Silu => Function::Silu,
            Self::Gelu => Function::Gelu { tanh: false },
            Self::Softplus { beta } => Function::Softplus { beta },
            Self::Elu => Function::Elu { alpha: 1.0 },
            Self::Mish => Function::Mish,
        };
        LayerKind::Elementwise(Elementwise { function })
    }

    /// Which one a layer is, if it is one.
    pub fn of(layer: &LayerKind) -> Option<Self> {
        match layer {
            LayerKind::Relu(_) => Some(Self::Relu),
            LayerKind::Elementwise(Elementwise { function }) => match *function {
                Function::Silu => Some(Self::Silu),
                Function::Gelu { tanh: false } => Some(Self::Gelu),
                Function::Softplus { beta } => Some(Self::Softplus { beta }),
                Function::Elu { alpha: 1.0 } => Some(Self::Elu),
                Function::Mish => Some(Self::Mish),
                _ => None,
            },
            _ => None,
        }
    }
}

impl Display for Activation {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Softplus { beta } if *beta != 1.0 => write!(f, "softplus:{beta}"),
            other => f.write_str(other.name()),
        }
    }
}

impl FromStr for Activation {
    type Err = Error;

    /// # Errors
    /// When there is none of this name, or beta is not a positive number.
    fn from_str(name: &str) -> Result<Self> {
        if let Some(beta) = name.strip_prefix("softplus:") {
            let least = f64::from(f32::MIN_POSITIVE);
            return match beta.parse::<f64>() {
                Ok(beta) if (least..=f64::from(f32::MAX)).contains(&beta) => Ok(Self::Softplus { beta }),
                _ => Err(Error::value(
                    "beta of softplus",
                    "a positive number, as in `softplus:10`",
                    beta,
                )),
            };
        }
        Ok(match name {
            "relu" => Self::Relu,
            "silu" => Self::Silu,
            "gelu" => Self::Gelu,
            "softplus" => Self::Softplus { beta: 1.0 },
            "elu" => Self::Elu,
            "mish" => Self::Mish,
            _ => return Err(Error::unknown("activation", name, Self::NAMES)),
        })
    }
}

impl TryFrom<String> for Activation {
    type Error = Error;

    fn try_from(name: String) -> Result<Self> {
        name.parse()
    }
}

impl From<Activation> for String {
    fn from(activation: Activation) -> Self {
        activation.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::{Bounds, ImageShape};
    use crate::nn::{ARCHITECTURES, Pool, architecture};

    #[test]
    fn names_are_read_as_they_are_written() {
        let sharp = Activation::Softplus { beta: 2.5 };
        let all = Activation::NAMES.map(|name| name.parse::<Activation>().unwrap());
        for activation in all.into_iter().chain([sharp]) {
            assert_eq!(activation.to_string().parse::<Activation>().unwrap(), activation);
            assert_eq!(Activation::of(&activation.layer()), Some(activation));
        }
        for wrong in [
            "softplus:0",
            "softplus:-1",
            "softplus:NaN",
            "softplus:x",
            "softplus:1e39",
        ] {
            let message = wrong.parse::<Activation>().unwrap_err().to_string();
            assert!(message.starts_with("beta of softplus: "), "{message}");
        }
        let message = "swiglu".parse::<Activation>().unwrap_err().to_string();
        assert!(message.contains("unknown activation `swiglu`"), "{message}");
    }

    #[test]
    fn every_architecture_can_have_each() {
        let shape = ImageShape {
            channels: 3,
            height: 32,
            width: 32,
        };
        for name in ARCHITECTURES {
            let of = |activation: Activation| {
                let built = architecture(name, shape, Bounds::UNIT, 10, Pool::Max).unwrap();
                built.with_activation(activation)
            };
            let relu = of(Activation::Relu);
            assert_eq!(relu, architecture(name, shape, Bounds::UNIT, 10, Pool::Max).unwrap());
            for other in Activation::NAMES.map(|name| name.parse().unwrap()) {
                let changed = of(other);
                assert_eq!(changed.activation(), Some(other));
                assert_eq!(changed.sizes().unwrap(), relu.sizes().unwrap());
                let left = changed.layers.iter().filter(|spec| spec.name.contains("relu")).count();
                assert!(other.is_relu() || left == 0);
            }
        }
    }
}
