//! Pools on Burn's CPU backend: native kernels for f32, default bodies for other types.

use burn::backend::tensor::{FloatTensor, IntTensor};
use burn::backend::{DType, Flex};
use burn::tensor::Shape;
use burn_flex::{FlexTensor, Layout};

use super::backend::PoolOps;
use super::default;
use super::results::MaxPooled;
use crate::kernels;
use crate::options::Pool2dShape;
use crate::slices::{contiguous, native, tensor, values};

/// Positions as the kernels take them.
fn positions(indices: &FlexTensor) -> Option<&[i32]> {
    indices.as_slice::<i32>()
}

impl PoolOps for Flex {
    fn max_pool2d(x: FloatTensor<Self>, shape: Pool2dShape) -> MaxPooled<Self> {
        if !native(&x) {
            return default::max_pool2d::<Self>(x, shape);
        }
        let x = contiguous(x);
        let (pooled, positions) = kernels::max_pool2d(values(&x), &shape);
        let layout = Layout::contiguous(Shape::from(shape.output_dims().to_vec()));
        MaxPooled {
            values: tensor(pooled, &shape.output_dims()),
            indices: FlexTensor::new(positions.into_bytes(), layout, DType::I32),
        }
    }

    fn pool_select(x: FloatTensor<Self>, indices: IntTensor<Self>, shape: Pool2dShape) -> FloatTensor<Self> {
        let indices = contiguous(indices);
        match positions(&indices) {
            Some(positions) if native(&x) => {
                let x = contiguous(x);
                tensor(
                    kernels::pool_select(values(&x), positions, &shape),
                    &shape.output_dims(),
                )
            }
            _ => default::pool_select::<Self>(x, indices, shape),
        }
    }

    fn pool_unselect(g: FloatTensor<Self>, indices: IntTensor<Self>, shape: Pool2dShape) -> FloatTensor<Self> {
        let indices = contiguous(indices);
        match positions(&indices) {
            Some(positions) if native(&g) => {
                let g = contiguous(g);
                tensor(
                    kernels::pool_unselect(values(&g), positions, &shape),
                    &shape.input_dims(),
                )
            }
            _ => default::pool_unselect::<Self>(g, indices, shape),
        }
    }

    fn avg_pool2d(x: FloatTensor<Self>, shape: Pool2dShape) -> FloatTensor<Self> {
        if !native(&x) {
            return default::avg_pool2d::<Self>(x, shape);
        }
        let x = contiguous(x);
        tensor(kernels::avg_pool2d(values(&x), &shape), &shape.output_dims())
    }

    fn avg_pool2d_transpose(g: FloatTensor<Self>, shape: Pool2dShape) -> FloatTensor<Self> {
        if !native(&g) {
            return default::avg_pool2d_transpose::<Self>(g, shape);
        }
        let g = contiguous(g);
        tensor(kernels::avg_pool2d_transpose(values(&g), &shape), &shape.input_dims())
    }
}
