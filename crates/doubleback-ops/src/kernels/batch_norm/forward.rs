//! The forward pass.

use crate::options::PoolKind;

use super::coefficients::{Coefficients, of};
use super::function;
use super::windows::{Windows, place};
use crate::kernels::buffer::{Buffer, Shared, Unwritten};
use crate::kernels::simd::{Kernel, Simd, dispatch};
use crate::kernels::tile::{load_columns, store_columns};

/// What [`batch_norm`] returns.
pub struct BatchNormed {
    /// The result.
    pub values: Buffer,
    /// See [`Kept`](super::Kept).
    pub picked: Buffer,
    /// See [`Kept`](super::Kept).
    pub bits: Buffer<u8>,
}

/// Normalized, rectified and pooled `z`, with what the derivatives need. `picked` stays empty unless `keep`; without pooling there are bits if not:
/// then the ReLU's, so that the vjp can do without `z`. With another function both are kept of the largest values of windows alone, `keep` or not.
pub fn batch_norm(z: &[f32], windows: &Windows, k: &Coefficients, keep: bool) -> BatchNormed {
    k.assert_fit(windows);
    assert_eq!(z.len(), windows.values());
    if let Some(activation) = k.function() {
        return function::forward(z, windows, k, activation);
    }
    let (length, pool) = (windows.pooled_values(), windows.size > 1);
    let wanted = pool && keep;
    let with_bits = pool || (k.relu && !keep);
    let mut out = Unwritten::new(length);
    let mut picked = Unwritten::new(if wanted { length } else { 0 });
    let mut bits = Unwritten::<u8>::new(if with_bits { length } else { 0 });
    let (to, picks) = (Shared(out.as_mut_ptr()), Shared(picked.as_mut_ptr()));
    let kept = Shared(bits.as_mut_ptr());
    windows.each_run(|start, end| {
        let run = |kernel: &dyn Fn(Run<'_>)| {
            kernel(Run {
                z,
                windows,
                rows: (start, end),
                k,
                out: to.get(),
                picked: if wanted { picks.get() } else { std::ptr::null_mut() },
                bits: if with_bits { kept.get() } else { std::ptr::null_mut() },
            });
        };
        // SAFETY: the windows are as large as the kernel's `W`, as `assert_fit` checked; `z`, `out` and, where they are not null, `picked` and `bits` have
        // the lengths of these windows. Each task has rows of its own, whose windows and places in the results belong to no other.
        run(&|run| unsafe {
            match k.options.pool {
                None => dispatch(Rows::<1, false>(run)),
                Some(PoolKind::Max) => dispatch(Rows::<2, true>(run)),
                Some(PoolKind::Avg) => dispatch(Rows::<2, false>(run)),
            }
        });
    });
    // SAFETY: the tasks wrote the value of every window of every row and channel; its bits and what was picked too, where wanted. Where
    // they did not, there is room for none.
    unsafe {
        BatchNormed {
            values: out.assume_written(),
            picked: picked.assume_written(),
            bits: bits.assume_written(),
        }
    }
}

/// Rows of windows to normalize. `out`, `bits` and `picked` must be valid for writes of one value a window and channel of these rows.
struct Run<'a> {
    z: &'a [f32],
    windows: &'a Windows,
    rows: (usize, usize),
    k: &'a Coefficients,
    out: *mut f32,
    /// Null if not wanted.
    picked: *mut f32,
    /// Null if not wanted, which happens without pooling alone.
    bits: *mut u8,
}

/// Windows of `W` by `W` values, of which the largest counts, or all.
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
            out,
            picked,
            bits,
        } = self.0;
        let (width, channels) = (windows.width, windows.channels);
        let share = k.share() as f32;
        for row in rows.0..rows.1 {
            let ((first, _), pooled) = (windows.row(row), windows.pooled_row(row));
            for channel in (0..channels).step_by(S::LANES) {
                let lanes = channels - channel;
                // SAFETY: `channel` is a channel, and no more than the `lanes` from it on are touched. Window x < across of row `row` lies whole in the
                // image, since across * W <= width and down * W <= height; `to` is its place among the pooled values.
                unsafe {
                    let (slope, offset) = (of::<S>(&k.slope, channel), of::<S>(&k.offset, channel));
                    let (share, zero) = (S::splat(&share), S::zero());
                    for x in 0..windows.across() {
                        let window = z.as_ptr().add(first + x * W * channels + channel);
                        let to = pooled + x * channels + channel;
                        let mut values = [S::zero(); 4];
                        let mut y = [S::zero(); 4];
                        let mut counts = [S::all(!MAX); 4];
                        for i in 0..W * W {
                            values[i] = load_columns::<S>(window.add(place::<W>(i, width, channels)), lanes);
                            y[i] = S::mul_add(values[i], slope, offset);
                        }
                        if MAX {
                            // The first of equals; a NaN counts as largest, and nothing replaces it.
                            counts[0] = S::all(true);
                            let mut best = y[0];
                            for i in 1..W * W {
                                let better = S::and(S::not_le(y[i], best), S::ordered(best));
                                best = S::select(better, y[i], best);
                                for count in &mut counts[..i] {
                                    *count = S::without(*count, better);
                                }
                                counts[i] = better;
                            }
                        }
                        let mut sum = S::zero();
                        let mut pick = S::zero();
                        for i in 0..W * W {
                            if k.relu {
                                // Written so that NaN passes.
                                counts[i] = S::and(counts[i], S::not_le(y[i], zero));
                            }
                            sum = S::add(sum, S::keep(counts[i], y[i]));
                            pick = S::add(pick, S::keep(counts[i], values[i]));
                        }
                        if W > 1 {
                            S::store_bits(bits.add(to), counts, lanes);
                            if !picked.is_null() {
                                store_columns::<S>(picked.add(to), pick, lanes);
                            }
                            sum = if MAX { sum } else { S::mul(sum, share) };
                        } else if !bits.is_null() {
                            S::store_bits(bits.add(to), [counts[0]], lanes);
                        }
                        store_columns::<S>(out.add(to), sum, lanes);
                    }
                }
            }
        }
    }
}
