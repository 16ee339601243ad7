//! The derivative of an activation function on the tape: the next order of it.

use burn::backend::Autodiff;
use burn::backend::autodiff::checkpoint::{base::Checkpointer, strategy::CheckpointStrategy};
use burn::backend::autodiff::grads::Gradients;
use burn::backend::autodiff::ops::{Backward, Ops};
use burn::backend::tensor::FloatTensor;

use super::backend::ActivationOps;
use crate::options::{Activation, Order};
use crate::tape::record;

#[derive(Debug)]
struct ActivationBackward;

impl<B: ActivationOps> Backward<B, 1> for ActivationBackward {
    type State = (FloatTensor<B>, Activation, Order);

    fn backward(self, ops: Ops<Self::State, 1>, grads: &mut Gradients, _: &mut Checkpointer) {
        let [node] = ops.parents;
        let u = grads.consume::<B>(&ops.node);
        let (x, activation, order) = ops.state;
        if let (Some(node), Some(next)) = (node, order.next()) {
            grads.register::<B>(node.id, B::float_mul(u, B::activation(x, activation, next)));
        }
    }
}

impl<B: ActivationOps, C: CheckpointStrategy> ActivationOps for Autodiff<B, C> {
    fn activation(x: FloatTensor<Self>, activation: Activation, order: Order) -> FloatTensor<Self> {
        let (x, node) = x.into_parts();
        let y = B::activation(x.clone(), activation, order);
        record!(ActivationBackward, [node], (x, activation, order), y)
    }
}
