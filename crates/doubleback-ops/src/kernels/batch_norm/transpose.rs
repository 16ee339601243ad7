//! The vjp with constant statistics is linear in its cotangent and depends on nothing else: its transpose.

use crate::kernels::buffer::{Buffer, Shared, Unwritten};
use crate::kernels::simd::{Kernel, Simd, dispatch};
use crate::kernels::tile::{load_columns, store_columns};

use super::coefficients::of;
use super::combination::Gate;
use super::operands::Point;
use super::windows::place;

/// The cotangent of [`BatchNormVjpVjp`](super::BatchNormVjpVjp) alone, in one pass over memory: `slope * t`, summed over the values of each window that
/// count. For frozen statistics.
pub fn batch_norm_vjp_transpose(t: &[f32], at: Point<'_>) -> Buffer {
    let (windows, k) = (at.windows, at.coefficients);
    at.assert_sizes();
    assert!(k.options.frozen && k.function().is_none() && t.len() == windows.values());
    let share = k.share() as f32;
    let factors: Vec<f32> = k.slope.iter().map(|slope| share * slope).collect();
    let mut out = Unwritten::new(windows.pooled_values());
    let to = Shared(out.as_mut_ptr());
    windows.each_run(|start, end| {
        let run = Run {
            t,
            factors: &factors,
            at,
            rows: (start, end),
            out: to.get(),
        };
        // SAFETY: the kernel's `W` is the size of the windows; all lengths were asserted, and `out` has one value for each window and channel. Each task
        // has rows of its own, whose windows belong to no other.
        unsafe {
            match windows.size {
                1 => dispatch(Rows::<1>(run)),
                _ => dispatch(Rows::<2>(run)),
            }
        }
    });
    // SAFETY: the tasks are all rows of windows, and each wrote a value for every window and channel of its rows.
    unsafe { out.assume_written() }
}

/// `t` must be as long as the input of the batch norm, `out` valid for writes of one value for each window and channel of these rows.
struct Run<'a> {
    t: &'a [f32],
    factors: &'a [f32],
    at: Point<'a>,
    rows: (usize, usize),
    out: *mut f32,
}

/// Windows of `W` by `W` values.
struct Rows<'a, const W: usize>(Run<'a>);

impl<const W: usize> Kernel for Rows<'_, W> {
    type Output = ();

    #[inline(always)]
    unsafe fn run<S: Simd>(self) {
        let Run {
            t,
            factors,
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
        let (width, channels) = (windows.width, windows.channels);
        for row in rows.0..rows.1 {
            let ((first, _), pooled) = (windows.row(row), windows.pooled_row(row));
            for channel in (0..channels).step_by(S::LANES) {
                let lanes = channels - channel;
                // SAFETY: `channel` is a channel, and no more than the `lanes` from it on are touched. Window x < across of row `row` lies whole in the
                // image, since across * W <= width and down * W <= height; `at` is its place among the pooled values. All slices have these lengths,
                // see `Point::assert_sizes`.
                unsafe {
                    let (gate, factor) = (Gate::<S>::new(k, channel), of::<S>(factors, channel));
                    for x in 0..windows.across() {
                        let at = pooled + x * channels + channel;
                        let window = first + x * W * channels + channel;
                        let mut sum = S::zero();
                        if W == 1 {
                            let open = gate.open(load_columns::<S>(z.as_ptr().add(window), lanes));
                            sum = S::keep(open, load_columns::<S>(t.as_ptr().add(window), lanes));
                        } else {
                            let bits = S::load_bits(kept.bits.as_ptr().add(at), lanes);
                            for i in 0..W * W {
                                let value = t.as_ptr().add(window + place::<W>(i, width, channels));
                                sum = S::add(sum, S::keep(S::bit(bits, i), load_columns::<S>(value, lanes)));
                            }
                        }
                        store_columns::<S>(out.add(at), S::mul(factor, sum), lanes);
                    }
                }
            }
        }
    }
}
