//! Derivatives of the ops on Burn's tape: each `Backward` is written with the other ops.

use burn::backend::autodiff::checkpoint::{base::Checkpointer, strategy::CheckpointStrategy};
use burn::backend::autodiff::grads::Gradients;
use burn::backend::autodiff::ops::{Backward, Ops, OpsKind};
use burn::backend::tensor::{FloatTensor, IntTensor};
use burn::backend::{Autodiff, AutodiffBackend, Backend, TensorMetadata};
use burn::tensor::Shape;

use crate::{
    AdamOptions, BatchNormOptions, BatchNormPoint, BatchNormVjp, BatchNormVjpVjp, BatchNormed, Conv2dShape, Convolved,
    Deferred, MaxPooled, NetworkOps, Pool2dShape, Updated, composite,
};

/// Puts an op with one differentiable output on the tape.
macro_rules! record {
    ($op:expr, [$($node:expr),+], $state:expr, $output:expr) => {
        match $op.prepare::<C>([$($node),+]).compute_bound().stateful() {
            OpsKind::Tracked(prep) => prep.finish($state, $output),
            OpsKind::UnTracked(prep) => prep.finish($output),
        }
    };
}

type Pair<B> = (FloatTensor<B>, FloatTensor<B>, Conv2dShape);

#[derive(Debug)]
struct Conv2d;

impl<B: NetworkOps> Backward<B, 2> for Conv2d {
    type State = Pair<B>;

    fn backward(self, ops: Ops<Self::State, 2>, grads: &mut Gradients, _: &mut Checkpointer) {
        let [x_node, w_node] = ops.parents;
        let g = grads.consume::<B>(&ops.node);
        let (x, w, shape) = ops.state;
        if let Some(node) = x_node {
            grads.register::<B>(node.id, B::conv2d_input_vjp(g.clone(), w, shape));
        }
        if let Some(node) = w_node {
            grads.register::<B>(node.id, B::conv2d_weight_vjp(x, g, shape));
        }
    }
}

#[derive(Debug)]
struct Conv2dInputGrad;

impl<B: NetworkOps> Backward<B, 2> for Conv2dInputGrad {
    type State = Pair<B>;

    fn backward(self, ops: Ops<Self::State, 2>, grads: &mut Gradients, _: &mut Checkpointer) {
        let [g_node, w_node] = ops.parents;
        let u = grads.consume::<B>(&ops.node);
        let (g, w, shape) = ops.state;
        if let Some(node) = g_node {
            grads.register::<B>(node.id, B::conv2d_forward_of_gradient(u.clone(), w, shape));
        }
        if let Some(node) = w_node {
            grads.register::<B>(node.id, B::conv2d_weight_vjp(u, g, shape));
        }
    }
}

#[derive(Debug)]
struct Conv2dWeightGrad;

impl<B: NetworkOps> Backward<B, 2> for Conv2dWeightGrad {
    type State = Pair<B>;

    fn backward(self, ops: Ops<Self::State, 2>, grads: &mut Gradients, _: &mut Checkpointer) {
        let [x_node, g_node] = ops.parents;
        let u = grads.consume::<B>(&ops.node);
        let (x, g, shape) = ops.state;
        if let Some(node) = x_node {
            grads.register::<B>(node.id, B::conv2d_input_vjp(g, u.clone(), shape));
        }
        if let Some(node) = g_node {
            grads.register::<B>(node.id, B::conv2d_forward(x, u, shape));
        }
    }
}

/// A tensor with its place on the tape, by which a gradient that it already has can be found.
type Tracked<B> = FloatTensor<Autodiff<B>>;

#[derive(Clone, Debug)]
struct ProductState<B: Backend> {
    a: Tracked<B>,
    b: Tracked<B>,
    left_transposed: bool,
    right_transposed: bool,
}

#[derive(Debug)]
struct MatrixProduct;

impl<B: NetworkOps> Backward<B, 2> for MatrixProduct {
    type State = ProductState<B>;

