//! The step on Burn's CPU backend: a native kernel for f32, which works in place, the default body for other types.

use burn::backend::Flex;
use burn::backend::tensor::FloatTensor;

use super::backend::LinfStepOps;
use super::default;
use crate::kernels;
use crate::slices::{contiguous, dims, native, small, values};

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
        let (mut x, gradient) = (contiguous(x), contiguous(gradient));
        // Some of a larger tensor's values, or values that others have too, stay as they are.
        let own = x
            .try_storage_mut::<f32>()
            .is_some_and(|all| all.len() == values(&gradient).len());
        if !own {
            x = small(values(&x).to_vec(), &dims(&x));
        }
        let (least, greatest) = (contiguous(least), contiguous(greatest));
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
