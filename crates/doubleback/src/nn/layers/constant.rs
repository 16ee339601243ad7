use burn::tensor::Tensor;
use serde::{Deserialize, Serialize};

use super::layer::{Context, LARGEST, Size, TensorSpec, UnaryLayer, UnaryPullback};
use crate::Result;
use crate::nn::initialize::Start;

/// Trained values that are the same for every image, whatever the input, which has no gradient from here: the class token of a vision
/// transformer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Constant {
    /// Height, width and channels of the values.
    pub size: Size,
}

impl UnaryLayer for Constant {
    fn output(&self, _: Size) -> std::result::Result<Size, String> {
        let count = self
            .size
            .iter()
            .try_fold(1usize, |count, &size| count.checked_mul(size));
        match count.is_some_and(|count| (1..=LARGEST).contains(&count)) {
            true => Ok(self.size),
            false => Err(format!("{:?} values: there must be some, at most {LARGEST}", self.size)),
        }
    }

    fn parameters(&self, _: Size) -> Vec<TensorSpec> {
        vec![TensorSpec {
            name: "value",
            dims: self.size.to_vec(),
            start: Start::Zeros,
        }]
    }

    fn forward(&self, x: Tensor<4>, context: &mut Context<'_, '_>) -> Result<(Tensor<4>, UnaryPullback)> {
        let (dims, [height, width, channels]) = (x.dims(), self.size);
        let value = context.parameters[0].view::<3>();
        let y = value.unsqueeze::<4>().expand([dims[0], height, width, channels]);
        let pullback = move |g: Tensor<4>| Ok(Tensor::zeros(dims, (&g.device().inner(), g.dtype())));
        Ok((y, Box::new(pullback)))
    }
}
