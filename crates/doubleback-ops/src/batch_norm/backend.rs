//! What a backend does of a batch norm.

use burn::backend::tensor::FloatTensor;
use burn::backend::{Backend, backend_extension};

use super::default;
use super::deferred::Deferred;
use super::results::{BatchNormPoint, BatchNormVjp, BatchNormVjpVjp, BatchNormed};
use crate::options::BatchNormOptions;

/// Batch norm on tensor primitives: one method an op, each with a default body of stock Burn ops.
#[backend_extension(Flex, Cube: cfg(feature = "cube"), Autodiff)]
pub(crate) trait BatchNormOps: Backend {
    /// `[2, channels]`: mean and biased variance over all but the last axis. A constant for differentiation:
    /// the batch norm's own derivatives account for it.
    fn batch_norm_statistics(z: FloatTensor<Self>) -> FloatTensor<Self> {
        default::batch_norm_statistics::<Self>(z)
    }
    /// `gain * (z - mean) / sqrt(variance + epsilon) + shift`, then activation function and pooling if asked. `for_sums` says that the sums of a vjp may be
    /// wanted later; if not, and the statistics are frozen, there will be no other derivative than the vjp.
    fn batch_norm(
        z: FloatTensor<Self>,
        gain: FloatTensor<Self>,
        shift: FloatTensor<Self>,
        statistics: FloatTensor<Self>,
        options: BatchNormOptions,
        _for_sums: bool,
        _deferred: Deferred,
    ) -> BatchNormed<Self> {
        default::batch_norm::<Self>(z, gain, shift, statistics, options)
    }
    /// The vjp of [`batch_norm`](Self::batch_norm) at `g`. `sums` of the result may be anything when `want_sums` is false and the statistics are frozen.
    fn batch_norm_vjp(
        g: FloatTensor<Self>,
        #[extension_type] at: BatchNormPoint<Self>,
        _want_sums: bool,
    ) -> BatchNormVjp<Self> {
        default::batch_norm_vjp::<Self>(g, at)
    }
    /// The vjp of [`batch_norm_vjp`](Self::batch_norm_vjp) at `g`, for the cotangent `t`; its `input_grad` may be anything unless `want_input`, and when the
    /// statistics are frozen its `gain_grad` and `t_sums` unless `want_gain`; its `bend_sums` unless `want_input` and another function than the ReLU follows.
    fn batch_norm_vjp_vjp(
        t: FloatTensor<Self>,
        g: FloatTensor<Self>,
        #[extension_type] at: BatchNormPoint<Self>,
        _sums: FloatTensor<Self>,
        _want_input: bool,
        _want_gain: bool,
    ) -> BatchNormVjpVjp<Self> {
        default::batch_norm_vjp_vjp::<Self>(t, g, at)
    }
    /// The vjp at `later` plus the gradient of the input that the vjp of the vjp at `g` gives; with the `bend_sums` of that among the sums.
    fn batch_norm_joint_vjp(
        later: FloatTensor<Self>,
        #[extension_type] at: BatchNormPoint<Self>,
        t: FloatTensor<Self>,
        _t_sums: FloatTensor<Self>,
        g: FloatTensor<Self>,
        _sums: FloatTensor<Self>,
    ) -> BatchNormVjp<Self> {
        default::batch_norm_joint_vjp::<Self>(later, at, t, g)
    }
}
