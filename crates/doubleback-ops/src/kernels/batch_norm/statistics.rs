//! Statistics of a batch.

use rayon::prelude::*;

use super::coefficients::of;
use crate::kernels::simd::{Kernel, Simd, dispatch};
use crate::kernels::tile::load_columns;

/// Most parts that a tensor is split in; fixed, so that results do not depend on the number of threads.
const PARTS: usize = 64;

/// Pixels whose sums are kept in f32 before they go to f64.
const BLOCK: usize = 64;

/// Mean and biased variance of each channel of `[pixels, channels]`, as `[2, channels]`.
pub fn batch_norm_statistics(z: &[f32], channels: usize) -> Vec<f32> {
    assert!(channels > 0 && z.len().is_multiple_of(channels));
    let pixels = (z.len() / channels).div_ceil(PARTS).max(BLOCK);
    let parts = z.par_chunks(pixels * channels).map(|part| Partial::of(part, channels));
    merged(&parts.collect::<Vec<_>>(), channels)
}

/// Statistics of some of the pixels.
pub(crate) struct Partial {
    count: f64,
    mean: Vec<f64>,
    /// Sum of squared deviations from that mean.
    squares: Vec<f64>,
}

impl Partial {
    /// Of `[pixels, channels]`, whole pixels.
    pub fn of(z: &[f32], channels: usize) -> Self {
        assert!(z.len().is_multiple_of(channels));
        let count = (z.len() / channels) as f64;
        let (mut mean, mut squares) = (vec![0.0; channels], vec![0.0; channels]);
        if count > 0.0 {
            // Deviations from the first pixel, so that a large common mean does not cancel.
            let origin = &z[..channels];
            let deviations = Deviations {
                z,
                origin,
                sums: &mut mean,
                squares: &mut squares,
            };
            // SAFETY: the kernel asks that `z` is whole pixels, which its callers hand over, and that `origin`, `sums` and `squares` have a value for each
            // channel, which they do.
            unsafe { dispatch(deviations) };
            for ((mean, square), &origin) in mean.iter_mut().zip(&mut squares).zip(origin) {
                let deviation = *mean / count;
                *square -= deviation * *mean;
                *mean = f64::from(origin) + deviation;
            }
        }
        Self { count, mean, squares }
    }
}

/// Mean and biased variance of all parts together, by the pairwise formula of Chan, Golub & LeVeque (1983), in order.
pub(crate) fn merged(parts: &[Partial], channels: usize) -> Vec<f32> {
    let (mut count, mut mean, mut squares) = (0.0, vec![0.0; channels], vec![0.0; channels]);
    for part in parts.iter().filter(|part| part.count > 0.0) {
        let total = count + part.count;
        for c in 0..channels {
            let distance = part.mean[c] - mean[c];
            mean[c] += distance * part.count / total;
            squares[c] += part.squares[c] + distance * distance * count * part.count / total;
        }
        count = total;
    }
    let variance = squares.iter().map(|&s| if s < 0.0 { 0.0 } else { (s / count) as f32 });
    mean.iter().map(|&m| m as f32).chain(variance).collect()
}

struct Deviations<'a> {
    z: &'a [f32],
    origin: &'a [f32],
    sums: &'a mut [f64],
    squares: &'a mut [f64],
}

impl Kernel for Deviations<'_> {
    type Output = ();

    #[inline(always)]
    unsafe fn run<S: Simd>(self) {
        let channels = self.origin.len();
        for block in self.z.chunks(BLOCK * channels) {
            for channel in (0..channels).step_by(S::LANES) {
                let lanes = channels - channel;
                // SAFETY: blocks are whole pixels, as the length is a multiple of the channels, so `lanes` values are left from `x` on, and as many in
                // `origin`, `sums` and `squares` from `channel` on; no more are touched.
                unsafe {
                    let origin = of::<S>(self.origin, channel);
                    let (mut sum, mut square) = (S::zero(), S::zero());
                    for x in (channel..block.len()).step_by(channels) {
                        let d = S::sub(load_columns::<S>(block.as_ptr().add(x), lanes), origin);
                        sum = S::add(sum, d);
                        square = S::mul_add(d, d, square);
                    }
                    S::add_to_f64(self.sums.as_mut_ptr().add(channel), sum, lanes);
                    S::add_to_f64(self.squares.as_mut_ptr().add(channel), square, lanes);
                }
            }
        }
    }
}
