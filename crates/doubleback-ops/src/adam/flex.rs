//! Adam on Burn's CPU backend: a native kernel for f32, which works in place, the default body for other types.

use burn::backend::Flex;
use burn::backend::tensor::FloatTensor;

use super::backend::AdamOps;
use super::default;
use super::results::AdamUpdated;
use crate::kernels;
use crate::options::AdamOptions;
use crate::slices::{contiguous, native, values};

impl AdamOps for Flex {
    fn adam_update(
        parameter: FloatTensor<Self>,
        gradient: FloatTensor<Self>,
        first: FloatTensor<Self>,
        second: FloatTensor<Self>,
        options: AdamOptions,
        step: usize,
    ) -> AdamUpdated<Self> {
        if !native(&parameter) {
            return default::adam_update::<Self>(parameter, gradient, first, second, options, step);
        }
        let gradient = contiguous(gradient);
        let (mut parameter, mut first, mut second) = (contiguous(parameter), contiguous(first), contiguous(second));
        kernels::adam_update(
            parameter.storage_mut::<f32>(),
            values(&gradient),
            first.storage_mut::<f32>(),
            second.storage_mut::<f32>(),
            options,
            step,
        );
        AdamUpdated {
            parameter,
            first,
            second,
        }
    }
}
