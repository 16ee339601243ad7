use burn::tensor::Tensor;
use serde::{Deserialize, Serialize};

use crate::Result;

/// Which of two operands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Side {
    /// `a`, as the value in `value - x`.
    Left,
    /// `b`, as the value in `x - value`.
    Right,
}

/// From the gradient of the output to that of one of the two, before it is summed over what was repeated.
pub(super) type PairPullback = Box<dyn Fn(Tensor<4>, Side) -> Result<Tensor<4>> + Send>;
