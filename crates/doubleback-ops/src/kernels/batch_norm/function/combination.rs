//! A gradient of the input as a combination of a few tensors, weights and bends.

use super::super::coefficients::of;
use super::super::combination::Dense;
use super::super::operands::Point;
use super::super::windows::place;
use super::weights::Weights;
use super::{Bent, by_windows};
use crate::kernels::buffer::{Buffer, Shared, Unwritten};
use crate::kernels::simd::{Kernel, Simd, dispatch};
use crate::kernels::tile::{load_columns, store_columns};
use crate::options::{Activation, PoolKind};

/// What `dense` says of `z`, 1 and the weighted `later`; with `bent` also of the weighted `g` and of `t`, and what the bends add. `later` has the
/// factors `dense.cotangent` without `bent`, and `dense.later` with it.
pub fn combine(
    dense: &Dense,
    later: Option<&[f32]>,
    bent: Option<Bent<'_>>,
    at: Point<'_>,
    activation: Activation,
) -> Buffer {
    at.assert_sizes();
    let windows = at.windows;
    let (pooled, whole) = (windows.pooled_values(), windows.values());
    assert!(later.is_none_or(|later| later.len() == pooled));
    assert!(bent.is_none_or(|bent| (bent.t.len(), bent.g.len()) == (whole, pooled)));
    let Some(some) = later.or(bent.map(|bent| bent.g)) else {
        return Buffer::zeroed(whole);
    };
    let zeros = vec![0.0; windows.channels];
    let at_later = match (later, bent) {
        (None, _) => &zeros,
        (Some(_), None) => &dense.cotangent,
        (Some(_), Some(_)) => &dense.later,
    };
    let mut out = Unwritten::new(whole);
    let to = Shared(out.as_mut_ptr());
    windows.each_run(|start, end| {
        let run = Run {
            dense,
            // A cotangent that is not there is another one, by 0.
            later: some,
            at_later,
            bent,
            at,
            activation,
            rows: (start, end),
            out: to.get(),
        };
        // SAFETY: the kernel's `W` is the size of the windows; all lengths were asserted, and `out` is as long as `z`. Each task has rows of its own,
        // whose pixels belong to no other.
        unsafe {
            match bent.is_some() {
                true => by_windows!(at.coefficients, Rows<true>, run),
                false => by_windows!(at.coefficients, Rows<false>, run),
            }
        }
    });
    // SAFETY: the windows cover the activation, so every pixel is in a window of some row or left over after one, and the tasks wrote both.
    unsafe { out.assume_written() }
}

/// `out` must be valid for writes of the pixels of these rows.
struct Run<'a> {
    dense: &'a Dense,
    later: &'a [f32],
    at_later: &'a [f32],
    bent: Option<Bent<'a>>,
    at: Point<'a>,
    activation: Activation,
    rows: (usize, usize),
    out: *mut f32,
}

/// Windows of `W` by `W` values, of which the largest counts if `MAX`, or all; with what bends add if `BENT`.
struct Rows<'a, const W: usize, const MAX: bool, const BENT: bool>(Run<'a>);

