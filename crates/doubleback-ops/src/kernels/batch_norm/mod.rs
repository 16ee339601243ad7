//! Batch norm, then ReLU or another function, then 2x2 pooling, as one op; its vjp, and the vjp of that.
//!
//! Which values of a window count (the largest, or all, and of these the ones that the ReLU lets through) is decided once, in the forward
//! pass, and kept as one bit each. Given the bits everything is linear in each channel: a combination of a few tensors whose coefficients
//! come from one pass of sums. Without pooling a window is one value, and its bit is computed anew rather than kept,
//! unless the bits are all that the vjp needs.
//!
//! Where another function than the ReLU follows, its slope takes the place of the bit: see `function`.

mod coefficients;
mod combination;
mod factors;
mod forward;
mod frozen;
mod function;
mod operands;
mod statistics;
mod transpose;
mod vjp;
mod vjp_vjp;
mod windows;

pub use coefficients::Coefficients;
pub use forward::{BatchNormed, batch_norm};
pub use frozen::batch_norm_frozen_vjp;
pub use operands::{Kept, Point, Summed};
pub use statistics::batch_norm_statistics;
pub(super) use statistics::{Partial, merged};
pub use transpose::batch_norm_vjp_transpose;
pub use vjp::{batch_norm_vjp, batch_norm_vjp_sums};
pub use vjp_vjp::{BatchNormJointVjp, BatchNormVjpVjp, batch_norm_joint_vjp, batch_norm_vjp_vjp};
pub use windows::Windows;
