//! Winograd's fast convolution (Lavin & Gray 2016) for 3x3 and 5x5 kernels at stride 1: a tile of output pixels at a time, from a product
//! for each of 16, 36 or 64 points instead of one for each pixel and tap.
//!
//! A tile `d` of the image and the kernel `g` are evaluated as polynomials at a few points, multiplied point by point (a matrix product
//! over the channels for each point), and the product is interpolated: `y = Aᵀ [(G g Gᵀ) ∘ (Bᵀ d B)] A`. The same points, with kernel and
//! output changing places, give the weight gradient. The input gradient is a convolution.

mod by_hand;
mod choice;
mod entry;
mod forward;
mod kernel;
mod phases;
mod points;
mod rows;
mod transform;
mod weight_grad;

pub(super) use choice::{Purpose, pays};
pub(super) use entry::{conv2d_weight_grad_winograd, conv2d_winograd};
