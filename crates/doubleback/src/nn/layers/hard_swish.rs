use burn::tensor::{Bool, Tensor};
use doubleback_ops::with_derivative;
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
        let at = x.clone().detach();
        // Where the gate follows x: at the kinks it does not, as in PyTorch.
        let follows: Tensor<4, Bool> = at.clone().abs().lower_elem(3.0);
        let follows = follows.float().cast(x.dtype());
        let y = at.clone() * gate(at.clone());
        let slope = {
            let follows = follows.clone();
            move || gate(at.clone()) + at.clone() * follows.clone() / 6.0
        };
        let y = match x.is_tracked() {
            true => with_derivative(x.clone(), y, slope())?,
            false => y,
        };
        let pullback = move |g: Tensor<4>| match x.is_tracked() {
            true => Ok(g * with_derivative(x.clone(), slope(), follows.clone() / 3.0)?),
            false => Ok(g * slope()),
        };
        Ok((y, Box::new(pullback)))
    }
}
