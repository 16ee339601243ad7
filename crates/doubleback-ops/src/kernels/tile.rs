//! The register tile that convolutions spend their time in.

use super::pack::Panel;
use super::simd::{Kernel, Simd};

/// Where a row of output pixels reads its input.
#[derive(Clone, Copy)]
pub(crate) struct Reads {
    /// First value that the first pixel reads.
    pub input: *const f32,
    /// Values from one pixel's reads to the next one's.
    pub pixel_stride: usize,
    /// Values from one kernel row to the next.
    pub row_stride: usize,
    /// Kernel rows.
    pub rows: usize,
    /// Runs of taps in each kernel row, and values from one to the next.
    pub groups: usize,
    pub group_stride: usize,
    /// Values read in each run.
    pub taps: usize,
    /// Values from one tap to the next.
    pub tap_stride: usize,
}

/// Calls `$body` with the const `$m` equal to the run-time `$count` in 1..=14: every remainder has its own unrolled tile.
macro_rules! unrolled {
    ($count:expr, $m:ident => $body:expr) => {
        unrolled!(@ $count, $m, $body, 1 2 3 4 5 6 7 8 9 10 11 12 13 14)
    };
    (@ $count:expr, $m:ident, $body:expr, $($n:literal)*) => {
        match $count {
            $($n => { const $m: usize = $n; $body })*
            other => unreachable!("a tile of {other} rows"),
        }
    };
}
pub(crate) use unrolled;

/// Repeats `$body` for `$m` in 0..M, M at most 14, as straight code: the compiler leaves longer loops rolled, and then the tile lives in
/// memory instead of registers.
macro_rules! each {
    ($m:ident < $count:ident, $body:expr) => {
        each!(@ $m, $count, $body, 0 1 2 3 4 5 6 7 8 9 10 11 12 13)
    };
    (@ $m:ident, $count:ident, $body:expr, $($n:literal)*) => {
        $(if $n < $count {
            let $m = $n;
            $body
        })*
    };
}
pub(crate) use each;

/// Cuts `count` into the fewest parts of at most `most`, as even as can be: their starts and lengths.
#[inline(always)]
pub(crate) fn evenly(count: usize, most: usize) -> Parts {
    let parts = count.div_ceil(most).max(1);
    Parts {
        start: 0,
        left: parts.min(count),
        base: count / parts,
        longer: count % parts,
    }
}

/// Iterator of [`evenly`]. Not a chain of closures, which would be compiled without the caller's instruction set.
pub(crate) struct Parts {
    start: usize,
    left: usize,
    base: usize,
    longer: usize,
}

impl Iterator for Parts {
    type Item = (usize, usize);

    #[inline(always)]
    fn next(&mut self) -> Option<(usize, usize)> {
        if self.left == 0 {
            return None;
        }
        self.left -= 1;
        let length = self.base + usize::from(self.longer > 0);
        self.longer = self.longer.saturating_sub(1);
        let start = self.start;
        self.start += length;
        Some((start, length))
    }
}

/// `out[pixel][column] = Σ_row Σ_tap input[pixel][row][tap] · panel[first_tap + row·taps + tap][column]` for a row of `pixels`;
/// added to what is there if `accumulate`.
///
/// # Safety
/// All reads that `reads` describes and `pixels` rows of `panel.columns` values at `out`, `out_stride` apart, must be valid;
/// the panel has at least `first_tap + rows * taps` rows.
#[inline(always)]
pub(crate) unsafe fn row<S: Simd>(
    reads: Reads,
    pixels: usize,
    panel: &Panel,
    first_tap: usize,
    out: *mut f32,
    out_stride: usize,
    accumulate: bool,
) {
    for (start, length) in evenly(pixels, S::TILE) {
        // SAFETY: start + length <= pixels, so the reads and writes are among those that the caller vouches for; from `first_tap` on the panel has all rows
        // that are read, of `vectors` whole vectors each.
        unsafe {
            let reads = Reads {
                input: reads.input.add(start * reads.pixel_stride),
                ..reads
            };
            let out = out.add(start * out_stride);
            let weights = panel.data.as_ptr().add(first_tap * panel.stride);
            let (columns, weight_stride) = (panel.columns, panel.stride);
            if panel.vectors == 2 {
                unrolled!(length, M => S::call(Tile::<M, 2> { reads, weights, weight_stride, out, out_stride, columns, accumulate }));
            } else {
                unrolled!(length, M => S::call(Tile::<M, 1> { reads, weights, weight_stride, out, out_stride, columns, accumulate }));
            }
        }
    }
}