    fn backward(self, ops: Ops<Self::State, 2>, grads: &mut Gradients, _: &mut Checkpointer) {
        let [a_node, b_node] = ops.parents;
        let g = grads.consume::<B>(&ops.node);
        let s = ops.state;
        let (a, b) = (s.a.primitive().clone(), s.b.primitive().clone());
        // A weight is used by the forward pass and by the vjp: the second gradient is added to the first in place.
        let mut register = |tensor: &Tracked<B>, l, r, left_transposed, right_transposed| {
            let gradient = match grads.remove::<B>(tensor) {
                Some(onto) => B::matrix_product_add(l, r, left_transposed, right_transposed, onto),
                None => B::matrix_product(l, r, left_transposed, right_transposed),
            };
            grads.register::<B>(tensor.id(), gradient);
        };
        if a_node.is_some() {
            match s.left_transposed {
                false => register(&s.a, g.clone(), b, false, !s.right_transposed),
                true => register(&s.a, b, g.clone(), s.right_transposed, true),
            }
        }
        if b_node.is_some() {
            match s.right_transposed {
                false => register(&s.b, a, g, !s.left_transposed, false),
                true => register(&s.b, g, a, true, s.left_transposed),
            }
        }
    }
}

#[derive(Debug)]
struct Select;

impl<B: NetworkOps> Backward<B, 1> for Select {
    type State = (IntTensor<B>, Pool2dShape);

    fn backward(self, ops: Ops<Self::State, 1>, grads: &mut Gradients, _: &mut Checkpointer) {
        let [node] = ops.parents;
        let g = grads.consume::<B>(&ops.node);
        let (indices, shape) = ops.state;
        if let Some(node) = node {
            grads.register::<B>(node.id, B::pool2d_unselect(g, indices, shape));
        }
    }
}

#[derive(Debug)]
struct Unselect;

impl<B: NetworkOps> Backward<B, 1> for Unselect {
    type State = (IntTensor<B>, Pool2dShape);

    fn backward(self, ops: Ops<Self::State, 1>, grads: &mut Gradients, _: &mut Checkpointer) {
        let [node] = ops.parents;
        let u = grads.consume::<B>(&ops.node);
        let (indices, shape) = ops.state;
        if let Some(node) = node {
            grads.register::<B>(node.id, B::pool2d_select(u, indices, shape));
        }
    }
}

#[derive(Debug)]
struct AvgPool;

impl<B: NetworkOps> Backward<B, 1> for AvgPool {
    type State = Pool2dShape;

    fn backward(self, ops: Ops<Self::State, 1>, grads: &mut Gradients, _: &mut Checkpointer) {
        let [node] = ops.parents;
        let g = grads.consume::<B>(&ops.node);
        if let Some(node) = node {
            grads.register::<B>(node.id, B::avg_pool2d_vjp(g, ops.state));
        }
    }
}

#[derive(Debug)]
struct AvgPoolTranspose;

impl<B: NetworkOps> Backward<B, 1> for AvgPoolTranspose {
    type State = Pool2dShape;

    fn backward(self, ops: Ops<Self::State, 1>, grads: &mut Gradients, _: &mut Checkpointer) {
        let [node] = ops.parents;
        let u = grads.consume::<B>(&ops.node);
        if let Some(node) = node {
            grads.register::<B>(node.id, B::avg_pool2d_forward(u, ops.state));
        }
    }
}

#[derive(Debug)]
struct Mask;

impl<B: NetworkOps> Backward<B, 1> for Mask {
    type State = (FloatTensor<B>, f64);

    fn backward(self, ops: Ops<Self::State, 1>, grads: &mut Gradients, _: &mut Checkpointer) {
        let [node] = ops.parents;
        let u = grads.consume::<B>(&ops.node);
        let (y, slope) = ops.state;
        if let Some(node) = node {
            grads.register::<B>(node.id, B::relu_mask(u, y, slope));
        }
    }
}

/// What the backward pass of a batch norm's vjp leaves to that of the batch norm.
struct Left<B: Backend> {
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
struct BatchNormForward;

impl<B: NetworkOps> Backward<B, 3> for BatchNormForward {
    type State = BatchNormPoint<B>;

