//! Batch norm, with the activation function and the 2x2 pool that may follow it: its output, its vjp, and the vjp of that.

mod autodiff;
pub(crate) mod backend;
pub(crate) mod default;
mod deferred;
mod flex;
pub(crate) mod functions;
mod results;

pub use functions::{BatchNorm, batch_norm_statistics};
