use burn::tensor::Tensor;
use doubleback_ops::{matmul, matmul_transposed};
use serde::{Deserialize, Serialize};

use super::bias::biased;
use super::epilogue::Absorbs;
use super::layer::{Context, Size, TensorSpec, UnaryLayer, UnaryPullback};
use crate::Result;
use crate::nn::initialize::Start;

/// Matrix product with a vector of activations.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Dense {
    /// Outputs.
    pub units: usize,
    /// Add a bias. Before a batch norm its gradient would be exactly zero.
    pub bias: bool,
}

impl UnaryLayer for Dense {
    fn output(&self, [height, width, _]: Size) -> std::result::Result<Size, String> {
        if [height, width] != [1, 1] {
            return Err(format!(
                "needs a vector, not {height} x {width} pixels: put a flatten layer before it"
            ));
        }
        if self.units == 0 {
            return Err("needs at least one unit".into());
        }
        Ok([1, 1, self.units])
    }

    fn parameters(&self, [_, _, inputs]: Size) -> Vec<TensorSpec> {
        let start = Start::GlorotUniform {
            fan_in: inputs,
            fan_out: self.units,
        };
        let mut tensors = vec![TensorSpec {
            name: "weight",
            dims: vec![inputs, self.units],
            start,
        }];
        if self.bias {
            tensors.push(TensorSpec {
                name: "bias",
                dims: vec![self.units],
                start: Start::Zeros,
            });
        }
        tensors
    }

    fn absorbs(&self) -> Absorbs {
        match self.bias {
            true => Absorbs::ReluAndPool,
            false => Absorbs::Nothing,
        }
    }

    fn forward(&self, x: Tensor<4>, context: &mut Context<'_, '_>) -> Result<(Tensor<4>, UnaryPullback)> {
        let [n, _, _, inputs] = x.dims();
        let units = self.units;
        let weight = context.parameters[0].view::<2>();
        let y = matmul(x.reshape([n, inputs]), weight.clone())?.reshape([n, 1, 1, units]);
        let pullback = move |g: Tensor<4>| {
            let gradient = matmul_transposed(g.reshape([n, units]), weight.clone())?;
            Ok(gradient.reshape([n, 1, 1, inputs]))
        };
        if !self.bias {
            return Ok((y, Box::new(pullback)));
        }
        let (y, before) = biased(y, context.parameters[1].view(), context.epilogue)?;
        Ok((y, Box::new(move |g| pullback(before(g)?))))
    }
}
