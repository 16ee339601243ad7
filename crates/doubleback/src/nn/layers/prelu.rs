use burn::tensor::Tensor;
use serde::{Deserialize, Serialize};

use super::broadcast::{broadcast, count};
use super::layer::{Context, Size, TensorSpec, UnaryLayer, UnaryPullback};
use crate::Result;
use crate::nn::initialize::Start;

/// `x` where it is positive, else a trained slope times `x` (He et al. 2015). The derivative at 0 is the slope.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PRelu {
    /// Size of the slopes: along each axis that of the input or 1, such as `[1, 1, channels]`.
    pub size: Size,
}

impl UnaryLayer for PRelu {
    fn output(&self, input: Size) -> std::result::Result<Size, String> {
        match broadcast(input, self.size)? == input {
            true => Ok(input),
            false => Err(format!("slopes {:?} are more than values {input:?}", self.size)),
        }
    }

    fn parameters(&self, _: Size) -> Vec<TensorSpec> {
        vec![TensorSpec {
            name: "slope",
            dims: self.size.to_vec(),
            start: Start::Zeros,
        }]
    }

    fn workspace(&self, input: Size) -> usize {
        count(input).saturating_mul(2)
    }

    fn forward(&self, x: Tensor<4>, context: &mut Context<'_, '_>) -> Result<(Tensor<4>, UnaryPullback)> {
        let [height, width, channels] = self.size;
        let slope = context.parameters[0].value().clone();
        let slope = slope.reshape([1, height, width, channels]);
        // A constant for differentiation. On either side of it the layer is linear in x and in the slope.
        let below = x.clone().detach().lower_equal_elem(0.0);
        let bent = move |x: Tensor<4>| x.clone().mask_where(below.clone(), x * slope.clone());
        let y = bent(x);
        Ok((y, Box::new(move |g| Ok(bent(g)))))
    }
}
