//! Convolution and its two gradients, each of which is differentiated by the other two.

mod autodiff;
pub(crate) mod backend;
mod default;
mod flex;
pub(crate) mod functions;
mod parts;
mod plain;
mod results;

pub use functions::{conv2d, conv2d_biased, conv2d_input_grad, conv2d_weight_grad, conv2d_with_statistics};
