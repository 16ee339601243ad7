/// Pooling by 2x2 windows that do not overlap; a row or column that is left over is dropped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PoolKind {
    /// Largest value.
    Max,
    /// Mean.
    Avg,
}

/// How a batch norm behaves.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct BatchNormOptions {
    /// Added to the variance.
    pub epsilon: f64,
    /// Apply ReLU to the result, in the same pass over memory.
    pub relu: bool,
    /// Pool the result, in the same pass too.
    pub pool: Option<PoolKind>,
    /// The statistics are constants (inference), not functions of the input (training).
    pub frozen: bool,
}
