use burn::tensor::Tensor;
use strum::{Display, EnumCount, EnumString, IntoStaticStr};

use crate::Error;

/// The length of an input gradient that a penalty adds up.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Display, EnumCount, EnumString, IntoStaticStr)]
#[strum(serialize_all = "kebab-case", parse_err_ty = Error, parse_err_fn = unknown)]
pub enum Norm {
    /// Squared L2 norm, the paper's.
    #[default]
    SquaredL2,
    /// L1 norm: the change of the loss, at most, under a perturbation of every pixel by one unit. Its derivative at 0 is taken as 0.
    L1,
}

impl Norm {
    /// All of them.
    pub const ALL: [Self; Self::COUNT] = [Norm::SquaredL2, Norm::L1];

    /// `squared-l2` or `l1`.
    pub fn name(self) -> &'static str {
        self.into()
    }

    /// Sum over all images of the norm of each one's gradient, `[1]`.
    pub fn sum(self, gradient: Tensor<4>) -> Tensor<1> {
        match self {
            Norm::SquaredL2 => gradient.square().sum(),
            Norm::L1 => gradient.abs().sum(),
        }
    }

    /// The same with a weight for each image, `[n, 1, 1, 1]`.
    pub(crate) fn weighted_sum(self, gradient: Tensor<4>, weights: Tensor<4>) -> Tensor<1> {
        match self {
            Norm::SquaredL2 => (gradient.square() * weights).sum(),
            Norm::L1 => (gradient.abs() * weights).sum(),
        }
    }
}

fn unknown(name: &str) -> Error {
    Error::unknown("norm", name, Norm::ALL.map(Norm::name))
}
