//! Derivatives of the convolutions on the tape: each is written with the other two.

use burn::backend::autodiff::checkpoint::{base::Checkpointer, strategy::CheckpointStrategy};
use burn::backend::autodiff::grads::Gradients;
use burn::backend::autodiff::ops::{Backward, Ops};
use burn::backend::tensor::FloatTensor;
use burn::backend::{Autodiff, AutodiffBackend};

use super::backend::ConvOps;
use super::default;
use super::results::Convolved;
use crate::options::{Conv2dShape, GroupedConv2dShape};
use crate::relu::backend::ReluOps;
use crate::tape::record;

type Pair<B> = (FloatTensor<B>, FloatTensor<B>, Conv2dShape);
type GroupedPair<B> = (FloatTensor<B>, FloatTensor<B>, GroupedConv2dShape);

#[derive(Debug)]
struct Conv2dBackward;

impl<B: ConvOps> Backward<B, 2> for Conv2dBackward {
    type State = Pair<B>;

    fn backward(self, ops: Ops<Self::State, 2>, grads: &mut Gradients, _: &mut Checkpointer) {
        let [x_node, w_node] = ops.parents;
        let g = grads.consume::<B>(&ops.node);
        let (x, w, shape) = ops.state;
        if let Some(node) = x_node {
            grads.register::<B>(node.id, B::conv2d_input_grad(g.clone(), w, shape));
        }
        if let Some(node) = w_node {
            grads.register::<B>(node.id, B::conv2d_weight_grad(x, g, shape));
        }
    }
}

#[derive(Debug)]
struct Conv2dInputGradBackward;

impl<B: ConvOps> Backward<B, 2> for Conv2dInputGradBackward {
    type State = Pair<B>;

    fn backward(self, ops: Ops<Self::State, 2>, grads: &mut Gradients, _: &mut Checkpointer) {
        let [g_node, w_node] = ops.parents;
        let u = grads.consume::<B>(&ops.node);
        let (g, w, shape) = ops.state;
        if let Some(node) = g_node {
            grads.register::<B>(node.id, B::conv2d_of_gradient(u.clone(), w, shape));
        }
        if let Some(node) = w_node {
            grads.register::<B>(node.id, B::conv2d_weight_grad(u, g, shape));
        }
    }
}

#[derive(Debug)]
struct Conv2dWeightGradBackward;

impl<B: ConvOps> Backward<B, 2> for Conv2dWeightGradBackward {
    type State = Pair<B>;

    fn backward(self, ops: Ops<Self::State, 2>, grads: &mut Gradients, _: &mut Checkpointer) {
        let [x_node, g_node] = ops.parents;
        let u = grads.consume::<B>(&ops.node);
        let (x, g, shape) = ops.state;
        if let Some(node) = x_node {
            grads.register::<B>(node.id, B::conv2d_input_grad(g, u.clone(), shape));
        }
        if let Some(node) = g_node {
            grads.register::<B>(node.id, <B as ConvOps>::conv2d(x, u, shape));
        }
    }
}

#[derive(Debug)]
struct GroupedConv2dBackward;

impl<B: ConvOps> Backward<B, 2> for GroupedConv2dBackward {
    type State = GroupedPair<B>;

    fn backward(self, ops: Ops<Self::State, 2>, grads: &mut Gradients, _: &mut Checkpointer) {
        let [x_node, w_node] = ops.parents;
        let g = grads.consume::<B>(&ops.node);
        let (x, w, shape) = ops.state;
        if let Some(node) = x_node {
            grads.register::<B>(node.id, B::grouped_conv2d_input_grad(g.clone(), w, shape));
        }
        if let Some(node) = w_node {
            grads.register::<B>(node.id, B::grouped_conv2d_weight_grad(x, g, shape));
        }
    }
}

#[derive(Debug)]
struct GroupedConv2dInputGradBackward;

impl<B: ConvOps> Backward<B, 2> for GroupedConv2dInputGradBackward {
    type State = GroupedPair<B>;

    fn backward(self, ops: Ops<Self::State, 2>, grads: &mut Gradients, _: &mut Checkpointer) {
        let [g_node, w_node] = ops.parents;
        let u = grads.consume::<B>(&ops.node);
        let (g, w, shape) = ops.state;
        if let Some(node) = g_node {
            grads.register::<B>(node.id, B::grouped_conv2d(u.clone(), w, shape));
        }
        if let Some(node) = w_node {
            grads.register::<B>(node.id, B::grouped_conv2d_weight_grad(u, g, shape));
        }
    }
}

#[derive(Debug)]
struct GroupedConv2dWeightGradBackward;

