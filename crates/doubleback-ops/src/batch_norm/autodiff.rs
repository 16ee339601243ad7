//! Derivatives of a batch norm on the tape: the vjp, and the vjp of that.

use burn::backend::autodiff::checkpoint::{base::Checkpointer, strategy::CheckpointStrategy};
use burn::backend::autodiff::grads::Gradients;
use burn::backend::autodiff::ops::{Backward, Ops};
use burn::backend::tensor::FloatTensor;
use burn::backend::{Autodiff, AutodiffBackend, Backend, TensorMetadata};
use burn::tensor::Shape;

use super::backend::BatchNormOps;
use super::default;
use super::deferred::Deferred;
use super::results::{BatchNormPoint, BatchNormVjp, BatchNormVjpVjp, BatchNormed};
use crate::options::BatchNormOptions;
use crate::tape::record;

/// What the backward pass of a batch norm's vjp leaves to that of the batch norm.
struct DeferredHalf<B: Backend> {
    t: FloatTensor<B>,
    t_sums: FloatTensor<B>,
    g: FloatTensor<B>,
    sums: FloatTensor<B>,
}

/// Row `index` of `[2, channels]` sums as `[channels]`.
fn sum<B: Backend>(sums: &FloatTensor<B>, index: usize) -> FloatTensor<B> {
    let channels = sums.shape()[1];
    let row = B::float_slice(sums.clone(), &[(index..index + 1).into(), (0..channels).into()]);
    B::float_reshape(row, Shape::new([channels]))
}

#[derive(Debug)]
struct BatchNormBackward;

impl<B: BatchNormOps> Backward<B, 3> for BatchNormBackward {
    type State = BatchNormPoint<B>;

    fn backward(self, ops: Ops<Self::State, 3>, grads: &mut Gradients, _: &mut Checkpointer) {
        let [z_node, gain_node, shift_node] = ops.parents;
        let h = grads.consume::<B>(&ops.node);
        let at = ops.state;
        let want_sums = gain_node.is_some() || shift_node.is_some();
        let vjp = match at.deferred.take::<DeferredHalf<B>>() {
            Some(DeferredHalf { t, t_sums, g, sums }) => B::batch_norm_joint_vjp(h, at, t, t_sums, g, sums),
            None => B::batch_norm_vjp(h, at, want_sums),
        };
        if let Some(node) = z_node {
            grads.register::<B>(node.id, vjp.input_grad);
        }
        if let Some(node) = gain_node {
            grads.register::<B>(node.id, sum::<B>(&vjp.sums, 1));
        }
        if let Some(node) = shift_node {
            grads.register::<B>(node.id, sum::<B>(&vjp.sums, 0));
        }
    }
}

/// Hangs on a batch norm's output without having its values, so that these are let go where nothing else needs them. Its state is the output's
/// shape.
#[derive(Debug)]
struct OutputBackward;

impl<B: BatchNormOps> Backward<B, 1> for OutputBackward {
    type State = Shape;

    fn backward(self, ops: Ops<Self::State, 1>, grads: &mut Gradients, _: &mut Checkpointer) {
        let [node] = ops.parents;
        let zero = grads.consume::<B>(&ops.node);
        if let Some(node) = node {
            // Every parent is to have a gradient; these zeros, which wait for the forward pass's turn, are one number in memory.
            grads.register::<B>(node.id, B::float_expand(zero, ops.state));
        }
    }
}

/// A single zero on the device and of the type of another tensor.
fn nothing<B: Backend>(like: &FloatTensor<B>) -> FloatTensor<B> {
    B::float_zeros(Shape::new([1; 4]), &like.device(), like.dtype().into())
}

/// The vjp has what hangs on the output among its parents, though it does not depend on it: that way the backward pass of the batch norm always
/// comes after its own, and can compute both gradients of the input in one pass over memory.
#[derive(Debug)]
struct BatchNormVjpBackward;

impl<B: BatchNormOps> Backward<B, 4> for BatchNormVjpBackward {
    type State = (BatchNormPoint<B>, FloatTensor<B>, FloatTensor<B>);

