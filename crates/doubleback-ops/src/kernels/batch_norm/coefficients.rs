//! What the orders of a batch norm share, per channel.

use crate::kernels::simd::Simd;
use crate::kernels::tile::load_columns;
use crate::options::{Activation, BatchNormOptions, PoolKind};

use super::windows::Windows;

/// What the three orders share, per channel, in f64.
pub struct Coefficients {
    pub(super) mean: Vec<f64>,
    pub(super) inverse: Vec<f64>,
    pub(super) gain: Vec<f64>,
    /// Output before the activation function is `slope * z + offset`.
    pub(super) slope: Vec<f32>,
    pub(super) offset: Vec<f32>,
    /// The mean as the sums use it.
    pub(super) center: Vec<f32>,
    pub(super) options: BatchNormOptions,
    /// Whether a ReLU follows.
    pub(super) relu: bool,
}

impl Coefficients {
    /// From gain and shift `[channels]` and mean and variance `[2, channels]`.
    pub fn new(gain: &[f32], shift: &[f32], statistics: &[f32], options: BatchNormOptions) -> Self {
        let channels = gain.len();
        let (mean, variance) = statistics.split_at(channels);
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
            relu: options.relu(),
        }
    }

    /// How the batch norm behaves.
    pub fn options(&self) -> BatchNormOptions {
        self.options
    }

    /// Refuses windows of other channels, or of a size that the pooling does not have, and those that do not cover the activation.
    pub(super) fn assert_fit(&self, windows: &Windows) {
        let size = if self.options.pool.is_some() { 2 } else { 1 };
        assert_eq!((windows.channels, windows.size), (self.channels(), size));
        assert!(windows.cover());
    }

    /// What follows, if it is not a ReLU.
    pub(super) fn function(&self) -> Option<Activation> {
        self.options.function()
    }

    pub(super) fn channels(&self) -> usize {
        self.gain.len()
    }

    /// What a value that counts adds to its window.
    pub(super) fn share(&self) -> f64 {
        match self.options.pool {
            Some(PoolKind::Avg) => 0.25,
            _ => 1.0,
        }
    }
}

/// A vector of one coefficient of the channels from `channel` on, which must not lie behind the last.
#[inline(always)]
pub(super) unsafe fn of<S: Simd>(values: &[f32], channel: usize) -> S::Vector {
    let lanes = values.len() - channel;
    // SAFETY: `lanes` values are left from `channel` on, and no more than these are read; `S` is the caller's, who runs on a processor that has it.
    unsafe { load_columns::<S>(values.as_ptr().add(channel), lanes) }
}
