//! Batch norm, its vjp, and the vjp of that: per channel each is a linear combination of a few tensors, whose coefficients come from
//! one pass of sums. The ReLU's mask is recomputed from the input rather than stored.

mod forward;
mod second;
mod vjp;

use rayon::prelude::*;

use crate::BatchNormOptions;

use super::buffer::Buffer;

pub use forward::{batch_norm, moments};
pub use second::batch_norm_vjp_vjp;
pub use vjp::{batch_norm_vjp, vjp_sums};

/// Rows whose sums are kept in f32 before they go to f64.
const BLOCK: usize = 64;

/// Most parts that sums over rows are split in; fixed, so that results do not depend on the number of threads.
const PARTS: usize = 64;

/// What the three orders share, per channel, in f64.
pub struct Coefficients {
    mean: Vec<f64>,
    inverse: Vec<f64>,
    gain: Vec<f64>,
    /// Output before the ReLU is `slope * z + offset`.
    slope: Vec<f32>,
    offset: Vec<f32>,
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
            gain: gain.iter().map(|&g| g as f64).collect(),
            inverse,
            options,
        }
    }

    fn channels(&self) -> usize {
        self.gain.len()
    }
}

/// Splits `[rows, channels]` into at most [`PARTS`] runs of whole rows, sums each with `sum`, and adds the sums in order.
fn summed<const N: usize>(
    rows: usize,
    channels: usize,
    sum: impl Fn(usize, usize, &mut [Vec<f64>; N]) + Sync,
) -> [Vec<f64>; N] {
    let length = rows.div_ceil(PARTS).max(BLOCK);
    let parts: Vec<[Vec<f64>; N]> = (0..rows.div_ceil(length))
        .into_par_iter()
        .map(|part| {
            let mut sums = std::array::from_fn(|_| vec![0.0; channels]);
            for start in (part * length..((part + 1) * length).min(rows)).step_by(BLOCK) {
                let end = (start + BLOCK).min((part + 1) * length).min(rows);
                sum(start * channels, end * channels, &mut sums);
            }
            sums
        })
        .collect();
    let mut total: [Vec<f64>; N] = std::array::from_fn(|_| vec![0.0; channels]);
    for part in &parts {
        for (to, from) in total.iter_mut().zip(part) {
            for (t, f) in to.iter_mut().zip(from) {
                *t += f;
            }
        }
    }
    total
}

/// Adds f32 sums `[N, channels]` to f64 ones.
#[inline(always)]
fn flush<const N: usize>(sums: &[f32], to: &mut [Vec<f64>; N]) {
    let channels = to[0].len();
    for (to, from) in to.iter_mut().zip(sums.chunks_exact(channels)) {
        for (t, &f) in to.iter_mut().zip(from) {
            *t += f as f64;
        }
    }
}

/// Rows a task of an elementwise pass.
const ROWS: usize = 256;

/// Runs `task(start, end, out)` over blocks of whole rows; tasks write the whole of their block.
fn mapped(length: usize, channels: usize, task: impl Fn(usize, usize, *mut f32) + Sync) -> Buffer {
    // SAFETY: tasks write the whole of their block.
    unsafe { Buffer::blocks(length, ROWS * channels, task) }
}

/// Whether the ReLU lets the gradient of this value through.
#[inline(always)]
fn open(z: f32, slope: f32, offset: f32, floor: f32) -> bool {
    z * slope + offset > floor
}
