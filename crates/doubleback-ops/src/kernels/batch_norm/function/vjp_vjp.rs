//! The vjp of the vjp.

use super::super::coefficients::of;
use super::super::combination::Dense;
use super::super::factors::Factors;
use super::super::operands::{Point, Summed};
use super::super::vjp_vjp::BatchNormVjpVjp;
use super::super::windows::place;
use super::weights::Weights;
use super::{Bent, by_windows, combine, cotangent_sums};
use crate::kernels::buffer::{Buffer, Shared, Unwritten};
use crate::kernels::simd::{Kernel, Simd, dispatch};
use crate::kernels::tile::{load_columns, store_columns};
use crate::options::{Activation, PoolKind};

/// See [`batch_norm_vjp_vjp`](super::super::batch_norm_vjp_vjp). The lengths must fit.
pub fn vjp_vjp(t: &[f32], g: Summed<'_>, at: Point<'_>, activation: Activation, want_input: bool) -> BatchNormVjpVjp {
    let (windows, k) = (at.windows, at.coefficients);
    at.assert_sizes();
    assert_eq!((t.len(), g.values.len()), (windows.values(), windows.pooled_values()));
    let mut cotangent = Unwritten::new(windows.pooled_values());
    let out = Shared(cotangent.as_mut_ptr());
    let run = |rows| Run {
        at,
        activation,
        rows,
        out: out.get(),
    };
    let t_sums = windows.summed::<3>(|start, end, sums| {
        let sums = Sums {
            t,
            g: g.values,
            run: run((start, end)),
            sums,
        };
        // SAFETY: the kernel's `W` is the size of the windows; all lengths were asserted, and `out` is as long as `g`. Each task has rows of its own,
        // whose windows belong to no other.
        unsafe { by_windows!(k, SumRows, sums) }
    });
    let t_sums: Vec<f32> = t_sums.iter().flatten().map(|&sum| sum as f32).collect();
    let factors = Factors::new(&t_sums, g.sums, windows, k);
    windows.each_run(|start, end| {
        let gradient = Gradient {
            factors: &factors.cotangent,
            run: run((start, end)),
        };
        // SAFETY: as above; the passes for the sums went over all rows and wrote one value of `out` for every window and channel.
        unsafe { by_windows!(k, GradientRows, gradient) }
    });
    // SAFETY: both passes went over all rows and wrote one value for every window and channel.
    let cotangent = unsafe { cotangent.assume_written() };
    let gain = factors.gain.clone();
    let (input, bend_sums) = match want_input {
        true => input_gradient(None, [t, g.values], factors, at, activation),
        false => (Buffer::zeroed(0), Vec::new()),
    };
    BatchNormVjpVjp {
        cotangent,
        input,
        gain,
        bend_sums,
        t_sums,
    }
}

/// The gradient of the input for the cotangent `t` of the vjp at `g`, plus that of the vjp at `later`; and the sums of the cotangent before the function that
/// both make. `factors` are those of `t` and `g`.
pub fn input_gradient(
    later: Option<&[f32]>,
    [t, g]: [&[f32]; 2],
    factors: Factors,
    at: Point<'_>,
    activation: Activation,
) -> (Buffer, Vec<f32>) {
    let weighted = &factors.cotangent;
    let bent = Some(Bent { t, g, weighted });
    let sums = cotangent_sums(later, bent, at, activation);
    let vjp = Dense::of_vjp(&sums, at.windows, at.coefficients);
    let mut dense = factors.input.with_terms_of(&vjp);
    dense.later = vjp.cotangent;
    (combine(&dense, later, bent, at, activation), sums)
}

/// `out` must be valid for writes of one value for each window and channel of these rows.
struct Run<'a> {
    at: Point<'a>,
    activation: Activation,
    rows: (usize, usize),
    out: *mut f32,
}

/// Writes the sum over the weighted values of `t` for each window.
struct Sums<'a> {
    t: &'a [f32],
    g: &'a [f32],
    run: Run<'a>,
    sums: &'a mut [Vec<f64>; 3],
}

/// Windows of `W` by `W` values, of which the largest counts if `MAX`, or all.
struct SumRows<'a, const W: usize, const MAX: bool>(Sums<'a>);

