//! Native CPU kernels on `f32` slices: images `[batch, height, width, channels]`, weights `[height, width, in, out]`, all contiguous.
//!
//! Work is split over images (or fixed blocks of rows) and reduced in a fixed order, so results do not depend on the number of threads.

mod activation;
mod adam;
mod batch_norm;
mod buffer;
mod conv;
mod linf_step;
mod matmul;
mod memo;
mod pack;
mod pool;
mod rectified_sum;
mod relu;
mod simd;
#[cfg(test)]
mod tests;
mod tile;

pub use activation::{activation, hard_tanh_vjp, hard_tanh_vjp_in_place};
pub use adam::adam_update;
pub use batch_norm::{
    BatchNormJointVjp, BatchNormVjpVjp, BatchNormed, Coefficients, Kept, Point, Summed, Windows, batch_norm,
    batch_norm_frozen_vjp, batch_norm_joint_vjp, batch_norm_statistics, batch_norm_vjp, batch_norm_vjp_sums,
    batch_norm_vjp_transpose, batch_norm_vjp_vjp,
};
pub use buffer::{Buffer, BufferMemory, buffer_memory};
pub use conv::{
    conv2d, conv2d_biased, conv2d_input_grad, conv2d_input_grad_on_tape, conv2d_of_gradient, conv2d_on_tape,
    conv2d_weight_grad, conv2d_with_statistics, convolutions_are_direct, grouped_conv2d, grouped_conv2d_input_grad,
    grouped_conv2d_weight_grad, with_direct_convolutions,
};
pub use linf_step::linf_step;
pub use matmul::{Product, matmul, matmul_add};
pub use pool::{avg_pool2d, avg_pool2d_transpose, max_pool2d, pool_select, pool_unselect};
pub use rectified_sum::{masked, rectified_sum};
pub use relu::{leaky_relu_vjp, leaky_relu_vjp_in_place};
pub use simd::{Isa, available, isa};
