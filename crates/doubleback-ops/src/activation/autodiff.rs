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

/// A hard tanh and its vjp have one derivative: the vjp, which asks for nothing but the output.
#[derive(Debug)]
struct HardTanhBackward;

impl<B: ActivationOps> Backward<B, 1> for HardTanhBackward {
    type State = (FloatTensor<B>, f64, f64);

    fn backward(self, ops: Ops<Self::State, 1>, grads: &mut Gradients, _: &mut Checkpointer) {
        let [node] = ops.parents;
        let u = grads.consume::<B>(&ops.node);
        let (y, min, max) = ops.state;
        if let Some(node) = node {
            grads.register::<B>(node.id, B::hard_tanh_vjp(u, y, min, max));
        }
    }
}

impl<B: ActivationOps, C: CheckpointStrategy> ActivationOps for Autodiff<B, C> {
    fn activation(x: FloatTensor<Self>, activation: Activation, order: Order) -> FloatTensor<Self> {
        let (x, node) = x.into_parts();
        if let (Activation::HardTanh { min, max }, Order::Value) = (activation, order) {
            let y = B::activation(x, activation, order);
            return record!(HardTanhBackward, [node], (y.clone(), min, max), y);
        }
        let y = B::activation(x.clone(), activation, order);
        record!(ActivationBackward, [node], (x, activation, order), y)
    }

    fn hard_tanh_vjp(g: FloatTensor<Self>, y: FloatTensor<Self>, min: f64, max: f64) -> FloatTensor<Self> {
        let (g, node) = g.into_parts();
        let y = y.into_primitive();
        let masked = B::hard_tanh_vjp(g, y.clone(), min, max);
        record!(HardTanhBackward, [node], (y, min, max), masked)
    }
}
