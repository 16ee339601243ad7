//! Convolution and its two gradients, each by the algorithm that suits its shape.

mod biased;
mod direct;
mod few;
mod forward;
mod gathered;
mod grouped;
mod image;
mod input_grad;
mod partial_sums;
mod rounding;
mod weight_grad;
mod winograd;

pub use biased::conv2d_biased;
pub use forward::{conv2d, conv2d_of_gradient, conv2d_on_tape, conv2d_with_statistics};
pub use grouped::{grouped_conv2d, grouped_conv2d_input_grad, grouped_conv2d_weight_grad};
pub use input_grad::{conv2d_input_grad, conv2d_input_grad_on_tape};
pub use rounding::{convolutions_are_direct, with_direct_convolutions};
pub use weight_grad::conv2d_weight_grad;
