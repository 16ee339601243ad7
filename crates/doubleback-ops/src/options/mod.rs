//! Options of the ops, and the sizes that follow from them and from the tensors: checked once, in the public functions, and then trusted by
//! every backend and kernel.

mod activation;
mod adam;
mod batch_norm;
mod conv2d;
mod pool2d;
mod size;

pub use activation::{Activation, Order};
pub use adam::AdamOptions;
pub use batch_norm::{BatchNormOptions, FusedActivation, PoolKind};
pub(crate) use conv2d::Conv2dParts;
pub use conv2d::{Conv2dOptions, Conv2dShape, GroupedConv2dShape, Padding2d};
pub use pool2d::{Pool2dOptions, Pool2dShape};
pub(crate) use size::{ADDRESSABLE, addressable};
