//! Activation functions on Burn's CPU backend: native kernels for f32, the default body for other types.

use burn::backend::Flex;
use burn::backend::tensor::FloatTensor;

use super::backend::ActivationOps;
use super::default;
use crate::kernels;
use crate::options::{Activation, Order};
use crate::slices::{contiguous, dims, native, tensor, values};

impl ActivationOps for Flex {
    fn activation(x: FloatTensor<Self>, activation: Activation, order: Order) -> FloatTensor<Self> {
        if !native(&x) {
            return default::activation::<Self>(x, activation, order);
        }
        let x = contiguous(x);
        tensor(kernels::activation(values(&x), activation, order), &dims(&x))
    }

    fn hard_tanh_vjp(g: FloatTensor<Self>, y: FloatTensor<Self>, min: f64, max: f64) -> FloatTensor<Self> {
        if !native(&g) {
            return default::hard_tanh_vjp::<Self>(g, y, min, max);
        }
        let (mut g, y) = (contiguous(g), contiguous(y));
        let (min, max) = (min as f32, max as f32);
        // Where no one else has the cotangent it is not needed any longer.
        if let Some(g_values) = g.try_storage_mut::<f32>().filter(|g| g.len() == values(&y).len()) {
            kernels::hard_tanh_vjp_in_place(g_values, values(&y), min, max);
            return g;
        }
        tensor(kernels::hard_tanh_vjp(values(&g), values(&y), min, max), &dims(&g))
    }
}
