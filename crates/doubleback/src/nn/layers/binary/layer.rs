use burn::tensor::Tensor;
use serde::{Deserialize, Serialize};

use super::super::broadcast::{broadcast, count, size_of, summed};
use super::super::layer::{Context, Layer, LayerPullback, Size, TensorSpec};
use super::function::BinaryFunction;
use super::pairs::pair;
use super::side::Side;
use crate::nn::initialize::Start;
use crate::{Error, Result};

/// A function of two values, place by place. Either is repeated along the axes where its size is 1, so that a vector can gate an image.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Binary {
    /// Which one.
    pub function: BinaryFunction,
    /// If one of the two is a trained tensor, `value`, and not an input.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub constant: Option<Operand>,
}

/// A trained operand: the same for every image.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Operand {
    /// Its size.
    pub size: Size,
    /// Which of the two it is.
    pub side: Side,
}

impl Binary {
    /// Sizes of `a` and `b`.
    fn operands(&self, inputs: &[Size]) -> std::result::Result<[Size; 2], String> {
        match (self.constant, inputs) {
            (None, &[a, b]) => Ok([a, b]),
            (None, _) => Err(format!("takes two inputs, not {}", inputs.len())),
            (Some(Operand { size, side }), &[input]) => Ok(match side {
                Side::Left => [size, input],
                Side::Right => [input, size],
            }),
            (Some(_), _) => Err(format!("takes one input besides its constant, not {}", inputs.len())),
        }
    }
}

impl Layer for Binary {
    fn output(&self, inputs: &[Size]) -> std::result::Result<Size, String> {
        let [a, b] = self.operands(inputs)?;
        broadcast(a, b)
    }

    fn parameters(&self, _: &[Size]) -> Vec<TensorSpec> {
        let start = match self.function {
            BinaryFunction::Add | BinaryFunction::Sub => Start::Zeros,
            _ => Start::Ones,
        };
        let tensor = |operand: Operand| TensorSpec {
            name: "value",
            dims: operand.size.to_vec(),
            start,
        };
        self.constant.map(tensor).into_iter().collect()
    }

    fn workspace(&self, inputs: &[Size]) -> usize {
        let output = self.output(inputs).map_or(0, count);
        match self.function {
            BinaryFunction::Add | BinaryFunction::Sub | BinaryFunction::Mul => 0,
            _ => output.saturating_mul(6),
        }
    }

    fn forward(&self, inputs: Vec<Tensor<4>>, context: &mut Context<'_, '_>) -> Result<(Tensor<4>, LayerPullback)> {
        let value = || {
            let value = context.parameters.first();
            let value = value.ok_or_else(|| Error::shape("tensors of a layer", 1, 0))?;
            let [height, width, channels] = [value.dims()[0], value.dims()[1], value.dims()[2]];
            Ok::<_, Error>(value.value().clone().reshape([1, height, width, channels]))
        };
        let count = inputs.len();
        let mut inputs = inputs.into_iter();
        let mut input = || inputs.next().ok_or_else(|| Error::shape("inputs of a layer", 2, count));
        let (a, b) = match self.constant.map(|operand| operand.side) {
            None => (input()?, input()?),
            Some(Side::Left) => (value()?, input()?),
            Some(Side::Right) => (input()?, value()?),
        };
        let wanted = self.constant.map(|operand| operand.side);
        let sizes = [size_of(&a), size_of(&b)];
        let (y, pullback) = pair(self.function, a, b)?;
        let pullback = move |g: Tensor<4>| {
            let by = |side: Side| -> Result<Tensor<4>> {
                let size = match side {
                    Side::Left => sizes[0],
                    Side::Right => sizes[1],
                };
                Ok(summed(pullback(g.clone(), side)?, size))
            };
            match wanted {
                None => Ok(vec![by(Side::Left)?, by(Side::Right)?]),
                Some(Side::Left) => Ok(vec![by(Side::Right)?]),
                Some(Side::Right) => Ok(vec![by(Side::Left)?]),
            }
        };
        Ok((y, Box::new(pullback)))
    }
}
