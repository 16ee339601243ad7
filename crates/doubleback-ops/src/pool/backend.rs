//! What a backend does of a pool.

use burn::backend::tensor::{FloatTensor, IntTensor};
use burn::backend::{Backend, backend_extension};

use super::default;
use super::results::MaxPooled;
use crate::options::Pool2dShape;

/// Pools on tensor primitives: one method an op, each with a default body of stock Burn ops.
#[backend_extension(Flex, Cube: cfg(feature = "cube"), Autodiff)]
pub(crate) trait PoolOps: Backend {
    /// See [`max_pool2d`](super::max_pool2d).
    fn max_pool2d(x: FloatTensor<Self>, shape: Pool2dShape) -> MaxPooled<Self> {
        default::max_pool2d::<Self>(x, shape)
    }
    /// See [`pool_select`](super::pool_select).
    fn pool_select(x: FloatTensor<Self>, indices: IntTensor<Self>, shape: Pool2dShape) -> FloatTensor<Self> {
        default::pool_select::<Self>(x, indices, shape)
    }
    /// See [`pool_unselect`](super::pool_unselect).
    fn pool_unselect(g: FloatTensor<Self>, indices: IntTensor<Self>, shape: Pool2dShape) -> FloatTensor<Self> {
        default::pool_unselect::<Self>(g, indices, shape)
    }
    /// See [`avg_pool2d`](super::avg_pool2d).
    fn avg_pool2d(x: FloatTensor<Self>, shape: Pool2dShape) -> FloatTensor<Self> {
        default::avg_pool2d::<Self>(x, shape)
    }
    /// See [`avg_pool2d_transpose`](super::avg_pool2d_transpose).
    fn avg_pool2d_transpose(g: FloatTensor<Self>, shape: Pool2dShape) -> FloatTensor<Self> {
        default::avg_pool2d_transpose::<Self>(g, shape)
    }
}
