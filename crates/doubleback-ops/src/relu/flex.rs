//! Rectifiers on Burn's CPU backend: a native kernel for f32, the default body for other types.

use burn::backend::Flex;
use burn::backend::tensor::FloatTensor;

use super::backend::ReluOps;
use super::default;
use crate::kernels;
use crate::slices::{contiguous, dims, native, tensor, values};

impl ReluOps for Flex {
    fn leaky_relu_vjp(g: FloatTensor<Self>, y: FloatTensor<Self>, slope: f64) -> FloatTensor<Self> {
        if !native(&g) {
            return default::leaky_relu_vjp::<Self>(g, y, slope);
        }
        let (g, y) = (contiguous(g), contiguous(y));
        tensor(kernels::leaky_relu_vjp(values(&g), values(&y), slope as f32), &dims(&g))
    }
}
