use burn::tensor::Tensor;
use serde::{Deserialize, Serialize};

use super::axis::{Choice, along, name};
use super::layer::{Context, Size, UnaryLayer, UnaryPullback};
use crate::Result;

/// The values at fixed places along one axis, in any order, any of them any number of times.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Gather {
    /// 0: height, 1: width, 2: channels.
    pub axis: usize,
    /// The places.
    pub indices: Vec<usize>,
}

impl UnaryLayer for Gather {
    fn output(&self, input: Size) -> std::result::Result<Size, String> {
        let size = along(input, self.axis)?;
        if self.indices.is_empty() {
            return Err("gathers nothing: it needs an index".into());
        }
        if let Some(index) = self.indices.iter().find(|&&index| index >= size) {
            return Err(format!(
                "index {index} is not one of {size} along the {}",
                name(self.axis)
            ));
        }
        let mut output = input;
        output[self.axis] = self.indices.len();
        Ok(output)
    }

    /// The places there and back.
    fn workspace(&self, input: Size) -> usize {
        let size = input.get(self.axis).copied().unwrap_or_default();
        self.indices.len().saturating_add(size).saturating_mul(2)
    }

    fn forward(&self, x: Tensor<4>, _: &mut Context<'_, '_>) -> Result<(Tensor<4>, UnaryPullback)> {
        let choice = Choice::new(&x, self.axis, &self.indices);
        Ok((choice.of(x), Box::new(move |g| Ok(choice.transpose(g)))))
    }
}
