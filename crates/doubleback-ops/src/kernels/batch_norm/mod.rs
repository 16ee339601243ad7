//! Batch norm, then ReLU, then 2x2 pooling, as one op; its vjp, and the vjp of that.
//!
//! Which values of a window count (the largest, or all, and of these the ones that the ReLU lets through) is decided once, in the forward
//! pass, and kept as one bit each. Given the bits everything is linear in each channel: a combination of a few tensors whose coefficients
//! come from one pass of sums. Without pooling a window is one value, and its bit is computed anew rather than kept.

mod forward;
mod moments;
mod second;
mod vjp;
mod windows;

use crate::{BatchNormOptions, PoolKind};

use super::buffer::Buffer;
use super::simd::Simd;

pub use forward::batch_norm;
pub use moments::moments;
pub(crate) use moments::{Partial, merged};
pub use second::{Second, batch_norm_joint_vjp, batch_norm_vjp_vjp};
pub use vjp::{batch_norm_vjp, vjp_sums};
pub use windows::Windows;

/// What the three orders share, per channel, in f64.
pub struct Coefficients {
    mean: Vec<f64>,
    inverse: Vec<f64>,
    gain: Vec<f64>,
    /// Output before the ReLU is `slope * z + offset`.
    slope: Vec<f32>,
    offset: Vec<f32>,
    /// The mean as the sums use it.
    center: Vec<f32>,
    options: BatchNormOptions,
}

impl Coefficients {
    /// From gain and shift `[channels]` and mean and variance `[2, channels]`.
    pub fn new(gain: &[f32], shift: &[f32], moments: &[f32], options: BatchNormOptions) -> Self {
        let channels = gain.len();
        let (mean, variance) = moments.split_at(channels);
        let inverse: Vec<f64> = variance
            .iter()
            .map(|&v| 1.0 / (v as f64 + options.epsilon).sqrt())
            .collect();
        let slope = |c: usize| gain[c] as f64 * inverse[c];
        Self {
            slope: (0..channels).map(|c| slope(c) as f32).collect(),
            offset: (0..channels)
                .map(|c| (shift[c] as f64 - mean[c] as f64 * slope(c)) as f32)
                .collect(),
            mean: mean.iter().map(|&m| m as f64).collect(),
            center: mean.to_vec(),
            gain: gain.iter().map(|&g| g as f64).collect(),
            inverse,
            options,
        }
    }

    /// How the batch norm behaves.
    pub fn options(&self) -> BatchNormOptions {
        self.options
    }

    fn channels(&self) -> usize {
        self.gain.len()
    }

    /// What a value that counts adds to its window.
    fn share(&self) -> f64 {
        match self.options.pool {
            Some(PoolKind::Avg) => 0.25,
            _ => 1.0,
        }
    }
}

/// What the forward pass of a batch norm with pooling keeps for the others; both are empty without pooling.
#[derive(Clone, Copy)]
pub struct Kept<'a> {
    /// Sum over the values of `z` that count, for each window and channel; empty where no sums are wanted.
    pub picked: &'a [f32],
    /// Bit `k` is set where value `k` of the window counts, for each window and channel.
    pub bits: &'a [u8],
}

/// What [`batch_norm`] returns.
pub struct Forward {
    /// The result.
    pub values: Buffer,
    /// See [`Kept`].
    pub picked: Buffer,
    /// See [`Kept`].
    pub bits: Buffer<u8>,
}

/// A vector of one coefficient of the channels from `channel` on.
#[inline(always)]
unsafe fn of<S: Simd>(values: &[f32], channel: usize) -> S::Vector {
    let lanes = values.len() - channel;
    // SAFETY: as many values are left.
    unsafe { super::tile::load_columns::<S>(values.as_ptr().add(channel), lanes) }
}

/// Values from the first of a window to value `k` of it.
#[inline(always)]
fn place<const W: usize>(k: usize, width: usize, channels: usize) -> usize {
    (k / W * width + k % W) * channels
}
