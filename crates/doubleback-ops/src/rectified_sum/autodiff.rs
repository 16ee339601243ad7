//! Derivatives of a rectified sum and of its vjp on the tape: the same mask.

use burn::backend::autodiff::checkpoint::{base::Checkpointer, strategy::CheckpointStrategy};
use burn::backend::autodiff::grads::Gradients;
use burn::backend::autodiff::ops::{Backward, Ops};
use burn::backend::tensor::{FloatTensor, IntTensor};
use burn::backend::{Autodiff, AutodiffBackend};

use super::backend::RectifiedSumOps;
use super::results::Rectified;
use crate::tape::record;

#[derive(Debug)]
struct Masked;

impl<B: RectifiedSumOps, const N: usize> Backward<B, N> for Masked {
    type State = (FloatTensor<B>, IntTensor<B>);

    fn backward(self, ops: Ops<Self::State, N>, grads: &mut Gradients, _: &mut Checkpointer) {
        let g = grads.consume::<B>(&ops.node);
        let (kept, bits) = ops.state;
        let masked = B::rectified_sum_vjp(g, kept, bits);
        for node in ops.parents.into_iter().flatten() {
            grads.register::<B>(node.id, masked.clone());
        }
    }
}

impl<B: RectifiedSumOps, C: CheckpointStrategy> RectifiedSumOps for Autodiff<B, C> {
    fn rectified_sum(a: FloatTensor<Self>, b: FloatTensor<Self>, _on_tape: bool) -> Rectified<Self> {
        let ((a, a_node), (b, b_node)) = (a.into_parts(), b.into_parts());
        let Rectified { values, kept, bits } = B::rectified_sum(a, b, true);
        Rectified {
            values: record!(Masked, [a_node, b_node], (kept.clone(), bits.clone()), values),
            kept: Self::from_inner(kept),
            bits,
        }
    }

    fn rectified_sum_vjp(g: FloatTensor<Self>, kept: FloatTensor<Self>, bits: IntTensor<Self>) -> FloatTensor<Self> {
        let (g, node) = g.into_parts();
        let kept = kept.into_primitive();
        let masked = B::rectified_sum_vjp(g, kept.clone(), bits.clone());
        record!(Masked, [node], (kept, bits), masked)
    }
}
