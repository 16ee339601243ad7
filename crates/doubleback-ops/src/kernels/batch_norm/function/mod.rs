//! Batch norm followed by another function than the ReLU, and by 2x2 pooling: the slope of the function at a value is the value's weight in the vjp, where a
//! ReLU has a bit. The vjp hangs on the values through these weights too, and so its own vjp has a term with the function's second derivative, the bend.
//!
//! Weights and bends are computed anew in every pass, for one row of windows at a time, into memory that stays in the cache. Of the values of a window of which
//! the largest counts they are needed at that one alone, which the forward pass kept.

mod combination;
mod forward;
mod sums;
mod vjp_vjp;
mod weights;

pub(super) use combination::combine;
pub(super) use forward::forward;
pub(super) use sums::cotangent_sums;
pub(super) use vjp_vjp::{input_gradient, vjp_vjp};

use super::combination::Dense;

/// What the gradient of the input that a vjp of the vjp gives takes: the cotangents `t` of the vjp and `g` that the vjp was given, and how the gradient of the
/// weighted `g` is combined from `t`, `z` and 1. That gradient times `g` times the bend is a cotangent before the function.
#[derive(Clone, Copy)]
pub(super) struct Bent<'a> {
    pub t: &'a [f32],
    pub g: &'a [f32],
    pub weighted: &'a Dense,
}

/// Runs a kernel of windows of `W` by `W` values, of which the largest counts if `MAX`, or all.
///
/// The call must be in an `unsafe` block that says why the kernel's contract holds.
macro_rules! by_windows {
    ($k:expr, $kernel:ident $(<$flag:literal>)?, $run:expr) => {
        match $k.options.pool {
            None => dispatch($kernel::<1, false $(, $flag)?>($run)),
            Some(PoolKind::Max) => dispatch($kernel::<2, true $(, $flag)?>($run)),
            Some(PoolKind::Avg) => dispatch($kernel::<2, false $(, $flag)?>($run)),
        }
    };
}
use by_windows;
