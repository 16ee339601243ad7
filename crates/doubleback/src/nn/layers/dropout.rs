use burn::tensor::Tensor;
use serde::{Deserialize, Serialize};

use super::layer::{Context, Size, UnaryLayer, UnaryPullback};
use crate::Result;
use crate::nn::mode::Mode;

/// Drops activations at random in training and scales the others by 1 / (1 - rate); does nothing in inference.
/// The pullback uses the mask of its own forward pass.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Dropout {
    /// Share of activations to drop, in [0, 1).
    pub rate: f64,
}

impl UnaryLayer for Dropout {
    fn output(&self, input: Size) -> std::result::Result<Size, String> {
        if !(0.0..1.0).contains(&self.rate) {
            return Err(format!("a rate of {} is not in [0, 1)", self.rate));
        }
        Ok(input)
    }

    fn forward(&self, x: Tensor<4>, context: &mut Context<'_, '_>) -> Result<(Tensor<4>, UnaryPullback)> {
        let Mode::Training(pass) = context.mode else {
            return Ok((x, Box::new(Ok)));
        };
        let mask = pass.dropout_mask(&x, self.rate)?;
        Ok((x * mask.clone(), Box::new(move |g| Ok(g * mask.clone()))))
    }
}
