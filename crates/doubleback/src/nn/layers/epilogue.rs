use doubleback_ops::{FusedActivation, PoolKind};

/// What follows a layer and is computed with it, in one pass over memory.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Epilogue {
    /// An activation function.
    pub activation: Option<FusedActivation>,
    /// 2x2 pooling, after the activation function.
    pub pool: Option<PoolKind>,
    /// The statistics of the output, for a batch norm that comes next and is not part of this.
    pub statistics: bool,
    /// Later layers that this stands for.
    pub layers: usize,
}

impl Epilogue {
    /// Whether a ReLU is part of it.
    pub fn relu(&self) -> bool {
        self.activation == Some(FusedActivation::Relu)
    }
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
    /// An activation function, 2x2 pooling, or both in this order.
    ActivationAndPool,
}

/// What a layer is to the ones before it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Role {
    /// An activation function that some layers can compute with themselves.
    Activation(FusedActivation),
    /// Pooling by 2x2 windows that do not overlap.
    Pool(PoolKind),
    /// A batch norm, which in training needs the statistics of its input.
    BatchNorm,
    /// Anything else, to be computed on its own.
    Other,
}