impl<const W: usize, const MAX: bool> Kernel for SumRows<'_, W, MAX> {
    type Output = ();

    #[inline(always)]
    unsafe fn run<S: Simd>(self) {
        let Sums {
            t,
            g,
            run:
                Run {
                    at,
                    activation,
                    rows,
                    out,
                },
            sums: [sums, alongs, products],
        } = self.0;
        let Point {
            z,
            windows,
            kept,
            coefficients: k,
        } = at;
        let (width, channels) = (windows.width, windows.channels);
        let mut weights = Weights::new(at, activation, false);
        for row in rows.0..rows.1 {
            let ((first, height), pooled) = (windows.row(row), windows.pooled_row(row));
            // SAFETY: the lengths were asserted, and `row` is a row of windows.
            let [weights, _] = unsafe { weights.of_row::<S>(row) };
            for channel in (0..channels).step_by(S::LANES) {
                let (lanes, start) = (channels - channel, first + channel);
                // SAFETY: `channel` is a channel, and no more than the `lanes` from it on are touched. Window x < across of row `row` lies whole in the
                // image, since across * W <= width and down * W <= height, and `left_over` gives pixels of the row's `height` rows of pixels; `at` is the
                // window's place among the pooled values. `out` is as long as `g`. All slices have these lengths, see `Point::assert_sizes`, and there is
                // a weight for each value or window of the row.
                unsafe {
                    let center = of::<S>(&k.center, channel);
                    let (mut sum, mut along, mut product) = (S::zero(), S::zero(), S::zero());
                    for x in 0..windows.across() {
                        let at = pooled + x * channels + channel;
                        let mut bits = S::load_bits(kept.bits.as_ptr(), 0);
                        if MAX {
                            bits = S::load_bits(kept.bits.as_ptr().add(at), lanes);
                        }
                        let mut weighted = S::zero();
                        for i in 0..W * W {
                            let place = x * W * channels + place::<W>(i, width, channels);
                            let value = load_columns::<S>(z.as_ptr().add(start + place), lanes);
                            let t = load_columns::<S>(t.as_ptr().add(start + place), lanes);
                            sum = S::add(sum, t);
                            along = S::mul_add(t, S::sub(value, center), along);
                            weighted = match MAX {
                                true => S::add(weighted, S::keep(S::bit(bits, i), t)),
                                false => {
                                    let weight = load_columns::<S>(weights.add(channel + place), lanes);
                                    S::mul_add(weight, t, weighted)
                                }
                            };
                        }
                        if MAX {
                            let weight = load_columns::<S>(weights.add(x * channels + channel), lanes);
                            weighted = S::mul(weighted, weight);
                        }
                        product = S::mul_add(weighted, load_columns::<S>(g.as_ptr().add(at), lanes), product);
                        store_columns::<S>(out.add(at), weighted, lanes);
                    }
                    windows.left_over(height, |pixel| {
                        let value = load_columns::<S>(z.as_ptr().add(start + pixel), lanes);
                        let t = load_columns::<S>(t.as_ptr().add(start + pixel), lanes);
                        sum = S::add(sum, t);
                        along = S::mul_add(t, S::sub(value, center), along);
                    });
                    S::add_to_f64(sums.as_mut_ptr().add(channel), sum, lanes);
                    S::add_to_f64(alongs.as_mut_ptr().add(channel), along, lanes);
                    S::add_to_f64(products.as_mut_ptr().add(channel), product, lanes);
                }
            }
        }
    }
}

/// Turns the sums over the weighted values of `t` into gradients of the cotangent, in place.
struct Gradient<'a> {
    factors: &'a Dense,
    run: Run<'a>,
}

/// Windows of `W` by `W` values, of which the largest counts if `MAX`, or all.
struct GradientRows<'a, const W: usize, const MAX: bool>(Gradient<'a>);

impl<const W: usize, const MAX: bool> Kernel for GradientRows<'_, W, MAX> {
    type Output = ();

    #[inline(always)]
    unsafe fn run<S: Simd>(self) {
        let Gradient {
            factors,
            run:
                Run {
                    at,
                    activation,
                    rows,
                    out,
                },
        } = self.0;
        let Point {
            z,
            windows,
            kept,
            coefficients: k,
        } = at;
        let (width, channels) = (windows.width, windows.channels);
        // Then only `t` has a factor.
        let frozen = k.options.frozen;
        let mut weights = Weights::new(at, activation, false);
        for row in rows.0..rows.1 {
            let ((first, _), pooled) = (windows.row(row), windows.pooled_row(row));
            let mut of_row = std::ptr::null();
            if !frozen {
                // SAFETY: the lengths were asserted, and `row` is a row of windows.
                [of_row, _] = unsafe { weights.of_row::<S>(row) };
            }
            let weights = of_row;
            for channel in (0..channels).step_by(S::LANES) {
                let lanes = channels - channel;
                // SAFETY: `channel` is a channel, and no more than the `lanes` from it on are touched. Window x < across of row `row` lies whole in the
                // image, since across * W <= width and down * W <= height; `at` is its place among the pooled values. `out` is as long. All slices have
                // these lengths, see `Point::assert_sizes`, and unless the statistics are frozen there is a weight for each value or window of the row.
                unsafe {
                    let (at_t, at_z) = (of::<S>(&factors.t, channel), of::<S>(&factors.z, channel));
                    let constant = of::<S>(&factors.constant, channel);
                    for x in 0..windows.across() {
                        let at = pooled + x * channels + channel;
                        let mut sum = S::mul(at_t, load_columns::<S>(out.add(at), lanes));
                        if frozen {
                            store_columns::<S>(out.add(at), sum, lanes);
                            continue;
                        }
                        if MAX {
                            let picked = load_columns::<S>(kept.picked.as_ptr().add(at), lanes);
                            let weight = load_columns::<S>(weights.add(x * channels + channel), lanes);
                            sum = S::mul_add(weight, S::mul_add(at_z, picked, constant), sum);
                        } else {
                            for i in 0..W * W {
                                let place = x * W * channels + channel + place::<W>(i, width, channels);
                                let value = load_columns::<S>(z.as_ptr().add(first + place), lanes);
                                let weight = load_columns::<S>(weights.add(place), lanes);
                                sum = S::mul_add(weight, S::mul_add(at_z, value, constant), sum);
                            }
                        }
                        store_columns::<S>(out.add(at), sum, lanes);
                    }
                }
            }
        }
    }
}
