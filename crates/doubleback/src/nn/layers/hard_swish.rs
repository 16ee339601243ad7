use burn::tensor::{Bool, Tensor};
use serde::{Deserialize, Serialize};

use super::layer::{Context, Size, UnaryLayer, UnaryPullback};
use crate::Result;

/// `x · min(max(x + 3, 0), 6) / 6` (Howard et al. 2019, section 5.2): a swish of straight pieces.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HardSwish {}

/// `min(max(x + 3, 0), 6) / 6`.
fn gate(x: Tensor<4>) -> Tensor<4> {
    (x + 3.0).clamp(0.0, 6.0) / 6.0
}

impl UnaryLayer for HardSwish {
    fn output(&self, input: Size) -> std::result::Result<Size, String> {
        Ok(input)
    }

    fn forward(&self, x: Tensor<4>, _: &mut Context<'_, '_>) -> Result<(Tensor<4>, UnaryPullback)> {
        // Where the gate follows x. The mask is a constant; what is left of the slope, gate + x / 6, has the second derivative 1 / 3.
        let follows: Tensor<4, Bool> = x.clone().inner().abs().lower_elem(3.0);
        let follows = follows.float().cast(x.dtype());
        let y = x.clone() * gate(x.clone());
        let pullback = move |g: Tensor<4>| {
            let slope = gate(x.clone()) + x.clone() * follows.clone() / 6.0;
            Ok(g * slope)
        };
        Ok((y, Box::new(pullback)))
    }
}
