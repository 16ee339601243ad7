use burn::tensor::Tensor;
use doubleback_ops::{Activation, Order, activation};
use serde::{Deserialize, Serialize};

use super::layer::{Context, Size, UnaryLayer, UnaryPullback};
use crate::Result;

/// `x · min(max(x + 3, 0), 6) / 6` (Howard et al. 2019, section 5.2): a swish of straight pieces.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HardSwish {}

impl UnaryLayer for HardSwish {
    fn output(&self, input: Size) -> std::result::Result<Size, String> {
        Ok(input)
    }

    fn forward(&self, x: Tensor<4>, _: &mut Context<'_, '_>) -> Result<(Tensor<4>, UnaryPullback)> {
        let y = activation(x.clone(), Activation::HardSwish, Order::Value);
        let pullback = move |g: Tensor<4>| Ok(g * activation(x.clone(), Activation::HardSwish, Order::First));
        Ok((y, Box::new(pullback)))
    }
}
