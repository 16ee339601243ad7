//! Derivatives of a matrix product on the tape: products with one of the two matrices transposed.

use burn::backend::autodiff::checkpoint::{base::Checkpointer, strategy::CheckpointStrategy};
use burn::backend::autodiff::grads::Gradients;
use burn::backend::autodiff::ops::{Backward, Ops};
use burn::backend::tensor::FloatTensor;
use burn::backend::{Autodiff, Backend};

use super::backend::MatmulOps;
use crate::tape::record;

/// A tensor with its place on the tape, by which a gradient that it already has can be found.
type Tracked<B> = FloatTensor<Autodiff<B>>;

#[derive(Clone, Debug)]
struct MatmulState<B: Backend> {
    a: Tracked<B>,
    b: Tracked<B>,
    left_transposed: bool,
    right_transposed: bool,
}

#[derive(Debug)]
struct MatmulBackward;

impl<B: MatmulOps> Backward<B, 2> for MatmulBackward {
    type State = MatmulState<B>;

    fn backward(self, ops: Ops<Self::State, 2>, grads: &mut Gradients, _: &mut Checkpointer) {
        let [a_node, b_node] = ops.parents;
        let g = grads.consume::<B>(&ops.node);
        let s = ops.state;
        let (a, b) = (s.a.primitive().clone(), s.b.primitive().clone());
        // A weight is used by the forward pass and by the vjp: the second gradient is added to the first in place.
        let mut register = |tensor: &Tracked<B>, l, r, left_transposed, right_transposed| {
            let gradient = match grads.remove::<B>(tensor) {
                Some(onto) => B::matmul_add(l, r, left_transposed, right_transposed, onto),
                None => B::matmul(l, r, left_transposed, right_transposed),
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

impl<B: MatmulOps, C: CheckpointStrategy> MatmulOps for Autodiff<B, C> {
    fn matmul(
        a: FloatTensor<Self>,
        b: FloatTensor<Self>,
        left_transposed: bool,
        right_transposed: bool,
    ) -> FloatTensor<Self> {
        let state = MatmulState {
            a: a.clone(),
            b: b.clone(),
            left_transposed,
            right_transposed,
        };
        let ((a, a_node), (b, b_node)) = (a.into_parts(), b.into_parts());
        let c = B::matmul(a, b, left_transposed, right_transposed);
        record!(MatmulBackward, [a_node, b_node], state, c)
    }
}
