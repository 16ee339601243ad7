use burn::tensor::Tensor;

use crate::data::Bounds;

/// One step of the fast gradient sign method, `clip(x + step · sign(gradient))`, to the data's bounds (Goodfellow, Shlens & Szegedy 2015).
///
/// Images and gradient are of one shape; a negative step goes down the gradient, and a value whose gradient is exactly zero stays where it is.
pub fn sign_step(images: Tensor<4>, gradient: Tensor<4>, step: f64, bounds: Bounds) -> Tensor<4> {
    (images + gradient.sign() * step).clamp(bounds.low, bounds.high)
}
