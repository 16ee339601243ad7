//! The step on Burn's CPU backend: a native kernel for f32, which works in place, the default body for other types.

use burn::backend::Flex;
use burn::backend::tensor::FloatTensor;

use super::backend::LinfStepOps;
use super::default;
use crate::kernels;
use crate::slices::{contiguous, native, values};

impl LinfStepOps for Flex {
    fn linf_step(
        x: FloatTensor<Self>,
        gradient: FloatTensor<Self>,
        step: f64,
        least: FloatTensor<Self>,
        greatest: FloatTensor<Self>,
    ) -> FloatTensor<Self> {
        if !native(&x) {
            return default::linf_step::<Self>(x, gradient, step, least, greatest);
        }
        let mut x = contiguous(x);
        let (gradient, least, greatest) = (contiguous(gradient), contiguous(least), contiguous(greatest));
        kernels::linf_step(
            x.storage_mut::<f32>(),
            values(&gradient),
            step as f32,
            values(&least),
            values(&greatest),
        );
        x
    }
}
