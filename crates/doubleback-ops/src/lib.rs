//! Neural network ops closed under differentiation, as a [Burn](https://burn.dev) backend extension.
//!
//! Burn differentiates once. Here the *input gradient* of a network is itself written as forward ops on the tape, so that
//! one `backward()` through it is exact double backprop. That needs a set of ops in which the derivative of every op is again an op:
//!
//! | op | its derivatives |
//! |---|---|
//! | [`conv2d`] | [`conv2d_input_grad`], [`conv2d_weight_grad`]; each of the three is differentiated by the other two |
//! | [`max_pool2d`] | [`pool_select`] and [`pool_unselect`], linear maps that are each other's transpose |
//! | [`avg_pool2d`] | [`avg_pool2d_transpose`], likewise |
//! | [`BatchNorm::forward`] | [`BatchNorm::vjp`], whose own derivative is a third kernel |
//! | [`relu`], [`leaky_relu`] | [`relu_vjp`], [`leaky_relu_vjp`], masks |
//! | [`RectifiedSum`] | its [`vjp`](RectifiedSum::vjp), likewise a mask |
//! | [`matmul`] | itself |
//! | [`activation`](activation()) | its next [`Order`], up to the second |
//! | [`with_derivative`] | the slope it is given, which may be made by it too |
//!
//! Images are `[batch, height, width, channels]`, convolution weights `[height, width, in, out]`.
//!
//! Every op has a default body of stock Burn ops, which runs on any backend and float type, and native CPU kernels ([`kernels`]) for `f32`
//! on Burn's Flex backend. [`isa`](kernels::isa()) tells which instruction set they use. `docs/how-an-op-travels.md` follows one op through
//! all its files.
#![cfg_attr(not(test), warn(clippy::unwrap_used))]

mod activation;
mod adam;
mod batch_norm;
mod conv;
#[cfg(feature = "cube")]
mod cube;
mod derivative;
mod error;
pub mod kernels;
mod linf_step;
mod matmul;
mod options;
mod pool;
mod rectified_sum;
mod relu;
mod slices;
mod stock;
mod tape;

pub use activation::{activation, hard_tanh_vjp};
pub use adam::{AdamState, adam_update};
pub use batch_norm::{BatchNorm, batch_norm_statistics};
pub use conv::{conv2d, conv2d_biased, conv2d_input_grad, conv2d_weight_grad, conv2d_with_statistics};
pub use derivative::with_derivative;
pub use error::{Error, Result};
pub use linf_step::linf_step;
pub use matmul::{matmul, matmul_transposed};
pub use options::{
    Activation, AdamOptions, BatchNormOptions, Conv2dOptions, Conv2dShape, FusedActivation, GroupedConv2dShape, Order,
    Padding2d, Pool2dOptions, Pool2dShape, PoolKind,
};
pub use pool::{MaxPoolIndices, avg_pool2d, avg_pool2d_transpose, max_pool2d, pool_select, pool_unselect};
pub use rectified_sum::RectifiedSum;
pub use relu::{leaky_relu, leaky_relu_vjp, relu, relu_vjp};
