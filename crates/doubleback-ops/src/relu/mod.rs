//! ReLU and leaky ReLU, and their vjp.

mod autodiff;
pub(crate) mod backend;
pub(crate) mod default;
mod flex;
pub(crate) mod functions;

pub use functions::{leaky_relu, leaky_relu_vjp, relu, relu_vjp};
