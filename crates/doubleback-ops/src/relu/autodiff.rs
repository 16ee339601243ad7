//! The derivative of a rectifier's vjp on the tape: the same mask again.

use burn::backend::Autodiff;
use burn::backend::autodiff::checkpoint::{base::Checkpointer, strategy::CheckpointStrategy};
use burn::backend::autodiff::grads::Gradients;
use burn::backend::autodiff::ops::{Backward, Ops};
use burn::backend::tensor::FloatTensor;

use super::backend::ReluOps;
use crate::tape::record;

#[derive(Debug)]
struct LeakyReluVjpBackward;

impl<B: ReluOps> Backward<B, 1> for LeakyReluVjpBackward {
    type State = (FloatTensor<B>, f64);

    fn backward(self, ops: Ops<Self::State, 1>, grads: &mut Gradients, _: &mut Checkpointer) {
        let [node] = ops.parents;
        let u = grads.consume::<B>(&ops.node);
        let (y, slope) = ops.state;
        if let Some(node) = node {
            grads.register::<B>(node.id, B::leaky_relu_vjp(u, y, slope));
        }
    }
}

impl<B: ReluOps, C: CheckpointStrategy> ReluOps for Autodiff<B, C> {
    fn leaky_relu_vjp(g: FloatTensor<Self>, y: FloatTensor<Self>, slope: f64) -> FloatTensor<Self> {
        let (g, node) = g.into_parts();
        let y = y.into_primitive();
        let masked = B::leaky_relu_vjp(g, y.clone(), slope);
        record!(LeakyReluVjpBackward, [node], (y, slope), masked)
    }
}
