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
        let (mut g, y) = (contiguous(g), contiguous(y));
        // Where no one else has the cotangent it is not needed any longer, and half the memory need not be touched.
        if let Some(g_values) = g.try_storage_mut::<f32>().filter(|g| g.len() == values(&y).len()) {
            kernels::leaky_relu_vjp_in_place(g_values, values(&y), slope as f32);
            return g;
        }
        tensor(kernels::leaky_relu_vjp(values(&g), values(&y), slope as f32), &dims(&g))
    }
}
