use burn::tensor::{Bool, Tensor};
use serde::{Deserialize, Serialize};

use super::binary::{Operand, Side};
use super::broadcast::{broadcast, count, repeated};
use super::layer::{Context, Layer, LayerPullback, Size, TensorSpec};
use crate::nn::initialize::Start;
use crate::{Error, Result};

/// A question about two values `a` and `b`. Of [`And`](Self::And), [`Or`](Self::Or) and [`Xor`](Self::Xor), what is not 0 is true.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[allow(missing_docs)]
pub enum CompareFunction {
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
    And,
    Or,
    Xor,
}

/// 1 where the answer is yes, else 0, place by place; either is repeated along the axes where its size is 1. The gradient is zero.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Compare {
    /// What is asked.
    pub function: CompareFunction,
    /// If one of the two is a tensor of the layer, `value`, which is not trained, and not an input.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub constant: Option<Operand>,
}

impl Compare {
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

impl Layer for Compare {
    fn output(&self, inputs: &[Size]) -> std::result::Result<Size, String> {
        let [a, b] = self.operands(inputs)?;
        broadcast(a, b)
    }

    fn buffers(&self, _: &[Size]) -> Vec<TensorSpec> {
        let tensor = |operand: Operand| TensorSpec {
            name: "value",
            dims: operand.size.to_vec(),
            start: Start::Zeros,
        };
        self.constant.map(tensor).into_iter().collect()
    }

    fn workspace(&self, inputs: &[Size]) -> usize {
        self.output(inputs).map_or(0, count).saturating_mul(3)
    }

    fn forward(&self, inputs: Vec<Tensor<4>>, context: &mut Context<'_, '_>) -> Result<(Tensor<4>, LayerPullback)> {
        let dims: Vec<[usize; 4]> = inputs.iter().map(|input| input.dims()).collect();
        let wanted = self.constant.map_or(2, |_| 1);
        let mut operands: Vec<Tensor<4>> = inputs.into_iter().map(Tensor::detach).collect();
        if operands.len() != wanted {
            return Err(Error::shape("inputs of a layer", wanted, operands.len()));
        }
        if let Some(Operand { size, side }) = self.constant {
            let [height, width, channels] = size;
            let value = context.buffers[0].value().clone().detach();
            let value = value.reshape([1, height, width, channels]);
            match side {
                Side::Left => operands.insert(0, value),
                Side::Right => operands.push(value),
            }
        }
        let [a, b] = repeated([operands[0].clone(), operands[1].clone()]);
        let dtype = a.dtype();
        let is = |x: Tensor<4>| x.not_equal_elem(0.0);
        let answer: Tensor<4, Bool> = match self.function {
            CompareFunction::Equal => a.equal(b),
            CompareFunction::NotEqual => a.not_equal(b),
            CompareFunction::Less => a.lower(b),
            CompareFunction::LessOrEqual => a.lower_equal(b),
            CompareFunction::Greater => a.greater(b),
            CompareFunction::GreaterOrEqual => a.greater_equal(b),
            CompareFunction::And => is(a).bool_and(is(b)),
            CompareFunction::Or => is(a).bool_or(is(b)),
            CompareFunction::Xor => is(a).bool_xor(is(b)),
        };
        let pullback = move |g: Tensor<4>| {
            let zeros = |&dims: &[usize; 4]| Tensor::zeros(dims, (&g.device().inner(), g.dtype()));
            Ok(dims.iter().map(zeros).collect())
        };
        Ok((answer.float().cast(dtype), Box::new(pullback)))
    }
}
