use std::fmt;
use std::str::FromStr;

use burn::tensor::Tensor;

use crate::Error;

/// The length of an input gradient that a penalty adds up.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Norm {
    /// Squared L2 norm, the paper's.
    #[default]
    SquaredL2,
    /// L1 norm: the change of the loss, at most, under a perturbation of every pixel by one unit. Its derivative at 0 is taken as 0.
    L1,
}

impl Norm {
    /// All of them.
    pub const ALL: [Norm; 2] = [Norm::SquaredL2, Norm::L1];

    /// `squared-l2` or `l1`.
    pub fn name(self) -> &'static str {
        match self {
            Norm::SquaredL2 => "squared-l2",
            Norm::L1 => "l1",
        }
    }

    /// Sum over all images of the norm of each one's gradient, `[1]`.
    pub fn sum(self, gradient: Tensor<4>) -> Tensor<1> {
        match self {
            Norm::SquaredL2 => gradient.square().sum(),
            Norm::L1 => gradient.abs().sum(),
        }
    }
}

impl fmt::Display for Norm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Norm {
    type Err = Error;

    fn from_str(name: &str) -> Result<Self, Error> {
        let found = Norm::ALL.into_iter().find(|norm| norm.name() == name);
        found.ok_or_else(|| Error::unknown("norm", name, Norm::ALL.map(Norm::name)))
    }
}