    fn backward(self, ops: Ops<Self::State, 4>, grads: &mut Gradients, _: &mut Checkpointer) {
        let [g_node, z_node, gain_node, output_node] = ops.parents;
        let t = grads.consume::<B>(&ops.node);
        let (at, g, sums) = ops.state;
        // A second vjp of the same batch norm cannot leave anything, and does its part itself.
        let leave = z_node.is_some() && output_node.is_some() && at.deferred.is_empty();
        let second = B::batch_norm_vjp_vjp(
            t.clone(),
            g.clone(),
            at.clone(),
            sums.clone(),
            z_node.is_some() && !leave,
            gain_node.is_some(),
        );
        if let Some(node) = output_node {
            grads.register::<B>(node.id, nothing::<B>(&g));
        }
        if leave {
            let t_sums = second.t_sums;
            at.deferred.leave(DeferredHalf::<B> { t, t_sums, g, sums });
        } else if let Some(node) = z_node {
            grads.register::<B>(node.id, second.input_grad);
        }
        if let Some(node) = g_node {
            grads.register::<B>(node.id, second.cotangent_grad);
        }
        if let Some(node) = gain_node {
            grads.register::<B>(node.id, second.gain_grad);
        }
    }
}

/// With constant statistics the vjp does not depend on the input, and leaves nothing to the batch norm.
#[derive(Debug)]
struct FrozenVjpBackward;

impl<B: BatchNormOps> Backward<B, 2> for FrozenVjpBackward {
    type State = (BatchNormPoint<B>, FloatTensor<B>, FloatTensor<B>);

    fn backward(self, ops: Ops<Self::State, 2>, grads: &mut Gradients, _: &mut Checkpointer) {
        let [g_node, gain_node] = ops.parents;
        let t = grads.consume::<B>(&ops.node);
        let (at, g, sums) = ops.state;
        let second = B::batch_norm_vjp_vjp(t, g, at, sums, false, gain_node.is_some());
        if let Some(node) = g_node {
            grads.register::<B>(node.id, second.cotangent_grad);
        }
        if let Some(node) = gain_node {
            grads.register::<B>(node.id, second.gain_grad);
        }
    }
}

/// As [`BatchNormVjpBackward`], where another function than the ReLU follows: the vjp hangs on input, gain and shift through the function's slope, whether the
/// statistics are frozen or not, and leaves all of that to the batch norm.
#[derive(Debug)]
struct FunctionVjpBackward;

impl<B: BatchNormOps> Backward<B, 5> for FunctionVjpBackward {
    type State = (BatchNormPoint<B>, FloatTensor<B>, FloatTensor<B>);

    fn backward(self, ops: Ops<Self::State, 5>, grads: &mut Gradients, _: &mut Checkpointer) {
        let [g_node, z_node, gain_node, shift_node, output_node] = ops.parents;
        let t = grads.consume::<B>(&ops.node);
        let (at, g, sums) = ops.state;
        let leave = output_node.is_some() && at.deferred.is_empty();
        let bends = !leave && (z_node.is_some() || gain_node.is_some() || shift_node.is_some());
        let second = B::batch_norm_vjp_vjp(t.clone(), g.clone(), at.clone(), sums.clone(), bends, true);
        if let Some(node) = output_node {
            grads.register::<B>(node.id, nothing::<B>(&g));
        }
        if let Some(node) = g_node {
            grads.register::<B>(node.id, second.cotangent_grad);
        }
        if let Some(node) = gain_node {
            let gain_grad = match bends {
                true => B::float_add(second.gain_grad, sum::<B>(&second.bend_sums, 1)),
                false => second.gain_grad,
            };
            grads.register::<B>(node.id, gain_grad);
        }
        if leave {
            let t_sums = second.t_sums;
            at.deferred.leave(DeferredHalf::<B> { t, t_sums, g, sums });
            return;
        }
        if let Some(node) = shift_node {
            grads.register::<B>(node.id, sum::<B>(&second.bend_sums, 0));
        }
        if let Some(node) = z_node {
            grads.register::<B>(node.id, second.input_grad);
        }
    }
}

impl<B: BatchNormOps, C: CheckpointStrategy> BatchNormOps for Autodiff<B, C> {
    fn batch_norm_statistics(z: FloatTensor<Self>) -> FloatTensor<Self> {
        Self::from_inner(B::batch_norm_statistics(z.into_primitive()))
    }

