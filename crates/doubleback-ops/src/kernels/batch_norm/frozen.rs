//! The vjp where the statistics are constant: linear in the cotangent, so that bits are all it needs of the input.

use crate::kernels::buffer::{Buffer, Shared, Unwritten};
use crate::kernels::simd::{Kernel, Simd, dispatch};
use crate::kernels::tile::{load_columns, store_columns};

use super::coefficients::{Coefficients, of};
use super::windows::{Windows, place};

/// Gradient of the input, `slope * g` at values that count and zero elsewhere. `bits` are those of the forward pass; without pooling and ReLU there are
/// none, and all values count.
pub fn batch_norm_frozen_vjp(g: &[f32], bits: &[u8], windows: &Windows, k: &Coefficients) -> Buffer {
    k.assert_fit(windows);
    assert!(k.options.frozen && k.function().is_none());
    assert_eq!(g.len(), windows.pooled_values());
    let all = windows.size == 1 && !k.relu;
    assert_eq!(bits.len(), if all { 0 } else { g.len() });
    let factors: Vec<f32> = (0..k.channels())
        .map(|c| (k.share() * k.gain[c] * k.inverse[c]) as f32)
        .collect();
    let mut out = Unwritten::new(windows.values());
    let to = Shared(out.as_mut_ptr());
    windows.each_run(|start, end| {
        let run = Run {
            g,
            bits,
            windows,
            factors: &factors,
            rows: (start, end),
            out: to.get(),
        };
        // SAFETY: the kernel's `W` is the size of the windows; all lengths were asserted, and `out` is as long as the windows say. There are bits unless
        // `ALL`. Each task has rows of its own, whose pixels belong to no other.
        unsafe {
            match (windows.size, all) {
                (1, true) => dispatch(Rows::<1, true>(run)),
                (1, false) => dispatch(Rows::<1, false>(run)),
                _ => dispatch(Rows::<2, false>(run)),
            }
        }
    });
    // SAFETY: the windows cover the activation, so every pixel is in a window of some row or left over after one, and the tasks wrote both.
    unsafe { out.assume_written() }
}

/// `out` must be valid for writes of the pixels of these rows.
struct Run<'a> {
    g: &'a [f32],
    bits: &'a [u8],
    windows: &'a Windows,
    factors: &'a [f32],
    rows: (usize, usize),
    out: *mut f32,
}

/// Windows of `W` by `W`, of which all values count if `ALL`.
struct Rows<'a, const W: usize, const ALL: bool>(Run<'a>);

impl<const W: usize, const ALL: bool> Kernel for Rows<'_, W, ALL> {
    type Output = ();

    #[inline(always)]
    unsafe fn run<S: Simd>(self) {
        let Run {
            g,
            bits,
            windows,
            factors,
            rows,
            out,
        } = self.0;
        let (width, channels) = (windows.width, windows.channels);
        for row in rows.0..rows.1 {
            let ((first, height), pooled) = (windows.row(row), windows.pooled_row(row));
            for channel in (0..channels).step_by(S::LANES) {
                let lanes = channels - channel;
                let start = first + channel;
                // SAFETY: `channel` is a channel, and no more than the `lanes` from it on are touched. Window x < across of row `row` lies whole in the
                // image, since across * W <= width and down * W <= height, and `left_over` gives pixels of the row's `height` rows of pixels; `at` is the
                // window's place among the pooled values, of which `g` has as many, and `bits` unless `ALL`.
                unsafe {
                    let factor = of::<S>(factors, channel);
                    for x in 0..windows.across() {
                        let at = pooled + x * channels + channel;
                        let scaled = S::mul(factor, load_columns::<S>(g.as_ptr().add(at), lanes));
                        let to = out.add(start + W * x * channels);
                        if ALL {
                            store_columns::<S>(to, scaled, lanes);
                            continue;
                        }
                        let bits = S::load_bits(bits.as_ptr().add(at), lanes.min(S::LANES));
                        for i in 0..W * W {
                            let value = S::keep(S::bit(bits, i), scaled);
                            store_columns::<S>(to.add(place::<W>(i, width, channels)), value, lanes);
                        }
                    }
                    windows.left_over(height, |pixel| {
                        store_columns::<S>(out.add(start + pixel), S::zero(), lanes);
                    });
                }
            }
        }
    }
}