/// As [`row`], in sums of at most `terms`, or of half as much again: a sum of short sums rounds less than one long sum, and costs the more the shorter they are.
///
/// # Safety
/// As [`row`].
#[inline(always)]
#[allow(clippy::too_many_arguments)]
pub(crate) unsafe fn row_in_parts<S: Simd>(
    reads: Reads,
    terms: usize,
    pixels: usize,
    panel: &Panel,
    first_tap: usize,
    out: *mut f32,
    out_stride: usize,
    accumulate: bool,
) {
    let across = reads.groups * reads.taps;
    if reads.rows * across <= terms + terms / 2 {
        // SAFETY: asked of the caller in the same words.
        unsafe { row::<S>(reads, pixels, panel, first_tap, out, out_stride, accumulate) };
        return;
    }
    for kernel_row in 0..reads.rows {
        for group in 0..reads.groups {
            for (start, taps) in evenly(reads.taps, terms) {
                // SAFETY: kernel_row < rows, group < groups and start + taps <= reads.taps, so these are some of the reads and of the panel's rows that the
                // caller vouches for; the first part writes what the others add to.
                unsafe {
                    let input = kernel_row * reads.row_stride + group * reads.group_stride + start * reads.tap_stride;
                    let part = Reads {
                        input: reads.input.add(input),
                        rows: 1,
                        groups: 1,
                        taps,
                        ..reads
                    };
                    let before = kernel_row * across + group * reads.taps + start;
                    let add = accumulate || before > 0;
                    row::<S>(part, pixels, panel, first_tap + before, out, out_stride, add);
                }
            }
        }
    }
}

/// M pixels by V vectors of output channels. The reads and writes of [`row`] for these pixels must be valid, `weights` for V vectors a tap, `weight_stride`
/// apart, and `columns` be more than V - 1 vectors; where sums are added, `out` must be written.
struct Tile<const M: usize, const V: usize> {
    reads: Reads,
    weights: *const f32,
    weight_stride: usize,
    out: *mut f32,
    out_stride: usize,
    columns: usize,
    accumulate: bool,
}

impl<const M: usize, const V: usize> Kernel for Tile<M, V> {
    type Output = ();

    #[inline(always)]
    unsafe fn run<S: Simd>(self) {
        let Self {
            reads,
            weights,
            weight_stride,
            out,
            out_stride,
            columns,
            accumulate,
        } = self;
        // SAFETY: pixel m < M, row < rows, group < groups and tap < taps throughout, which are the reads that the kernel's contract says are valid; `w`
        // moves on by `weight_stride` a tap; stores end at `columns`, a vector that passes them is written in part.
        unsafe {
            let mut sums = [[S::zero(); V]; M];
            let mut w = weights;
            let (stride, tap_stride) = (reads.pixel_stride, reads.tap_stride);
            for row in 0..reads.rows {
                for group in 0..reads.groups {
                    let mut input = reads.input.add(row * reads.row_stride + group * reads.group_stride);
                    for _ in 0..reads.taps {
                        let mut weight = [S::zero(); V];
                        for (v, value) in weight.iter_mut().enumerate() {
                            *value = S::load(w.add(v * S::LANES));
                        }
                        each!(m < M, {
                            let value = S::splat(input.add(m * stride));
                            for (sum, &weight) in sums[m].iter_mut().zip(&weight) {
                                *sum = S::mul_add(value, weight, *sum);
                            }
                        });
                        w = w.wrapping_add(weight_stride);
                        input = input.add(tap_stride);
                    }
                }
            }
            each!(m < M, {
                for (v, &sum) in sums[m].iter().enumerate() {
                    let (place, columns) = (out.add(m * out_stride + v * S::LANES), columns - v * S::LANES);
                    // Added at the end: sums of parts round less than one long sum.
                    let sum = if accumulate {
                        S::add(sum, load_columns::<S>(place, columns))
                    } else {
                        sum
                    };
                    store_columns::<S>(place, sum, columns);
                }
            });
        }
    }
}

/// Stores the first `columns` lanes.
///
/// # Safety
/// The processor must have `S`, and `out` be valid for writes of min(columns, LANES) values.
#[inline(always)]
pub(crate) unsafe fn store_columns<S: Simd>(out: *mut f32, vector: S::Vector, columns: usize) {
    // SAFETY: the caller vouches for min(columns, LANES) values at `out`, and no more are written.
    unsafe {
        if columns >= S::LANES {
            S::store(out, vector);
        } else {
            S::store_partial(out, vector, columns);
        }
    }
}

/// Loads `columns` values, at most a vector of them.
///
/// # Safety
/// The processor must have `S`, and `p` be valid for reads of min(columns, LANES) values.
#[inline(always)]
pub(crate) unsafe fn load_columns<S: Simd>(p: *const f32, columns: usize) -> S::Vector {
    // SAFETY: the caller vouches for min(columns, LANES) values at `p`, and no more are read.
    unsafe {
        if columns >= S::LANES {
            S::load(p)
        } else {
            S::load_partial(p, columns)
        }
    }
}
