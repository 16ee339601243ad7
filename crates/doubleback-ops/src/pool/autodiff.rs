//! Derivatives of the pools on the tape: each is its transpose.

use burn::backend::Autodiff;
use burn::backend::autodiff::checkpoint::{base::Checkpointer, strategy::CheckpointStrategy};
use burn::backend::autodiff::grads::Gradients;
use burn::backend::autodiff::ops::{Backward, Ops};
use burn::backend::tensor::{FloatTensor, IntTensor};

use super::backend::PoolOps;
use super::results::MaxPooled;
use crate::options::Pool2dShape;
use crate::tape::record;

#[derive(Debug)]
struct PoolSelectBackward;

impl<B: PoolOps> Backward<B, 1> for PoolSelectBackward {
    type State = (IntTensor<B>, Pool2dShape);

    fn backward(self, ops: Ops<Self::State, 1>, grads: &mut Gradients, _: &mut Checkpointer) {
        let [node] = ops.parents;
        let g = grads.consume::<B>(&ops.node);
        let (indices, shape) = ops.state;
        if let Some(node) = node {
            grads.register::<B>(node.id, B::pool_unselect(g, indices, shape));
        }
    }
}

#[derive(Debug)]
struct PoolUnselectBackward;

impl<B: PoolOps> Backward<B, 1> for PoolUnselectBackward {
    type State = (IntTensor<B>, Pool2dShape);

    fn backward(self, ops: Ops<Self::State, 1>, grads: &mut Gradients, _: &mut Checkpointer) {
        let [node] = ops.parents;
        let u = grads.consume::<B>(&ops.node);
        let (indices, shape) = ops.state;
        if let Some(node) = node {
            grads.register::<B>(node.id, B::pool_select(u, indices, shape));
        }
    }
}

#[derive(Debug)]
struct AvgPool2dBackward;

impl<B: PoolOps> Backward<B, 1> for AvgPool2dBackward {
    type State = Pool2dShape;

    fn backward(self, ops: Ops<Self::State, 1>, grads: &mut Gradients, _: &mut Checkpointer) {
        let [node] = ops.parents;
        let g = grads.consume::<B>(&ops.node);
        if let Some(node) = node {
            grads.register::<B>(node.id, B::avg_pool2d_transpose(g, ops.state));
        }
    }
}

#[derive(Debug)]
struct AvgPool2dTransposeBackward;

impl<B: PoolOps> Backward<B, 1> for AvgPool2dTransposeBackward {
    type State = Pool2dShape;

    fn backward(self, ops: Ops<Self::State, 1>, grads: &mut Gradients, _: &mut Checkpointer) {
        let [node] = ops.parents;
        let u = grads.consume::<B>(&ops.node);
        if let Some(node) = node {
            grads.register::<B>(node.id, <B as PoolOps>::avg_pool2d(u, ops.state));
        }
    }
}

impl<B: PoolOps, C: CheckpointStrategy> PoolOps for Autodiff<B, C> {
    // Once the positions are known the maximum is a selection.
    fn max_pool2d(x: FloatTensor<Self>, shape: Pool2dShape) -> MaxPooled<Self> {
        let (x, node) = x.into_parts();
        let pooled = <B as PoolOps>::max_pool2d(x, shape);
        let values = record!(
            PoolSelectBackward,
            [node],
            (pooled.indices.clone(), shape),
            pooled.values
        );
        MaxPooled {
            values,
            indices: pooled.indices,
        }
    }

    fn pool_select(x: FloatTensor<Self>, indices: IntTensor<Self>, shape: Pool2dShape) -> FloatTensor<Self> {
        let (x, node) = x.into_parts();
        let y = B::pool_select(x, indices.clone(), shape);
        record!(PoolSelectBackward, [node], (indices, shape), y)
    }

    fn pool_unselect(g: FloatTensor<Self>, indices: IntTensor<Self>, shape: Pool2dShape) -> FloatTensor<Self> {
        let (g, node) = g.into_parts();
        let x = B::pool_unselect(g, indices.clone(), shape);
        record!(PoolUnselectBackward, [node], (indices, shape), x)
    }

    fn avg_pool2d(x: FloatTensor<Self>, shape: Pool2dShape) -> FloatTensor<Self> {
        let (x, node) = x.into_parts();
        let y = <B as PoolOps>::avg_pool2d(x, shape);
        record!(AvgPool2dBackward, [node], shape, y)
    }

    fn avg_pool2d_transpose(g: FloatTensor<Self>, shape: Pool2dShape) -> FloatTensor<Self> {
        let (g, node) = g.into_parts();
        let x = B::avg_pool2d_transpose(g, shape);
        record!(AvgPool2dTransposeBackward, [node], shape, x)
    }
}
