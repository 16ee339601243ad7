use burn::tensor::Tensor;
use serde::{Deserialize, Serialize};

use super::layer::{Context, Size, UnaryLayer, UnaryPullback};
use crate::Result;

/// What is no finite number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Unfinite {
    /// Not a number.
    Nan,
    /// Infinite with either sign.
    Infinite,
    /// Infinite and above all numbers.
    PositiveInfinite,
    /// Infinite and below all numbers.
    NegativeInfinite,
}

/// 1 where a value is no finite number of this kind, else 0. The gradient is zero.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Finiteness {
    /// What is looked for.
    pub kind: Unfinite,
}

impl UnaryLayer for Finiteness {
    fn output(&self, input: Size) -> std::result::Result<Size, String> {
        Ok(input)
    }

    fn forward(&self, x: Tensor<4>, _: &mut Context<'_, '_>) -> Result<(Tensor<4>, UnaryPullback)> {
        let (dims, dtype, x) = (x.dims(), x.dtype(), x.detach());
        let found = match self.kind {
            Unfinite::Nan => x.is_nan(),
            Unfinite::Infinite => x.is_inf(),
            Unfinite::PositiveInfinite => x.equal_elem(f64::INFINITY),
            Unfinite::NegativeInfinite => x.equal_elem(f64::NEG_INFINITY),
        };
        let pullback = move |g: Tensor<4>| Ok(Tensor::zeros(dims, (&g.device().inner(), g.dtype())));
        Ok((found.float().cast(dtype), Box::new(pullback)))
    }
}
