//! The vjp of the vjp.

use crate::kernels::buffer::{Buffer, Shared, Unwritten};
use crate::kernels::simd::{Kernel, Simd, dispatch};
use crate::kernels::tile::{load_columns, store_columns};

use super::coefficients::of;
use super::combination::{Cotangents, Dense, Gate, combine};
use super::factors::Factors;
use super::function;
use super::operands::{Point, Summed};
use super::vjp::batch_norm_vjp_sums;
use super::windows::place;

/// Gradients of [`batch_norm_vjp`](super::batch_norm_vjp).
pub struct BatchNormVjpVjp {
    /// Of its cotangent.
    pub cotangent: Buffer,
    /// Of the batch norm's input; empty where it is not wanted, or zero because the statistics are frozen.
    pub input: Buffer,
    /// Of the gain.
    pub gain: Vec<f32>,
    /// `[2, channels]`: sums as of [`batch_norm_vjp_sums`] of what the weights add to the cotangent before the activation function, to be added to the
    /// gradients of shift and gain; empty unless a function follows and the input is wanted.
    pub bend_sums: Vec<f32>,
    /// `[3, channels]`: sums of `t`, of `t` times the deviation from the mean, and of `t` times `g` where the value counts.
    pub t_sums: Vec<f32>,
}

/// Gradients for the cotangent `t` of [`batch_norm_vjp`](super::batch_norm_vjp) at `g`; see the default body for the formulas.
pub fn batch_norm_vjp_vjp(t: &[f32], g: Summed<'_>, at: Point<'_>, want_input: bool) -> BatchNormVjpVjp {
    let (windows, k) = (at.windows, at.coefficients);
    at.assert_sizes();
    assert_eq!((t.len(), g.values.len()), (windows.values(), windows.pooled_values()));
    if let Some(activation) = k.function() {
        return function::vjp_vjp(t, g, at, activation, want_input);
    }
    let mut cotangent = Unwritten::new(windows.pooled_values());
    let picked_t = Shared(cotangent.as_mut_ptr());
    let t_sums = windows.summed::<3>(|start, end, sums| {
        let sums = Sums {
            t,
            g: g.values,
            at,
            rows: (start, end),
            picked: picked_t.get(),
            sums,
        };
        // SAFETY: the kernel's `W` is the size of the windows; all lengths were asserted, and `picked` is as long as `g`. Each task has rows of its own,
        // whose windows belong to no other.
        unsafe {
            match windows.size {
                1 => dispatch(SumRows::<1>(sums)),
                _ => dispatch(SumRows::<2>(sums)),
            }
        }
    });
    let t_sums: Vec<f32> = t_sums.iter().flatten().map(|&sum| sum as f32).collect();
    let factors = Factors::new(&t_sums, g.sums, windows, k);
    // SAFETY: the passes for the sums went over all rows and wrote one value for every window and channel.
    let mut cotangent = unsafe { cotangent.assume_written() };
    cotangents(&factors.cotangent, at, &mut cotangent);
    let input = if want_input && !k.options.frozen {
        let from = Cotangents {
            g: g.values,
            later: None,
            t: Some(t),
        };
        combine(&factors.input, from, at)
    } else {
        Buffer::zeroed(0)
    };
    BatchNormVjpVjp {
        cotangent,
        input,
        gain: factors.gain,
        bend_sums: Vec::new(),
        t_sums,
    }
}

/// Result of [`batch_norm_joint_vjp`].
pub struct BatchNormJointVjp {
    /// Gradient of the batch norm's input.
    pub input: Buffer,
    /// `[2, channels]`: gradients of shift and gain, but for those that [`batch_norm_vjp_vjp`] gave.
    pub sums: Vec<f32>,
}

/// The two gradients that a batch norm's input gets from one tape, in one pass over memory: [`batch_norm_vjp`](super::batch_norm_vjp) at
/// `later`, plus [`BatchNormVjpVjp::input`] for the cotangent `t` of the vjp at `g`. Not for frozen statistics, unless a function follows.
pub fn batch_norm_joint_vjp(later: &[f32], t: Summed<'_>, g: Summed<'_>, at: Point<'_>) -> BatchNormJointVjp {
    let (windows, k) = (at.windows, at.coefficients);
    if let Some(activation) = k.function() {
        let factors = Factors::new(t.sums, g.sums, windows, k);
        let (input, sums) = function::input_gradient(Some(later), [t.values, g.values], factors, at, activation);
        return BatchNormJointVjp { input, sums };
    }
    let sums = batch_norm_vjp_sums(later, at);
    let vjp = Dense::of_vjp(&sums, windows, k);
    let mut dense = Factors::new(t.sums, g.sums, windows, k).input.with_terms_of(&vjp);
    dense.later = vjp.cotangent;
    let from = Cotangents {
        g: g.values,
        later: Some(later),
        t: Some(t.values),
    };
    BatchNormJointVjp {
        input: combine(&dense, from, at),
        sums,
    }
}

struct Sums<'a> {
    t: &'a [f32],
    g: &'a [f32],
    at: Point<'a>,
    rows: (usize, usize),
    /// For the sums over the values of `t` that count, one a window.
    picked: *mut f32,
    sums: &'a mut [Vec<f64>; 3],
}

struct SumRows<'a, const W: usize>(Sums<'a>);

