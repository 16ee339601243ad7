//! Activation functions with their first and second derivatives, each in one pass over memory.

mod autodiff;
pub(crate) mod backend;
pub(crate) mod default;
mod flex;
mod functions;

pub use functions::{activation, hard_tanh_vjp};
