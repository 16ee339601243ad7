//! The forward pass.

use super::super::coefficients::Coefficients;
use super::super::forward::BatchNormed;
use super::super::windows::{Windows, place};
use super::by_windows;
use super::weights::normalize;
use crate::kernels::activation::activate;
use crate::kernels::buffer::{Shared, Unwritten};
use crate::kernels::simd::{Kernel, Simd, dispatch};
use crate::kernels::tile::{load_columns, store_columns};
use crate::options::{Activation, Order, PoolKind};

/// See [`batch_norm`](super::super::batch_norm). The lengths must fit.
pub fn forward(z: &[f32], windows: &Windows, k: &Coefficients, activation: Activation) -> BatchNormed {
    assert_eq!(z.len(), windows.values());
    let length = windows.pooled_values();
    let kept = if k.options.pool == Some(PoolKind::Max) {
        length
    } else {
        0
    };
    let mut out = Unwritten::new(length);
    let (mut picked, mut bits) = (Unwritten::new(kept), Unwritten::<u8>::new(kept));
    let (to, picks, kept) = (
        Shared(out.as_mut_ptr()),
        Shared(picked.as_mut_ptr()),
        Shared(bits.as_mut_ptr()),
    );
    windows.each_run(|start, end| {
        let run = Run {
            z,
            windows,
            rows: (start, end),
            k,
            activation,
            out: to.get(),
            picked: picks.get(),
            bits: kept.get(),
        };
        // SAFETY: the windows are as large as the kernel's `W`, as the caller checked; `z` and `out` have the lengths of these windows, and where the largest
        // counts so have `picked` and `bits`. Each task has rows of its own, whose windows and places in the results belong to no other.
        unsafe { by_windows!(k, Rows, run) }
    });
    // SAFETY: the tasks wrote the value of every window of every row and channel, and where the largest counts its bits and what was picked too. Where
    // not, there is room for none.
    unsafe {
        BatchNormed {
            values: out.assume_written(),
            picked: picked.assume_written(),
            bits: bits.assume_written(),
        }
    }
}

/// Rows of windows to normalize. `out` and, where the largest value counts, `bits` and `picked` must be valid for writes of one value a window and channel of
/// these rows.
struct Run<'a> {
    z: &'a [f32],
    windows: &'a Windows,
    rows: (usize, usize),
    k: &'a Coefficients,
    activation: Activation,
    out: *mut f32,
    picked: *mut f32,
    bits: *mut u8,
}

/// Windows of `W` by `W` values, of which the largest counts if `MAX`, or all.
struct Rows<'a, const W: usize, const MAX: bool>(Run<'a>);

impl<const W: usize, const MAX: bool> Kernel for Rows<'_, W, MAX> {
    type Output = ();

    #[inline(always)]
    unsafe fn run<S: Simd>(self) {
        let Run {
            z,
            windows,
            rows,
            k,
            activation,
            out,
            picked,
            bits,
        } = self.0;
        let (width, channels) = (windows.width, windows.channels);
        let share = k.share() as f32;
        let length = W * width * channels;
        let (mut y, mut after) = (vec![0.0; length], vec![0.0; if W > 1 { length } else { 0 }]);
        for row in rows.0..rows.1 {
            let ((first, _), pooled) = (windows.row(row), windows.pooled_row(row));
            let values = &z[first..first + length];
            // SAFETY: `values` are whole pixels, as many as `y` has room for, and `after` or, where windows are of one value, the row of `out`.
            unsafe {
                normalize::<S>(values, k, y.as_mut_ptr());
                let to = if W > 1 { after.as_mut_ptr() } else { out.add(pooled) };
                activate(&y, activation, Order::Value, to);
            }
            if W == 1 {
                continue;
            }
            // From here on windows have four values.
            for channel in (0..channels).step_by(S::LANES) {
                let lanes = channels - channel;
                // SAFETY: `channel` is a channel, and no more than the `lanes` from it on are touched. Window x < across lies whole in the row of windows, since
                // across * W <= width; `to` is its place among the pooled values.
                unsafe {
                    let share = S::splat(&share);
                    for x in 0..windows.across() {
                        let (window, to) = (x * W * channels + channel, pooled + x * channels + channel);
                        let mut after_of = [S::zero(); 4];
                        for (i, after_of) in after_of.iter_mut().enumerate() {
                            let value = after.as_ptr().add(window + place::<W>(i, width, channels));
                            *after_of = load_columns::<S>(value, lanes);
                        }
                        if !MAX {
                            let sum = S::add(S::add(after_of[0], after_of[1]), S::add(after_of[2], after_of[3]));
                            store_columns::<S>(out.add(to), S::mul(sum, share), lanes);
                            continue;
                        }
                        // The first of equals; a NaN counts as largest, and nothing replaces it.
                        let mut counts = [S::all(false); 4];
                        counts[0] = S::all(true);
                        let mut best = after_of[0];
                        for i in 1..W * W {
                            let better = S::and(S::not_le(after_of[i], best), S::ordered(best));
                            best = S::select(better, after_of[i], best);
                            for count in &mut counts[..i] {
                                *count = S::without(*count, better);
                            }
                            counts[i] = better;
                        }
                        let mut pick = S::zero();
                        for (i, &count) in counts.iter().enumerate() {
                            let value = values.as_ptr().add(window + place::<W>(i, width, channels));
                            pick = S::add(pick, S::keep(count, load_columns::<S>(value, lanes)));
                        }
                        store_columns::<S>(out.add(to), best, lanes);
                        store_columns::<S>(picked.add(to), pick, lanes);
                        S::store_bits(bits.add(to), counts, lanes);
                    }
                }
            }
        }
    }
}
