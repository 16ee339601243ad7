use super::activation::Activation;

/// Pooling by 2x2 windows that do not overlap; a row or column that is left over is dropped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PoolKind {
    /// Largest value.
    Max,
    /// Mean.
    Avg,
}

/// An activation function that is computed together with the op before it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum FusedActivation {
    /// `max(x, 0)`, whose derivative is one bit a value.
    Relu,
    /// A function whose derivatives are computed anew from its input.
    Function(Activation),
}

/// How a batch norm behaves.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct BatchNormOptions {
    /// Added to the variance.
    pub epsilon: f64,
    /// Apply this to the result, in the same pass over memory.
    pub activation: Option<FusedActivation>,
    /// Pool the result, in the same pass too.
    pub pool: Option<PoolKind>,
    /// The statistics are constants (inference), not functions of the input (training).
    pub frozen: bool,
}

impl BatchNormOptions {
    /// Whether a ReLU follows.
    pub(crate) fn relu(&self) -> bool {
        self.activation == Some(FusedActivation::Relu)
    }

    /// What follows, if it is not a ReLU.
    pub(crate) fn function(&self) -> Option<Activation> {
        match self.activation {
            Some(FusedActivation::Function(function)) => Some(function),
            Some(FusedActivation::Relu) | None => None,
        }
    }
}