    fn backward(self, ops: Ops<Self::State, 3>, grads: &mut Gradients, _: &mut Checkpointer) {
        let [z_node, gain_node, shift_node] = ops.parents;
        let h = grads.consume::<B>(&ops.node);
        let at = ops.state;
        let want_sums = gain_node.is_some() || shift_node.is_some();
        let vjp = match at.deferred.take::<Left<B>>() {
            Some(Left { t, t_sums, g, sums }) => B::batch_norm_joint_vjp(h, at, t, t_sums, g, sums),
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

/// The vjp has the output among its parents, though it does not depend on it: that way the backward pass of the batch norm always comes
/// after its own, and can compute both gradients of the input in one pass over memory.
#[derive(Debug)]
struct BatchNormPullback;

impl<B: NetworkOps> Backward<B, 4> for BatchNormPullback {
    type State = (BatchNormPoint<B>, FloatTensor<B>, FloatTensor<B>);

    fn backward(self, ops: Ops<Self::State, 4>, grads: &mut Gradients, _: &mut Checkpointer) {
        let [g_node, z_node, gain_node, output_node] = ops.parents;
        let t = grads.consume::<B>(&ops.node);
        let (at, g, sums) = ops.state;
        let z_node = z_node.filter(|_| !at.options.frozen);
        // A second vjp of the same batch norm cannot leave anything, and does its part itself.
        let leave = z_node.is_some() && output_node.is_some() && at.deferred.is_empty();
        let second = B::batch_norm_vjp_vjp(
            t.clone(),
            g.clone(),
            at.clone(),
            sums.clone(),
            z_node.is_some() && !leave,
        );
        if let Some(node) = output_node {
            // Every parent is to have a gradient.
            let (device, dtype) = (g.device(), g.dtype());
            grads.register::<B>(node.id, B::float_zeros(g.shape(), &device, dtype.into()));
        }
        if leave {
            let t_sums = second.t_sums;
            at.deferred.leave(Left::<B> { t, t_sums, g, sums });
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

impl<B: NetworkOps, C: CheckpointStrategy> NetworkOps for Autodiff<B, C> {
    fn conv2d_forward(x: FloatTensor<Self>, w: FloatTensor<Self>, shape: Conv2dShape) -> FloatTensor<Self> {
        let ((x, x_node), (w, w_node)) = (x.into_parts(), w.into_parts());
        let y = B::conv2d_forward(x.clone(), w.clone(), shape);
        record!(Conv2d, [x_node, w_node], (x, w, shape), y)
    }

    fn conv2d_forward_with_moments(x: FloatTensor<Self>, w: FloatTensor<Self>, shape: Conv2dShape) -> Convolved<Self> {
        let ((x, x_node), (w, w_node)) = (x.into_parts(), w.into_parts());
        let y = B::conv2d_forward_with_moments(x.clone(), w.clone(), shape);
        Convolved {
            values: record!(Conv2d, [x_node, w_node], (x, w, shape), y.values),
            moments: Self::from_inner(y.moments),
        }
    }

    fn conv2d_input_vjp(g: FloatTensor<Self>, w: FloatTensor<Self>, shape: Conv2dShape) -> FloatTensor<Self> {
        let ((g, g_node), (w, w_node)) = (g.into_parts(), w.into_parts());
        let x = B::conv2d_input_vjp(g.clone(), w.clone(), shape);
        record!(Conv2dInputGrad, [g_node, w_node], (g, w, shape), x)
    }

    fn conv2d_weight_vjp(x: FloatTensor<Self>, g: FloatTensor<Self>, shape: Conv2dShape) -> FloatTensor<Self> {
        let ((x, x_node), (g, g_node)) = (x.into_parts(), g.into_parts());
        let w = B::conv2d_weight_vjp(x.clone(), g.clone(), shape);
        record!(Conv2dWeightGrad, [x_node, g_node], (x, g, shape), w)
    }

    fn matrix_product(
        a: FloatTensor<Self>,
        b: FloatTensor<Self>,
        left_transposed: bool,
        right_transposed: bool,
    ) -> FloatTensor<Self> {
        let state = ProductState {
            a: a.clone(),
            b: b.clone(),
            left_transposed,
            right_transposed,
        };
        let ((a, a_node), (b, b_node)) = (a.into_parts(), b.into_parts());
        let c = B::matrix_product(a, b, left_transposed, right_transposed);
        record!(MatrixProduct, [a_node, b_node], state, c)
    }

    fn max_pool2d_forward(x: FloatTensor<Self>, shape: Pool2dShape) -> MaxPooled<Self> {
        let (x, node) = x.into_parts();
        let pooled = B::max_pool2d_forward(x, shape);
        let values = record!(Select, [node], (pooled.indices.clone(), shape), pooled.values);
        MaxPooled {
            values,
            indices: pooled.indices,
        }
    }

    fn pool2d_select(x: FloatTensor<Self>, indices: IntTensor<Self>, shape: Pool2dShape) -> FloatTensor<Self> {
        let (x, node) = x.into_parts();
        let y = B::pool2d_select(x, indices.clone(), shape);
        record!(Select, [node], (indices, shape), y)
    }

    fn pool2d_unselect(g: FloatTensor<Self>, indices: IntTensor<Self>, shape: Pool2dShape) -> FloatTensor<Self> {
        let (g, node) = g.into_parts();
        let x = B::pool2d_unselect(g, indices.clone(), shape);
        record!(Unselect, [node], (indices, shape), x)
    }

    fn avg_pool2d_forward(x: FloatTensor<Self>, shape: Pool2dShape) -> FloatTensor<Self> {
        let (x, node) = x.into_parts();
        let y = B::avg_pool2d_forward(x, shape);
        record!(AvgPool, [node], shape, y)
    }

    fn avg_pool2d_vjp(g: FloatTensor<Self>, shape: Pool2dShape) -> FloatTensor<Self> {
        let (g, node) = g.into_parts();
        let x = B::avg_pool2d_vjp(g, shape);
        record!(AvgPoolTranspose, [node], shape, x)
    }

    fn batch_norm_moments(z: FloatTensor<Self>) -> FloatTensor<Self> {
        Self::from_inner(B::batch_norm_moments(z.into_primitive()))
    }

    fn batch_norm_forward(
        z: FloatTensor<Self>,
        gain: FloatTensor<Self>,
        shift: FloatTensor<Self>,
        moments: FloatTensor<Self>,
        options: BatchNormOptions,
        _for_sums: bool,
        deferred: Deferred,
    ) -> BatchNormed<Self> {
        let ((z, z_node), (gain, gain_node), (shift, shift_node)) =
            (z.into_parts(), gain.into_parts(), shift.into_parts());
        let moments = moments.into_primitive();
        let d = deferred.clone();
        let normed = B::batch_norm_forward(
            z.clone(),
            gain.clone(),
            shift.clone(),
            moments.clone(),
            options,
            true,
            d,
        );
        let at = BatchNormPoint {
            z,
            gain,
            shift,
            moments,
            picked: normed.picked.clone(),
            bits: normed.bits.clone(),
            values: normed.values.clone(),
            deferred,
            options,
        };
        let values = record!(BatchNormForward, [z_node, gain_node, shift_node], at, normed.values);
        BatchNormed {
            values,
            picked: Self::from_inner(normed.picked),
            bits: normed.bits,
        }
    }

    fn batch_norm_vjp(g: FloatTensor<Self>, at: BatchNormPoint<Self>, want_sums: bool) -> BatchNormVjp<Self> {
        let ((g, g_node), (z, z_node), (gain, gain_node), (values, output_node)) = (
            g.into_parts(),
            at.z.into_parts(),
            at.gain.into_parts(),
            at.values.into_parts(),
        );
        let at: BatchNormPoint<B> = BatchNormPoint {
            z,
            gain,
            shift: at.shift.into_primitive(),
            moments: at.moments.into_primitive(),
            picked: at.picked.into_primitive(),
            bits: at.bits,
            values,
            deferred: at.deferred,
            options: at.options,
        };
        let vjp = B::batch_norm_vjp(g.clone(), at.clone(), want_sums);
        let input_grad = record!(
            BatchNormPullback,
            [g_node, z_node, gain_node, output_node],
            (at, g, vjp.sums.clone()),
            vjp.input_grad
        );
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
    ) -> BatchNormVjpVjp<Self> {
        composite::batch_norm_vjp_vjp::<Self>(t, g, with_default_bits(at))
    }

    fn batch_norm_joint_vjp(
        later: FloatTensor<Self>,
        at: BatchNormPoint<Self>,
        t: FloatTensor<Self>,
        _t_sums: FloatTensor<Self>,
        g: FloatTensor<Self>,
        _sums: FloatTensor<Self>,
    ) -> BatchNormVjp<Self> {
        composite::batch_norm_joint_vjp::<Self>(later, with_default_bits(at), t, g)
    }

    fn relu_mask(g: FloatTensor<Self>, y: FloatTensor<Self>, slope: f64) -> FloatTensor<Self> {
        let (g, node) = g.into_parts();
        let y = y.into_primitive();
        let masked = B::relu_mask(g, y.clone(), slope);
        record!(Mask, [node], (y, slope), masked)
    }

    fn adam_step(
        parameter: FloatTensor<Self>,
        gradient: FloatTensor<Self>,
        first: FloatTensor<Self>,
        second: FloatTensor<Self>,
        options: AdamOptions,
        step: usize,
    ) -> Updated<Self> {
        composite::adam::<Self>(parameter, gradient, first, second, options, step)
    }
}

/// The point with the choice among the values of a window in the form of the default bodies.
fn with_default_bits<B: Backend>(at: BatchNormPoint<B>) -> BatchNormPoint<B> {
    let (gain, shift, moments) = (at.gain.clone(), at.shift.clone(), at.moments.clone());
    let normed = composite::batch_norm::<B>(at.z.clone(), gain, shift, moments, at.options);
    BatchNormPoint {
        bits: normed.bits,
        ..at
    }
}
