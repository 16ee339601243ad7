use burn::tensor::Tensor;
use serde::{Deserialize, Serialize};

use super::layer::{Context, Layer, LayerPullback, Size};
use crate::{Error, Result};

/// Matrix products of two inputs: width and channels are rows and columns, the height counts matrices. An input of one matrix is multiplied
/// with all of the other.
///
/// `[b, m, k]` times `[b, k, n]` is `[b, m, n]`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MatMul {}

impl Layer for MatMul {
    fn output(&self, inputs: &[Size]) -> std::result::Result<Size, String> {
        let &[left, right] = inputs else {
            return Err(format!("multiplies two inputs, not {}", inputs.len()));
        };
        let ([matrices, rows, inner], [others, same, columns]) = (left, right);
        if inner != same || (matrices != others && matrices != 1 && others != 1) {
            return Err(format!("cannot multiply matrices {left:?} with {right:?}"));
        }
        Ok([matrices.max(others), rows, columns])
    }

    fn forward(&self, inputs: Vec<Tensor<4>>, _: &mut Context<'_, '_>) -> Result<(Tensor<4>, LayerPullback)> {
        let count = inputs.len();
        let [a, b]: [Tensor<4>; 2] = inputs
            .try_into()
            .map_err(|_| Error::shape("inputs of a layer", 2, count))?;
        let y = a.clone().matmul(b.clone());
        let all = y.dims()[1];
        // Of one matrix that met many, each has a share.
        let summed = move |gradient: Tensor<4>, matrices: usize| match matrices == all {
            true => gradient,
            false => gradient.sum_dim(1),
        };
        let pullback = move |g: Tensor<4>| {
            let left = g.clone().matmul(b.clone().swap_dims(2, 3));
            let right = a.clone().swap_dims(2, 3).matmul(g);
            Ok(vec![summed(left, a.dims()[1]), summed(right, b.dims()[1])])
        };
        Ok((y, Box::new(pullback)))
    }
}
