//! The vjp.

use crate::kernels::buffer::Buffer;
use crate::kernels::simd::{Kernel, Simd, dispatch};
use crate::kernels::tile::load_columns;

use super::coefficients::of;
use super::combination::{Cotangents, Dense, Gate, combine};
use super::function;
use super::operands::{Point, Summed};
use super::windows::place;

/// `[2, channels]`: sums over the values that count of the cotangent `g`, and of `g` times the normalized input.
pub fn batch_norm_vjp_sums(g: &[f32], at: Point<'_>) -> Vec<f32> {
    let (windows, k) = (at.windows, at.coefficients);
    at.assert_sizes();
    assert_eq!(g.len(), windows.pooled_values());
    if let Some(activation) = k.function() {
        return function::cotangent_sums(Some(g), None, at, activation);
    }
    let [sum, product] = windows.summed::<2>(|start, end, sums| {
        let sums = Sums {
            g,
            at,
            rows: (start, end),
            sums,
        };
        // SAFETY: the kernel's `W` is the size of the windows, and all lengths were asserted. Nothing is written but the task's own sums.
        unsafe {
            match windows.size {
                1 => dispatch(SumRows::<1>(sums)),
                _ => dispatch(SumRows::<2>(sums)),
            }
        }
    });
    let share = k.share();
    let product = product.iter().zip(&k.inverse).map(|(p, i)| (p * i * share) as f32);
    sum.iter().map(|&s| (s * share) as f32).chain(product).collect()
}

/// Gradient of the input: `slope * (g - mean(g) - x mean(g x))`, with x the normalized input and `g` zero at values that do not count,
/// or by the slope of the function that follows; `slope * g` when frozen.
pub fn batch_norm_vjp(g: Summed<'_>, at: Point<'_>) -> Buffer {
    let dense = Dense::of_vjp(g.sums, at.windows, at.coefficients);
    if let Some(activation) = at.coefficients.function() {
        return function::combine(&dense, Some(g.values), None, at, activation);
    }
    let from = Cotangents {
        g: g.values,
        later: None,
        t: None,
    };
    combine(&dense, from, at)
}

struct Sums<'a> {
    g: &'a [f32],
    at: Point<'a>,
    rows: (usize, usize),
    sums: &'a mut [Vec<f64>; 2],
}

struct SumRows<'a, const W: usize>(Sums<'a>);

impl<const W: usize> Kernel for SumRows<'_, W> {
    type Output = ();

    #[inline(always)]
    unsafe fn run<S: Simd>(self) {
        let Sums {
            g,
            at:
                Point {
                    z,
                    windows,
                    kept,
                    coefficients: k,
                },
            rows,
            sums: [sums, products],
        } = self.0;
        let (width, channels) = (windows.width, windows.channels);
        let summary = !kept.picked.is_empty();
        for row in rows.0..rows.1 {
            let ((first, _), pooled) = (windows.row(row), windows.pooled_row(row));
            for channel in (0..channels).step_by(S::LANES) {
                let lanes = channels - channel;
                // SAFETY: `channel` is a channel, and no more than the `lanes` from it on are touched. Window x < across of row `row` lies whole in the
                // image, since across * W <= width and down * W <= height; `at` is its place among the pooled values. All slices have these lengths,
                // see `Point::assert_sizes`.
                unsafe {
                    let gate = Gate::<S>::new(k, channel);
                    let (center, one) = (of::<S>(&k.center, channel), S::splat(&1.0));
                    let (mut sum, mut product) = (S::zero(), S::zero());
                    for x in 0..windows.across() {
                        let at = pooled + x * channels + channel;
                        let window = z.as_ptr().add(first + x * W * channels + channel);
                        let g = load_columns::<S>(g.as_ptr().add(at), lanes);
                        if W == 1 {
                            let value = load_columns::<S>(window, lanes);
                            let g = S::keep(gate.open(value), g);
                            sum = S::add(sum, g);
                            product = S::mul_add(g, S::sub(value, center), product);
                            continue;
                        }
                        let bits = S::load_bits(kept.bits.as_ptr().add(at), lanes);
                        let (mut count, mut deviation) = (S::zero(), S::zero());
                        for i in 0..W * W {
                            count = S::add(count, S::keep(S::bit(bits, i), one));
                            if !summary {
                                let value = load_columns::<S>(window.add(place::<W>(i, width, channels)), lanes);
                                deviation = S::add(deviation, S::keep(S::bit(bits, i), S::sub(value, center)));
                            }
                        }
                        if summary {
                            let picked = load_columns::<S>(kept.picked.as_ptr().add(at), lanes);
                            deviation = S::sub(picked, S::mul(count, center));
                        }
                        sum = S::mul_add(g, count, sum);
                        product = S::mul_add(g, deviation, product);
                    }
                    S::add_to_f64(sums.as_mut_ptr().add(channel), sum, lanes);
                    S::add_to_f64(products.as_mut_ptr().add(channel), product, lanes);
                }
            }
        }
    }
}