impl<const W: usize, const MAX: bool, const BENT: bool> Kernel for Rows<'_, W, MAX, BENT> {
    type Output = ();

    #[inline(always)]
    unsafe fn run<S: Simd>(self) {
        let Run {
            dense,
            later,
            at_later,
            bent,
            at,
            activation,
            rows,
            out,
        } = self.0;
        let Point {
            z,
            windows,
            kept,
            coefficients: k,
        } = at;
        let (width, channels) = (windows.width, windows.channels);
        // Where there is none it is not read.
        let Bent { t, g, weighted } = bent.unwrap_or(Bent {
            t: z,
            g: later,
            weighted: dense,
        });
        let mut weights = Weights::new(at, activation, BENT);
        for row in rows.0..rows.1 {
            let ((first, height), pooled) = (windows.row(row), windows.pooled_row(row));
            // SAFETY: the lengths were asserted, and `row` is a row of windows.
            let [weights, bends] = unsafe { weights.of_row::<S>(row) };
            for channel in (0..channels).step_by(S::LANES) {
                let lanes = channels - channel;
                // SAFETY: `channel` is a channel, and no more than the `lanes` from it on are touched. Window x < across of row `row` lies whole in the
                // image, since across * W <= width and down * W <= height, and `left_over` gives pixels of the row's `height` rows of pixels; `at` is the
                // window's place among the pooled values. All slices have these lengths, see `Point::assert_sizes`, and there is a weight, and a bend if
                // `BENT`, for each value or window of the row.
                unsafe {
                    let (at_z, constant) = (of::<S>(&dense.z, channel), of::<S>(&dense.constant, channel));
                    let (at_later, slope) = (of::<S>(at_later, channel), of::<S>(&k.slope, channel));
                    let mut at_g = S::zero();
                    let (mut at_t, mut of_t, mut of_z, mut of_1) = (at_g, at_g, at_g, at_g);
                    if BENT {
                        (at_g, at_t) = (of::<S>(&dense.cotangent, channel), of::<S>(&dense.t, channel));
                        (of_t, of_z) = (of::<S>(&weighted.t, channel), of::<S>(&weighted.z, channel));
                        of_1 = of::<S>(&weighted.constant, channel);
                    }
                    let start = first + channel;
                    for x in 0..windows.across() {
                        let at = pooled + x * channels + channel;
                        let mut scaled = S::mul(at_later, load_columns::<S>(later.as_ptr().add(at), lanes));
                        let mut bent = S::zero();
                        if BENT {
                            let g = load_columns::<S>(g.as_ptr().add(at), lanes);
                            scaled = S::mul_add(at_g, g, scaled);
                            bent = S::mul(g, slope);
                        }
                        let mut bits = S::load_bits(kept.bits.as_ptr(), 0);
                        if MAX {
                            bits = S::load_bits(kept.bits.as_ptr().add(at), lanes);
                            let place = x * channels + channel;
                            scaled = S::mul(scaled, load_columns::<S>(weights.add(place), lanes));
                            if BENT {
                                bent = S::mul(bent, load_columns::<S>(bends.add(place), lanes));
                            }
                        }
                        for i in 0..W * W {
                            let place = x * W * channels + place::<W>(i, width, channels);
                            let value = load_columns::<S>(z.as_ptr().add(start + place), lanes);
                            let mut rest = S::mul_add(at_z, value, constant);
                            let (mut weighted, mut bent) = (scaled, bent);
                            if !MAX {
                                weighted = S::mul(scaled, load_columns::<S>(weights.add(channel + place), lanes));
                            }
                            if BENT {
                                let t = load_columns::<S>(t.as_ptr().add(start + place), lanes);
                                rest = S::mul_add(at_t, t, rest);
                                if !MAX {
                                    bent = S::mul(bent, load_columns::<S>(bends.add(channel + place), lanes));
                                }
                                let of_weighted = S::mul_add(of_t, t, S::mul_add(of_z, value, of_1));
                                weighted = S::mul_add(bent, of_weighted, weighted);
                            }
                            if MAX {
                                weighted = S::keep(S::bit(bits, i), weighted);
                            }
                            store_columns::<S>(out.add(start + place), S::add(rest, weighted), lanes);
                        }
                    }
                    windows.left_over(height, |pixel| {
                        let value = load_columns::<S>(z.as_ptr().add(start + pixel), lanes);
                        let mut rest = S::mul_add(at_z, value, constant);
                        if BENT {
                            rest = S::mul_add(at_t, load_columns::<S>(t.as_ptr().add(start + pixel), lanes), rest);
                        }
                        store_columns::<S>(out.add(start + pixel), rest, lanes);
                    });
                }
            }
        }
    }
}
