use serde::{Deserialize, Serialize};

/// A function of two numbers `a` and `b`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum BinaryFunction {
    /// `a + b`.
    Add,
    /// `a - b`.
    Sub,
    /// `a · b`.
    Mul,
    /// `a / b`.
    Div,
    /// `a` to the power of `b`. The derivative by `b` counts as 0 where `a` is not positive, where it mostly has none.
    Pow,
    /// The greater one; where they are equal, half of the derivative is that of each, as in PyTorch's `maximum`.
    Max,
    /// The lesser one; where they are equal, as for the greater one.
    Min,
    /// What is left of `a` divided by `b`, with the sign of `a`: `fmod` of C.
    Mod,
}
