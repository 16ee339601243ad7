use doubleback_ops::PoolKind;

/// What follows a layer and is computed with it, in one pass over memory.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Epilogue {
    /// A ReLU.
    pub relu: bool,
    /// 2x2 pooling, after the ReLU.
    pub pool: Option<PoolKind>,
    /// The statistics of the output, for a batch norm that comes next and is not part of this.
    pub statistics: bool,
    /// Later layers that this stands for.
    pub layers: usize,
}

/// Which later layers a layer can compute with itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Absorbs {
    /// None.
    Nothing,
    /// The statistics that a batch norm right after it needs, but not the batch norm.
    Statistics,
    /// A ReLU.
    Relu,
    /// A ReLU, 2x2 pooling, or both in this order.
    ReluAndPool,
}

/// What a layer is to the ones before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// A ReLU.
    Relu,
    /// Pooling by 2x2 windows that do not overlap.
    Pool(PoolKind),
    /// A batch norm, which in training needs the statistics of its input.
    BatchNorm,
    /// Anything else, to be computed on its own.
    Other,
}