impl<const W: usize> Kernel for SumRows<'_, W> {
    type Output = ();

    #[inline(always)]
    unsafe fn run<S: Simd>(self) {
        let Sums {
            t,
            g,
            at:
                Point {
                    z,
                    windows,
                    kept,
                    coefficients: k,
                },
            rows,
            picked,
            sums: [sums, alongs, products],
        } = self.0;
        let (width, channels) = (windows.width, windows.channels);
        for row in rows.0..rows.1 {
            let ((first, height), pooled) = (windows.row(row), windows.pooled_row(row));
            for channel in (0..channels).step_by(S::LANES) {
                let lanes = channels - channel;
                let start = first + channel;
                // SAFETY: `channel` is a channel, and no more than the `lanes` from it on are touched. Window x < across of row `row` lies whole in the
                // image, since across * W <= width and down * W <= height, and `left_over` gives pixels of the row's `height` rows of pixels; `at` is the
                // window's place among the pooled values. `picked` is as long as `g`. All slices have these lengths, see `Point::assert_sizes`.
                unsafe {
                    let gate = Gate::<S>::new(k, channel);
                    let center = of::<S>(&k.center, channel);
                    let (mut sum, mut along, mut product) = (S::zero(), S::zero(), S::zero());
                    for x in 0..windows.across() {
                        let at = pooled + x * channels + channel;
                        let bits = match W {
                            1 => S::load_bits(kept.bits.as_ptr(), 0),
                            _ => S::load_bits(kept.bits.as_ptr().add(at), lanes),
                        };
                        let mut pick = S::zero();
                        for i in 0..W * W {
                            let place = start + x * W * channels + place::<W>(i, width, channels);
                            let value = load_columns::<S>(z.as_ptr().add(place), lanes);
                            let t = load_columns::<S>(t.as_ptr().add(place), lanes);
                            let counts = if W == 1 { gate.open(value) } else { S::bit(bits, i) };
                            sum = S::add(sum, t);
                            along = S::mul_add(t, S::sub(value, center), along);
                            pick = S::add(pick, S::keep(counts, t));
                        }
                        product = S::mul_add(pick, load_columns::<S>(g.as_ptr().add(at), lanes), product);
                        store_columns::<S>(picked.add(at), pick, lanes);
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

/// Turns the sums over the values of `t` that count into gradients of the cotangent, in place.
fn cotangents(first: &Dense, at: Point<'_>, out: &mut Buffer) {
    let windows = at.windows;
    assert_eq!(out.len(), windows.pooled_values());
    assert!(windows.size == 1 || at.coefficients.options.frozen || at.kept.picked.len() == out.len());
    let to = Shared(out.as_mut_ptr());
    windows.each_run(|start, end| {
        let gradient = PooledGradient {
            first,
            at,
            rows: (start, end),
            out: to.get(),
        };
        // SAFETY: the kernel's `W` is the size of the windows; the lengths of `at` were asserted by the caller, those of `out` and of what was picked
        // above. Each task has rows of its own, whose windows belong to no other.
        unsafe {
            match windows.size {
                1 => dispatch(GradientRows::<1>(gradient)),
                _ => dispatch(GradientRows::<2>(gradient)),
            }
        }
    });
}

struct PooledGradient<'a> {
    first: &'a Dense,
    at: Point<'a>,
    rows: (usize, usize),
    out: *mut f32,
}

struct GradientRows<'a, const W: usize>(PooledGradient<'a>);

impl<const W: usize> Kernel for GradientRows<'_, W> {
    type Output = ();

    #[inline(always)]
    unsafe fn run<S: Simd>(self) {
        let PooledGradient {
            first: factors,
            at:
                Point {
                    z,
                    windows,
                    kept,
                    coefficients: k,
                },
            rows,
            out,
        } = self.0;
        let channels = windows.channels;
        // Where the statistics are frozen only `t` has a factor, and nothing was picked from `z`.
        let frozen = k.options.frozen;
        for row in rows.0..rows.1 {
            let ((first, _), pooled) = (windows.row(row), windows.pooled_row(row));
            for channel in (0..channels).step_by(S::LANES) {
                let lanes = channels - channel;
                // SAFETY: `channel` is a channel, and no more than the `lanes` from it on are touched. Window x < across of row `row` lies whole in the
                // image, since across * W <= width and down * W <= height; `at` is its place among the pooled values. `out` is as long. All slices have these lengths,
                // see `Point::assert_sizes`.
                unsafe {
                    let gate = Gate::<S>::new(k, channel);
                    let (at_t, at_z) = (of::<S>(&factors.t, channel), of::<S>(&factors.z, channel));
                    let (constant, one) = (of::<S>(&factors.constant, channel), S::splat(&1.0));
                    for x in 0..windows.across() {
                        let at = pooled + x * channels + channel;
                        let mut sum = S::mul(at_t, load_columns::<S>(out.add(at), lanes));
                        if W == 1 {
                            let value = load_columns::<S>(z.as_ptr().add(first + x * channels + channel), lanes);
                            let rest = S::mul_add(at_z, value, constant);
                            sum = S::add(sum, S::keep(gate.open(value), rest));
                        } else if !frozen {
                            let bits = S::load_bits(kept.bits.as_ptr().add(at), lanes);
                            let mut count = S::zero();
                            for i in 0..W * W {
                                count = S::add(count, S::keep(S::bit(bits, i), one));
                            }
                            let picked = load_columns::<S>(kept.picked.as_ptr().add(at), lanes);
                            sum = S::mul_add(at_z, picked, S::mul_add(constant, count, sum));
                        }
                        store_columns::<S>(out.add(at), sum, lanes);
                    }
                }
            }
        }
    }
}