impl<B: ConvOps> Backward<B, 2> for GroupedConv2dWeightGradBackward {
    type State = GroupedPair<B>;

    fn backward(self, ops: Ops<Self::State, 2>, grads: &mut Gradients, _: &mut Checkpointer) {
        let [x_node, g_node] = ops.parents;
        let u = grads.consume::<B>(&ops.node);
        let (x, g, shape) = ops.state;
        if let Some(node) = x_node {
            grads.register::<B>(node.id, B::grouped_conv2d_input_grad(g, u.clone(), shape));
        }
        if let Some(node) = g_node {
            grads.register::<B>(node.id, B::grouped_conv2d(x, u, shape));
        }
    }
}

impl<B: ConvOps + ReluOps, C: CheckpointStrategy> ConvOps for Autodiff<B, C> {
    fn conv2d(x: FloatTensor<Self>, w: FloatTensor<Self>, shape: Conv2dShape) -> FloatTensor<Self> {
        let ((x, x_node), (w, w_node)) = (x.into_parts(), w.into_parts());
        let y = B::conv2d_on_tape(x.clone(), w.clone(), shape);
        record!(Conv2dBackward, [x_node, w_node], (x, w, shape), y)
    }

    // Three ops that each have their derivative.
    fn conv2d_biased(
        x: FloatTensor<Self>,
        w: FloatTensor<Self>,
        bias: FloatTensor<Self>,
        shape: Conv2dShape,
        relu: bool,
    ) -> FloatTensor<Self> {
        let y = default::biased::<Self>(<Self as ConvOps>::conv2d(x, w, shape), bias, shape);
        match relu {
            true => <Self as ReluOps>::leaky_relu_vjp(y.clone(), y, 0.0),
            false => y,
        }
    }

    fn conv2d_with_statistics(x: FloatTensor<Self>, w: FloatTensor<Self>, shape: Conv2dShape) -> Convolved<Self> {
        let ((x, x_node), (w, w_node)) = (x.into_parts(), w.into_parts());
        let y = B::conv2d_with_statistics(x.clone(), w.clone(), shape);
        Convolved {
            values: record!(Conv2dBackward, [x_node, w_node], (x, w, shape), y.values),
            statistics: Self::from_inner(y.statistics),
        }
    }

    fn conv2d_input_grad(g: FloatTensor<Self>, w: FloatTensor<Self>, shape: Conv2dShape) -> FloatTensor<Self> {
        let ((g, g_node), (w, w_node)) = (g.into_parts(), w.into_parts());
        let x = B::conv2d_input_grad_on_tape(g.clone(), w.clone(), shape);
        record!(Conv2dInputGradBackward, [g_node, w_node], (g, w, shape), x)
    }

    fn conv2d_weight_grad(x: FloatTensor<Self>, g: FloatTensor<Self>, shape: Conv2dShape) -> FloatTensor<Self> {
        let ((x, x_node), (g, g_node)) = (x.into_parts(), g.into_parts());
        let w = B::conv2d_weight_grad(x.clone(), g.clone(), shape);
        record!(Conv2dWeightGradBackward, [x_node, g_node], (x, g, shape), w)
    }

    fn grouped_conv2d(x: FloatTensor<Self>, w: FloatTensor<Self>, shape: GroupedConv2dShape) -> FloatTensor<Self> {
        let ((x, x_node), (w, w_node)) = (x.into_parts(), w.into_parts());
        let y = B::grouped_conv2d(x.clone(), w.clone(), shape);
        record!(GroupedConv2dBackward, [x_node, w_node], (x, w, shape), y)
    }

    fn grouped_conv2d_input_grad(
        g: FloatTensor<Self>,
        w: FloatTensor<Self>,
        shape: GroupedConv2dShape,
    ) -> FloatTensor<Self> {
        let ((g, g_node), (w, w_node)) = (g.into_parts(), w.into_parts());
        let x = B::grouped_conv2d_input_grad(g.clone(), w.clone(), shape);
        record!(GroupedConv2dInputGradBackward, [g_node, w_node], (g, w, shape), x)
    }

    fn grouped_conv2d_weight_grad(
        x: FloatTensor<Self>,
        g: FloatTensor<Self>,
        shape: GroupedConv2dShape,
    ) -> FloatTensor<Self> {
        let ((x, x_node), (g, g_node)) = (x.into_parts(), g.into_parts());
        let w = B::grouped_conv2d_weight_grad(x.clone(), g.clone(), shape);
        record!(GroupedConv2dWeightGradBackward, [x_node, g_node], (x, g, shape), w)
    }
}
