use burn::tensor::Tensor;
use doubleback_ops::{BatchNorm, BatchNormOptions};
use serde::{Deserialize, Serialize};

use super::layer::{Context, Size, TensorSpec, UnaryLayer, UnaryPullback, least_variance};
use crate::Result;
use crate::nn::initialize::Start;

/// Each channel minus a fixed mean, over the root of a fixed variance: neither is trained, and neither depends on the batch.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Standardize {}

impl UnaryLayer for Standardize {
    fn output(&self, input: Size) -> std::result::Result<Size, String> {
        Ok(input)
    }

    fn buffers(&self, [_, _, channels]: Size) -> Vec<TensorSpec> {
        let tensor = |name, start| TensorSpec {
            name,
            dims: vec![channels],
            start,
        };
        vec![tensor("mean", Start::Zeros), tensor("variance", Start::Ones)]
    }

    fn least(&self, tensor: &str) -> Option<f32> {
        (tensor == "variance").then(|| least_variance(0.0))
    }

    fn forward(&self, x: Tensor<4>, context: &mut Context<'_, '_>) -> Result<(Tensor<4>, UnaryPullback)> {
        let channels = x.dims()[3];
        let constant = (&x.device().inner(), x.dtype());
        let statistics = Tensor::stack(vec![context.buffers[0].view::<1>(), context.buffers[1].view::<1>()], 0);
        let options = BatchNormOptions {
            epsilon: 0.0,
            activation: None,
            pool: None,
            frozen: true,
        };
        let (gain, shift) = (Tensor::ones([channels], constant), Tensor::zeros([channels], constant));
        let affine = BatchNorm::new(x, gain, shift, statistics, options)?;
        Ok((affine.forward(), Box::new(move |g| Ok(affine.vjp(g)?))))
    }
}
