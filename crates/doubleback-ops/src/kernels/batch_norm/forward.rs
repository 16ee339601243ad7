//! Statistics and the forward pass.

use super::super::buffer::Buffer;
use super::super::simd::{Kernel, Simd, dispatch};
use super::{Coefficients, flush, mapped, summed};

/// Mean and biased variance of each channel of `[rows, channels]`, as `[2, channels]`.
pub fn moments(z: &[f32], channels: usize) -> Vec<f32> {
    let rows = z.len() / channels;
    // Deviations from the first row, so that a large common mean does not cancel.
    let origin = &z[..channels];
    let [sum, square] = summed::<2>(rows, channels, |start, end, sums| {
        // SAFETY: safe slices of whole rows.
        unsafe {
            dispatch(Deviations {
                z: &z[start..end],
                origin,
                sums,
            })
        }
    });
    let n = rows as f64;
    let mean = (0..channels).map(|c| (origin[c] as f64 + sum[c] / n) as f32);
    let variance = (0..channels).map(|c| (square[c] / n - (sum[c] / n).powi(2)).max(0.0) as f32);
    mean.chain(variance).collect()
}

struct Deviations<'a> {
    z: &'a [f32],
    origin: &'a [f32],
    sums: &'a mut [Vec<f64>; 2],
}

impl Kernel for Deviations<'_> {
    type Output = ();

    #[inline(always)]
    unsafe fn run<S: Simd>(self) {
        let channels = self.origin.len();
        let mut sums = vec![0f32; 2 * channels];
        let (sum, square) = sums.split_at_mut(channels);
        for row in self.z.chunks_exact(channels) {
            for c in 0..channels {
                let d = row[c] - self.origin[c];
                sum[c] += d;
                square[c] += d * d;
            }
        }
        flush(&sums, self.sums);
    }
}

/// Normalized `z`, then ReLU if asked.
pub fn batch_norm(z: &[f32], k: &Coefficients) -> Buffer {
    mapped(z.len(), k.channels(), |start, end, out| {
        // SAFETY: `out` has room for the block.
        unsafe {
            dispatch(Forward {
                z: &z[start..end],
                k,
                out,
            })
        }
    })
}

struct Forward<'a> {
    z: &'a [f32],
    k: &'a Coefficients,
    out: *mut f32,
}

impl Kernel for Forward<'_> {
    type Output = ();

    #[inline(always)]
    unsafe fn run<S: Simd>(self) {
        let channels = self.k.channels();
        let (slope, offset) = (&self.k.slope[..channels], &self.k.offset[..channels]);
        let floor = if self.k.options.relu { 0.0 } else { f32::NEG_INFINITY };
        for (r, row) in self.z.chunks_exact(channels).enumerate() {
            for c in 0..channels {
                let y = row[c] * slope[c] + offset[c];
                // Written so that NaN passes.
                // SAFETY: inside the block.
                unsafe { *self.out.add(r * channels + c) = if y < floor { floor } else { y } };
            }
        }
    }
}
