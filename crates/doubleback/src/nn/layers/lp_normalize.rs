use burn::tensor::Tensor;
use serde::{Deserialize, Serialize};

use super::layer::{Context, Size, UnaryLayer, UnaryPullback};
use crate::Result;

/// The values along an axis over their norm. Where all are zero they stay so, and the norm, which has no derivative there, gets none.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LpNormalize {
    /// 1: the sum of the absolute values. 2: the root of the sum of their squares.
    pub p: u32,
    /// 0 is height, 1 width, 2 channels.
    pub axis: usize,
}

impl UnaryLayer for LpNormalize {
    fn output(&self, input: Size) -> std::result::Result<Size, String> {
        match (self.p, self.axis) {
            (1 | 2, 0..=2) => Ok(input),
            (p, axis) => Err(format!("p {p} is neither 1 nor 2, or axis {axis} is not 0, 1 or 2")),
        }
    }

    fn workspace(&self, input: Size) -> usize {
        input.iter().product::<usize>().saturating_mul(2)
    }

    fn forward(&self, x: Tensor<4>, _: &mut Context<'_, '_>) -> Result<(Tensor<4>, UnaryPullback)> {
        let (axis, dtype) = (self.axis + 1, x.dtype());
        let square = self.p == 2;
        let sum = match square {
            true => x.clone().square().sum_dim(axis),
            false => x.clone().abs().sum_dim(axis),
        };
        let zero = sum.clone().inner().equal_elem(0.0).float().cast(dtype);
        let sum = sum + zero.clone();
        let norm = if square { sum.sqrt() } else { sum };
        let scale = norm.recip() * (zero.ones_like() - zero);
        let slope = x.clone().inner().sign();
        let y = x * scale.clone();
        let kept = y.clone();
        let pullback = move |g: Tensor<4>| {
            let along = (g.clone() * kept.clone()).sum_dim(axis);
            let of_norm = match square {
                true => kept.clone() * along,
                false => along * slope.clone(),
            };
            Ok((g - of_norm) * scale.clone())
        };
        Ok((y, Box::new(pullback)))
    }
}
