use burn::tensor::Tensor;
use serde::{Deserialize, Serialize};

use super::layer::{Context, Size, UnaryLayer, UnaryPullback};
use crate::Result;

/// Repeats its input along the axes on which it has one value only.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Expand {
    /// Height, width and channels of the output.
    pub size: Size,
}

impl UnaryLayer for Expand {
    fn output(&self, input: Size) -> std::result::Result<Size, String> {
        let fits = |(&from, &to): (&usize, &usize)| to > 0 && (from == to || from == 1);
        match input.iter().zip(&self.size).all(fits) {
            true => Ok(self.size),
            false => Err(format!(
                "cannot repeat {input:?} values to {:?}: only a size of 1 can grow",
                self.size
            )),
        }
    }

    fn forward(&self, x: Tensor<4>, _: &mut Context<'_, '_>) -> Result<(Tensor<4>, UnaryPullback)> {
        let (dims, [height, width, channels]) = (x.dims(), self.size);
        let to = [dims[0], height, width, channels];
        let grown: Vec<usize> = (1..4).filter(|&axis| dims[axis] != to[axis]).collect();
        let y = x.expand(to);
        Ok((y, Box::new(move |g: Tensor<4>| Ok(g.sum_dims(&grown)))))
    }
}
