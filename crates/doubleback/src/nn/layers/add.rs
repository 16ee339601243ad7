use burn::tensor::Tensor;
use doubleback_ops::RectifiedSum;
use serde::{Deserialize, Serialize};

use super::epilogue::Absorbs;
use super::layer::{Context, Layer, LayerPullback, Size};
use crate::{Error, Result};

/// Sum of two or more inputs of one size: where the shortcut of a residual block comes in (He et al. 2016). A ReLU right after it is computed in
/// the same pass over memory.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Add {}

impl Layer for Add {
    fn output(&self, inputs: &[Size]) -> std::result::Result<Size, String> {
        let [first, others @ ..] = inputs else {
            return Err("adds nothing: it needs at least two inputs".into());
        };
        if others.is_empty() {
            return Err("adds one input to nothing: it needs at least two".into());
        }
        match others.iter().find(|size| *size != first) {
            Some(other) => Err(format!(
                "cannot add {other:?} values to {first:?}: both must be of one size"
            )),
            None => Ok(*first),
        }
    }

    fn absorbs(&self) -> Absorbs {
        Absorbs::Relu
    }

    fn forward(&self, mut inputs: Vec<Tensor<4>>, context: &mut Context<'_, '_>) -> Result<(Tensor<4>, LayerPullback)> {
        let count = inputs.len();
        let nothing = || Error::shape("inputs of a sum", "at least two", count);
        let last = inputs.pop().ok_or_else(nothing)?;
        let others = inputs
            .into_iter()
            .reduce(|sum, input| sum + input)
            .ok_or_else(nothing)?;
        if context.epilogue.relu() {
            let (y, rectified) = RectifiedSum::new(others, last)?;
            return Ok((y, Box::new(move |g| Ok(vec![rectified.vjp(g)?; count]))));
        }
        let sum = others + last;
        Ok((sum, Box::new(move |g| Ok(vec![g; count]))))
    }
}