    fn batch_norm(
        z: FloatTensor<Self>,
        gain: FloatTensor<Self>,
        shift: FloatTensor<Self>,
        statistics: FloatTensor<Self>,
        options: BatchNormOptions,
        _for_sums: bool,
        deferred: Deferred,
    ) -> BatchNormed<Self> {
        let input = z.clone();
        let ((z, z_node), (gain, gain_node), (shift, shift_node)) =
            (z.into_parts(), gain.into_parts(), shift.into_parts());
        let statistics = statistics.into_primitive();
        let d = deferred.clone();
        let normed = <B as BatchNormOps>::batch_norm(
            z.clone(),
            gain.clone(),
            shift.clone(),
            statistics.clone(),
            options,
            true,
            d,
        );
        let at = BatchNormPoint {
            z,
            gain,
            shift,
            statistics,
            picked: normed.picked.clone(),
            bits: normed.bits.clone(),
            values: normed.output,
            deferred,
            options,
        };
        let (shape, nothing) = (normed.values.shape(), nothing::<B>(&normed.values));
        let values = record!(BatchNormBackward, [z_node, gain_node, shift_node], at, normed.values);
        let node = values.node();
        BatchNormed {
            output: record!(OutputBackward, [node], shape, nothing),
            values,
            picked: Self::from_inner(normed.picked),
            bits: normed.bits,
            input,
        }
    }

    fn batch_norm_vjp(g: FloatTensor<Self>, at: BatchNormPoint<Self>, want_sums: bool) -> BatchNormVjp<Self> {
        let ((g, g_node), (z, z_node), (values, output_node)) =
            (g.into_parts(), at.z.into_parts(), at.values.into_parts());
        let ((gain, gain_node), (shift, shift_node)) = (at.gain.into_parts(), at.shift.into_parts());
        let at: BatchNormPoint<B> = BatchNormPoint {
            z,
            gain,
            shift,
            statistics: at.statistics.into_primitive(),
            picked: at.picked.into_primitive(),
            bits: at.bits,
            values,
            deferred: at.deferred,
            options: at.options,
        };
        let vjp = B::batch_norm_vjp(g.clone(), at.clone(), want_sums);
        let (options, state) = (at.options, (at, g, vjp.sums.clone()));
        let input_grad = match (options.function(), options.frozen) {
            (Some(_), _) => record!(
                FunctionVjpBackward,
                [g_node, z_node, gain_node, shift_node, output_node],
                state,
                vjp.input_grad
            ),
            (None, true) => record!(FrozenVjpBackward, [g_node, gain_node], state, vjp.input_grad),
            (None, false) => record!(
                BatchNormVjpBackward,
                [g_node, z_node, gain_node, output_node],
                state,
                vjp.input_grad
            ),
        };
        BatchNormVjp {
            input_grad,
            sums: Self::from_inner(vjp.sums),
        }
    }

    // Of third order only if called on a tape: stock ops differentiate it.
    fn batch_norm_vjp_vjp(
        t: FloatTensor<Self>,
        g: FloatTensor<Self>,
        at: BatchNormPoint<Self>,
        _sums: FloatTensor<Self>,
        _want_input: bool,
        _want_gain: bool,
    ) -> BatchNormVjpVjp<Self> {
        default::batch_norm_vjp_vjp::<Self>(t, g, with_default_bits(at))
    }

    fn batch_norm_joint_vjp(
        later: FloatTensor<Self>,
        at: BatchNormPoint<Self>,
        t: FloatTensor<Self>,
        _t_sums: FloatTensor<Self>,
        g: FloatTensor<Self>,
        _sums: FloatTensor<Self>,
    ) -> BatchNormVjp<Self> {
        default::batch_norm_joint_vjp::<Self>(later, with_default_bits(at), t, g)
    }
}

/// The point with the choice among the values of a window in the form of the default bodies.
fn with_default_bits<B: Backend>(at: BatchNormPoint<B>) -> BatchNormPoint<B> {
    let (gain, shift, statistics) = (at.gain.clone(), at.shift.clone(), at.statistics.clone());
    let normed = default::batch_norm::<B>(at.z.clone(), gain, shift, statistics, at.options);
    BatchNormPoint {
        bits: normed.bits,
        ..at
    }
}
