//! The public functions, which check.

use burn::backend::Dispatch;
use burn::tensor::{Int, Tensor};

use super::backend::PoolOps;
use crate::error::{Result, expect, expect_one_type};
use crate::options::{Pool2dOptions, Pool2dShape};

/// Where the largest value of each window was.
#[derive(Clone, Debug)]
pub struct MaxPoolIndices {
    positions: Tensor<4, Int>,
    shape: Pool2dShape,
}

impl MaxPoolIndices {
    /// `row * width + column` in the input plane, shaped as the output.
    pub fn positions(&self) -> &Tensor<4, Int> {
        &self.positions
    }

    /// Sizes of the pool.
    pub fn shape(&self) -> &Pool2dShape {
        &self.shape
    }
}

/// Largest value of each window, and where it was. Ties go to the first in row order.
///
/// # Shapes
/// `[batch, height, width, channels]` to `[batch, (height + 2 padding - kernel) / stride + 1, …, channels]`
///
/// # Errors
/// When the window does not fit, or there are no values.
pub fn max_pool2d(x: Tensor<4>, options: Pool2dOptions) -> Result<(Tensor<4>, MaxPoolIndices)> {
    let shape = Pool2dShape::new("max_pool2d", x.dims(), options)?;
    expect_one_type("max_pool2d", &[("input", x.dtype())])?;
    let pooled = Dispatch::max_pool2d(x.into_dispatch(), shape);
    let indices = MaxPoolIndices {
        positions: Tensor::from_dispatch(pooled.indices),
        shape,
    };
    Ok((Tensor::from_dispatch(pooled.values), indices))
}

/// The values of `x`, of any float type, at the positions of an earlier [`max_pool2d`]: a linear map.
///
/// # Errors
/// When `x` is not shaped as that pool's input.
pub fn pool_select(x: Tensor<4>, indices: &MaxPoolIndices) -> Result<Tensor<4>> {
    expect("pool_select", "an input", indices.shape.input_dims(), x.dims())?;
    expect_one_type("pool_select", &[("input", x.dtype())])?;
    let positions = indices.positions.clone().into_dispatch();
    Ok(Tensor::from_dispatch(Dispatch::pool_select(
        x.into_dispatch(),
        positions,
        indices.shape,
    )))
}

/// `g` put back at the positions of an earlier [`max_pool2d`], zeros elsewhere: the transpose of [`pool_select`] and the vjp of the pool.
///
/// # Errors
/// When `g` is not shaped as that pool's output.
pub fn pool_unselect(g: Tensor<4>, indices: &MaxPoolIndices) -> Result<Tensor<4>> {
    expect("pool_unselect", "a cotangent", indices.shape.output_dims(), g.dims())?;
    expect_one_type("pool_unselect", &[("cotangent", g.dtype())])?;
    let positions = indices.positions.clone().into_dispatch();
    Ok(Tensor::from_dispatch(Dispatch::pool_unselect(
        g.into_dispatch(),
        positions,
        indices.shape,
    )))
}

/// Mean of each window; padding counts as zeros.
///
/// # Shapes
/// As [`max_pool2d`].
///
/// # Errors
/// When the window does not fit, or there are no values.
pub fn avg_pool2d(x: Tensor<4>, options: Pool2dOptions) -> Result<Tensor<4>> {
    let shape = Pool2dShape::new("avg_pool2d", x.dims(), options)?;
    expect_one_type("avg_pool2d", &[("input", x.dtype())])?;
    Ok(Tensor::from_dispatch(Dispatch::avg_pool2d(x.into_dispatch(), shape)))
}

/// Transpose of [`avg_pool2d`], and so its vjp.
///
/// # Errors
/// When `g` is not what pooling an `input` of that height and width gives.
pub fn avg_pool2d_transpose(g: Tensor<4>, input: [usize; 2], options: Pool2dOptions) -> Result<Tensor<4>> {
    let op = "avg_pool2d_transpose";
    let [batch, _, _, channels] = g.dims();
    let shape = Pool2dShape::new(op, [batch, input[0], input[1], channels], options)?;
    expect(op, "a cotangent", shape.output_dims(), g.dims())?;
    expect_one_type(op, &[("cotangent", g.dtype())])?;
    Ok(Tensor::from_dispatch(Dispatch::avg_pool2d_transpose(
        g.into_dispatch(),
        shape,
    )))
}
