//! What the derivatives of a batch norm take.

use super::coefficients::Coefficients;
use super::windows::Windows;
use crate::options::PoolKind;

/// What the forward pass of a batch norm with pooling keeps for the others; both are empty without pooling, and where it is of means of another function than
/// the ReLU.
#[derive(Clone, Copy)]
pub struct Kept<'a> {
    /// Sum over the values of `z` that count, for each window and channel; empty where no sums are wanted.
    pub picked: &'a [f32],
    /// Bit `k` is set where value `k` of the window counts, for each window and channel.
    pub bits: &'a [u8],
}

/// Where a batch norm is differentiated.
#[derive(Clone, Copy)]
pub struct Point<'a> {
    /// The input of the batch norm.
    pub z: &'a [f32],
    /// Its sizes.
    pub windows: &'a Windows,
    /// What its forward pass kept.
    pub kept: Kept<'a>,
    /// What all orders share.
    pub coefficients: &'a Coefficients,
}

impl Point<'_> {
    /// Refuses lengths that do not fit each other: kernels read and write by these sizes without looking again.
    pub(super) fn assert_sizes(&self) {
        let (windows, k) = (self.windows, self.coefficients);
        k.assert_fit(windows);
        let pooled = windows.pooled_values();
        assert_eq!(self.z.len(), windows.values());
        let (max, function) = (k.options.pool == Some(PoolKind::Max), k.function().is_some());
        assert!(windows.size == 1 || function && !max || self.kept.bits.len() == pooled);
        assert!(self.kept.picked.is_empty() && !(function && max) || self.kept.picked.len() == pooled);
    }
}

/// A cotangent, and its sums over each channel.
#[derive(Clone, Copy)]
pub struct Summed<'a> {
    /// The cotangent.
    pub values: &'a [f32],
    /// As [`batch_norm_vjp_sums`](super::batch_norm_vjp_sums) gives them of a cotangent of the output, and
    /// [`BatchNormVjpVjp::t_sums`](super::BatchNormVjpVjp::t_sums) of one of the vjp.
    pub sums: &'a [f32],
}
