//! Statistics of a batch.

use super::super::simd::{Kernel, Simd, dispatch};
use super::super::tile::load_columns;
use super::Windows;
use super::of;

/// Mean and biased variance of each channel, as `[2, channels]`.
pub fn moments(z: &[f32], windows: &Windows) -> Vec<f32> {
    assert_eq!(z.len(), windows.len());
    let windows = Windows { size: 1, ..*windows };
    let channels = windows.channels;
    // Deviations from the first pixel, so that a large common mean does not cancel.
    let origin = &z[..channels.min(z.len())];
    let [sum, square] = windows.summed::<2>(|start, end, sums| {
        // SAFETY: rows of the activation.
        unsafe {
            dispatch(Deviations {
                z,
                windows: &windows,
                rows: (start, end),
                origin,
                sums,
            })
        }
    });
    let n = windows.pixels() as f64;
    let mean = (0..channels).map(|c| (origin[c] as f64 + sum[c] / n) as f32);
    let variance = (0..channels).map(|c| (square[c] / n - (sum[c] / n).powi(2)).max(0.0) as f32);
    mean.chain(variance).collect()
}

struct Deviations<'a> {
    z: &'a [f32],
    windows: &'a Windows,
    rows: (usize, usize),
    origin: &'a [f32],
    sums: &'a mut [Vec<f64>; 2],
}

impl Kernel for Deviations<'_> {
    type Output = ();

    #[inline(always)]
    unsafe fn run<S: Simd>(self) {
        let (width, channels) = (self.windows.width, self.windows.channels);
        let [sums, squares] = self.sums;
        for row in self.rows.0..self.rows.1 {
            let (first, _) = self.windows.row(row);
            for channel in (0..channels).step_by(S::LANES) {
                let lanes = channels - channel;
                // SAFETY: inside the row.
                unsafe {
                    let origin = of::<S>(self.origin, channel);
                    let (mut sum, mut square) = (S::zero(), S::zero());
                    let z = self.z.as_ptr().add(first + channel);
                    for x in 0..width {
                        let d = S::sub(load_columns::<S>(z.add(x * channels), lanes), origin);
                        sum = S::add(sum, d);
                        square = S::mul_add(d, d, square);
                    }
                    S::add_to_f64(sums.as_mut_ptr().add(channel), sum, lanes);
                    S::add_to_f64(squares.as_mut_ptr().add(channel), square, lanes);
                }
            }
        }
    }
}
