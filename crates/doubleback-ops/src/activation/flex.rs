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
}
