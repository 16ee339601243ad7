//! The derivative of such a value on the tape: the cotangent times the slope.

use burn::backend::Autodiff;
use burn::backend::autodiff::checkpoint::{base::Checkpointer, strategy::CheckpointStrategy};
use burn::backend::autodiff::grads::Gradients;
use burn::backend::autodiff::ops::{Backward, Ops};
use burn::backend::tensor::FloatTensor;

use super::backend::DerivativeOps;
use crate::tape::record;

#[derive(Debug)]
struct SlopeBackward;

impl<B: DerivativeOps> Backward<B, 1> for SlopeBackward {
    type State = FloatTensor<B>;

    fn backward(self, ops: Ops<Self::State, 1>, grads: &mut Gradients, _: &mut Checkpointer) {
        let [node] = ops.parents;
        let u = grads.consume::<B>(&ops.node);
        if let Some(node) = node {
            grads.register::<B>(node.id, B::float_mul(u, ops.state));
        }
    }
}

impl<B: DerivativeOps, C: CheckpointStrategy> DerivativeOps for Autodiff<B, C> {
    fn with_derivative(x: FloatTensor<Self>, y: FloatTensor<Self>, slope: FloatTensor<Self>) -> FloatTensor<Self> {
        let (_, node) = x.into_parts();
        record!(SlopeBackward, [node], slope.into_primitive(), y.into_primitive())
    }
}
