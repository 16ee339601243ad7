use burn::tensor::Tensor;
use serde::{Deserialize, Serialize};

use super::axis::along;
use super::layer::{Context, Size, UnaryLayer, UnaryPullback};
use crate::Result;

/// Softmax along one axis: exponentials over their sum; or the logarithm of it. The greatest value is subtracted first, so that nothing
/// overflows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Softmax {
    /// 0: height, 1: width, 2: channels.
    pub axis: usize,
    /// The logarithm.
    #[serde(default, skip_serializing_if = "is_false")]
    pub log: bool,
}

fn is_false(log: &bool) -> bool {
    !log
}

impl UnaryLayer for Softmax {
    fn output(&self, input: Size) -> std::result::Result<Size, String> {
        along(input, self.axis)?;
        Ok(input)
    }

    /// The exponentials, and the values less their greatest.
    fn workspace(&self, [height, width, channels]: Size) -> usize {
        (height * width * channels).saturating_mul(2)
    }

    fn forward(&self, x: Tensor<4>, _: &mut Context<'_, '_>) -> Result<(Tensor<4>, UnaryPullback)> {
        let axis = self.axis + 1;
        // A constant: the same number subtracted everywhere changes nothing.
        let greatest = x.clone().inner().max_dim(axis);
        let below = x - greatest;
        let exponentials = below.clone().exp();
        let sum = exponentials.clone().sum_dim(axis);
        if self.log {
            let y = below - sum.log();
            let kept = y.clone();
            let pullback = move |g: Tensor<4>| Ok(g.clone() - kept.clone().exp() * g.sum_dim(axis));
            return Ok((y, Box::new(pullback)));
        }
        let y = exponentials / sum;
        let kept = y.clone();
        let pullback = move |g: Tensor<4>| {
            let mean = (g.clone() * kept.clone()).sum_dim(axis);
            Ok((g - mean) * kept.clone())
        };
        Ok((y, Box::new(pullback)))
    }
}
