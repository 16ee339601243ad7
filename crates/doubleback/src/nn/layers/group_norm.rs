use burn::tensor::Tensor;
use serde::{Deserialize, Serialize};

use super::bias::scaled;
use super::epilogue::Absorbs;
use super::layer::{Context, Size, TensorSpec, UnaryLayer, UnaryPullback};
use super::standardized::{Shared, checked_epsilon, standardized};
use crate::Result;
use crate::nn::initialize::Start;

/// Group normalization (Wu & He 2018): each image for itself, the channels cut in equal groups, each group minus its mean over the root of its
/// variance. As many groups as channels make instance normalization.
///
/// ```
/// use doubleback::nn::layers::GroupNorm;
///
/// let instance = GroupNorm { groups: 64, epsilon: 1e-5, affine: true };
/// # let _ = instance;
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GroupNorm {
    /// Equal parts that the channels are cut in, at least 1.
    pub groups: usize,
    /// Added to the variance.
    pub epsilon: f64,
    /// Multiply each channel by a trained gain and add a trained shift.
    pub affine: bool,
}

impl UnaryLayer for GroupNorm {
    fn output(&self, input: Size) -> std::result::Result<Size, String> {
        checked_epsilon(self.epsilon)?;
        let [_, _, channels] = input;
        match channels.checked_rem(self.groups) {
            Some(0) => Ok(input),
            _ => Err(format!("{channels} channels do not make {} equal groups", self.groups)),
        }
    }

    fn parameters(&self, [_, _, channels]: Size) -> Vec<TensorSpec> {
        let tensor = |name, start| TensorSpec {
            name,
            dims: vec![channels],
            start,
        };
        match self.affine {
            true => vec![tensor("gain", Start::Ones), tensor("shift", Start::Zeros)],
            false => Vec::new(),
        }
    }

    /// The centered image, and its square.
    fn workspace(&self, input: Size) -> usize {
        input.iter().product::<usize>().saturating_mul(2)
    }

    fn absorbs(&self) -> Absorbs {
        match self.affine {
            true => Absorbs::ReluAndPool,
            false => Absorbs::Nothing,
        }
    }

    fn forward(&self, x: Tensor<4>, context: &mut Context<'_, '_>) -> Result<(Tensor<4>, UnaryPullback)> {
        let (y, pullback) = standardized(x, Shared::Groups(self.groups), self.epsilon, true);
        let [gain, shift] = context.parameters else {
            return Ok((y, pullback));
        };
        let (y, before) = scaled(y, gain.view(), shift.view(), context.epilogue)?;
        Ok((y, Box::new(move |g| pullback(before(g)?))))
    }
}
