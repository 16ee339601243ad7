//! Sums of the cotangent before the function, which the batch norm's own vjp needs first.

use super::super::coefficients::of;
use super::super::operands::Point;
use super::super::windows::place;
use super::weights::Weights;
use super::{Bent, by_windows};
use crate::kernels::simd::{Kernel, Simd, dispatch};
use crate::kernels::tile::load_columns;
use crate::options::{Activation, PoolKind};

/// `[2, channels]`: sums of the cotangent before the function, and of it times the normalized input. It is the cotangent `later` of the output, if any, by the
/// weights, and what `bent` adds to it.
pub fn cotangent_sums(
    later: Option<&[f32]>,
    bent: Option<Bent<'_>>,
    at: Point<'_>,
    activation: Activation,
) -> Vec<f32> {
    let (windows, k) = (at.windows, at.coefficients);
    at.assert_sizes();
    let pooled = windows.pooled_values();
    assert!(later.is_none_or(|later| later.len() == pooled));
    assert!(bent.is_none_or(|bent| (bent.t.len(), bent.g.len()) == (windows.values(), pooled)));
    let Some(some) = later.or(bent.map(|bent| bent.g)) else {
        return vec![0.0; 2 * windows.channels];
    };
    let [sum, product] = windows.summed::<2>(|start, end, sums| {
        let run = Run {
            // A cotangent that is not there is another one, by 0.
            later: some,
            share: if later.is_some() { k.share() as f32 } else { 0.0 },
            bent,
            at,
            activation,
            rows: (start, end),
            sums,
        };
        // SAFETY: the kernel's `W` is the size of the windows, and all lengths were asserted. Nothing is written but the task's own sums.
        unsafe {
            match bent.is_some() {
                true => by_windows!(k, Rows<true>, run),
                false => by_windows!(k, Rows<false>, run),
            }
        }
    });
    let product = product.iter().zip(&k.inverse).map(|(p, i)| (p * i) as f32);
    sum.iter().map(|&s| s as f32).chain(product).collect()
}

struct Run<'a> {
    later: &'a [f32],
    share: f32,
    bent: Option<Bent<'a>>,
    at: Point<'a>,
    activation: Activation,
    rows: (usize, usize),
    sums: &'a mut [Vec<f64>; 2],
}

/// Windows of `W` by `W` values, of which the largest counts if `MAX`, or all; with what bends add if `BENT`.
struct Rows<'a, const W: usize, const MAX: bool, const BENT: bool>(Run<'a>);

impl<const W: usize, const MAX: bool, const BENT: bool> Kernel for Rows<'_, W, MAX, BENT> {
    type Output = ();

    #[inline(always)]
    unsafe fn run<S: Simd>(self) {
        let Run {
            later,
            share,
            bent,
            at,
            activation,
            rows,
            sums: [sums, products],
        } = self.0;
        let Point {
            z,
            windows,
            kept,
            coefficients: k,
        } = at;
        let (width, channels) = (windows.width, windows.channels);
        // Where there is none it is not read.
        let (t, g) = bent.map_or((z, later), |bent| (bent.t, bent.g));
        let mut weights = Weights::new(at, activation, BENT);
        for row in rows.0..rows.1 {
            let ((first, _), pooled) = (windows.row(row), windows.pooled_row(row));
            // SAFETY: the lengths were asserted, and `row` is a row of windows.
            let [weights, bends] = unsafe { weights.of_row::<S>(row) };
            for channel in (0..channels).step_by(S::LANES) {
                let lanes = channels - channel;
                // SAFETY: `channel` is a channel, and no more than the `lanes` from it on are touched. Window x < across of row `row` lies whole in the
                // image, since across * W <= width and down * W <= height; `at` is its place among the pooled values. All slices have these lengths,
                // see `Point::assert_sizes`, and there is a weight, and a bend if `BENT`, for each value or window of the row.
                unsafe {
                    let (center, share) = (of::<S>(&k.center, channel), S::splat(&share));
                    let mut constant = S::zero();
                    let (mut at_t, mut at_z) = (constant, constant);
                    if let Some(Bent { weighted, .. }) = bent {
                        (at_t, at_z) = (of::<S>(&weighted.t, channel), of::<S>(&weighted.z, channel));
                        constant = of::<S>(&weighted.constant, channel);
                    }
                    let (mut sum, mut product) = (S::zero(), S::zero());
                    for x in 0..windows.across() {
                        let at = pooled + x * channels + channel;
                        let window = x * W * channels + channel;
                        let later = S::mul(share, load_columns::<S>(later.as_ptr().add(at), lanes));
                        let g = if BENT {
                            load_columns::<S>(g.as_ptr().add(at), lanes)
                        } else {
                            S::zero()
                        };
                        // Of a window of which one value counts that one, which was kept.
                        for i in 0..if MAX { 1 } else { W * W } {
                            let in_row = window + place::<W>(i, width, channels);
                            let (value, weight) = match MAX {
                                true => (kept.picked.as_ptr().add(at), x * channels + channel),
                                false => (z.as_ptr().add(first + in_row), in_row),
                            };
                            let value = load_columns::<S>(value, lanes);
                            let mut cotangent = S::mul(later, load_columns::<S>(weights.add(weight), lanes));
                            if BENT {
                                let mut t_of = S::zero();
                                if MAX {
                                    let bits = S::load_bits(kept.bits.as_ptr().add(at), lanes);
                                    for j in 0..W * W {
                                        let t = t.as_ptr().add(first + window + place::<W>(j, width, channels));
                                        t_of = S::add(t_of, S::keep(S::bit(bits, j), load_columns::<S>(t, lanes)));
                                    }
                                } else {
                                    t_of = load_columns::<S>(t.as_ptr().add(first + in_row), lanes);
                                }
                                let weighted = S::mul_add(at_t, t_of, S::mul_add(at_z, value, constant));
                                let bent = S::mul(g, load_columns::<S>(bends.add(weight), lanes));
                                cotangent = S::mul_add(bent, weighted, cotangent);
                            }
                            sum = S::add(sum, cotangent);
                            product = S::mul_add(cotangent, S::sub(value, center), product);
                        }
                    }
                    S::add_to_f64(sums.as_mut_ptr().add(channel), sum, lanes);
                    S::add_to_f64(products.as_mut_ptr().add(channel), product, lanes);
                }
            }
        }
    }
}
