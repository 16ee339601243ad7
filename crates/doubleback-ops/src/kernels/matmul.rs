//! Matrix products in all orientations, with the register tile of the convolutions: panels of the right matrix are packed, the left one
//! is read where it lies.

use rayon::prelude::*;

use super::buffer::{Buffer, Shared};
use super::pack::Panel;
use super::simd::{Kernel, Simd, dispatch, isa};
use super::tile::{Reads, row};

/// A product of an `[m, k]` with a `[k, n]` matrix, either of which may be stored transposed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Product {
    /// Rows of the result.
    pub m: usize,
    /// What is summed over.
    pub k: usize,
    /// Columns of the result.
    pub n: usize,
    /// The left matrix is stored as `[k, m]`.
    pub left_transposed: bool,
    /// The right matrix is stored as `[n, k]`.
    pub right_transposed: bool,
}

/// Terms of the sum whose part of a panel is packed at once: with the rows of a tile it fits the first-level cache.
const DEPTH: usize = 256;

/// Panels that one packing covers: rows of the left matrix are read once for all of them, and together they fit the second-level cache.
const PANELS: usize = 4;

/// Rows a task when there are too few panels to share out.
const ROWS: usize = 224;

/// `a · b`.
pub fn matmul(a: &[f32], b: &[f32], product: Product) -> Buffer {
    if product.k == 0 {
        return Buffer::zeroed(product.m * product.n);
    }
    // SAFETY: every value is written.
    let mut out = unsafe { Buffer::uninitialized(product.m * product.n) };
    multiply(a, b, product, &mut out, false);
    out
}

/// Adds `a · b` to `out`.
pub fn matmul_add(a: &[f32], b: &[f32], product: Product, out: &mut [f32]) {
    multiply(a, b, product, out, true);
}

fn multiply(a: &[f32], b: &[f32], product: Product, out: &mut [f32], accumulate: bool) {
    let Product { m, k, n, .. } = product;
    assert_eq!((a.len(), b.len(), out.len()), (m * k, k * n, m * n));
    if m * k * n == 0 {
        return;
    }
    let start = Shared(out.as_mut_ptr());
    let columns = PANELS * 2 * isa().lanes();
    let groups = n.div_ceil(columns);
    // Many columns: a task is a group of panels, and every panel is packed once. Few: rows are shared out as well.
    let rows = if groups >= 2 * rayon::current_num_threads() {
        m
    } else {
        ROWS
    };
    let blocks = m.div_ceil(rows);
    (0..groups * blocks).into_par_iter().for_each(|task| {
        let (group, block) = (task / blocks, task % blocks);
        let part = Part {
            a,
            b,
            product,
            rows: (block * rows, ((block + 1) * rows).min(m)),
            columns: (group * columns, ((group + 1) * columns).min(n)),
            out: start.get(),
            accumulate,
        };
        // SAFETY: parts do not overlap, and the lengths were asserted above.
        unsafe { dispatch(part) }
    });
}

/// A block of the result.
struct Part<'a> {
    a: &'a [f32],
    b: &'a [f32],
    product: Product,
    rows: (usize, usize),
    columns: (usize, usize),
    out: *mut f32,
    accumulate: bool,
}

impl Kernel for Part<'_> {
    type Output = ();

    #[inline(always)]
    unsafe fn run<S: Simd>(self) {
        let Product { m, k, n, .. } = self.product;
        let (first, last) = self.columns;
        let wide = 2 * S::LANES;
        let panels = (last - first).div_ceil(wide);
        let depth = k.min(DEPTH);
        let mut packed = Buffer::<f32>::zeroed(panels * depth * wide);
        for start in (0..k).step_by(depth) {
            let depth = (k - start).min(depth);
            for (index, panel) in packed.chunks_exact_mut(depth * wide).take(panels).enumerate() {
                let column = first + index * wide;
                let columns = (last - column).min(wide);
                let width = columns.next_multiple_of(S::LANES);
                pack(self.b, self.product, (start, depth), (column, columns), panel, width);
            }
            for (top, rows) in super::tile::evenly(self.rows.1 - self.rows.0, S::TILE) {
                let top = self.rows.0 + top;
                for (index, data) in packed.chunks_exact(depth * wide).take(panels).enumerate() {
                    let column = first + index * wide;
                    let columns = (last - column).min(wide);
                    let vectors = columns.div_ceil(S::LANES);
                    let panel = Panel {
                        data,
                        start: column,
                        columns,
                        vectors,
                    };
                    // SAFETY: rows, columns and depth are inside the matrices.
                    unsafe {
                        let reads = match self.product.left_transposed {
                            false => Reads {
                                input: self.a.as_ptr().add(top * k + start),
                                pixel_stride: k,
                                row_stride: 0,
                                rows: 1,
                                taps: depth,
                                tap_stride: 1,
                            },
                            true => Reads {
                                input: self.a.as_ptr().add(start * m + top),
                                pixel_stride: 1,
                                row_stride: 0,
                                rows: 1,
                                taps: depth,
                                tap_stride: m,
                            },
                        };
                        let out = self.out.add(top * n + column);
                        row::<S>(reads, rows, &panel, 0, out, n, self.accumulate || start > 0);
                    }
                }
            }
        }
    }
}

/// Copies rows `start..start + depth` of some columns of `b` to `panel`, `wide` values a row; the columns that are missing stay zero.
#[inline(always)]
fn pack(
    b: &[f32],
    product: Product,
    (start, depth): (usize, usize),
    (column, columns): (usize, usize),
    panel: &mut [f32],
    wide: usize,
) {
    let Product { k, n, .. } = product;
    if product.right_transposed {
        for c in 0..columns {
            let from = &b[(column + c) * k + start..][..depth];
            for (row, &value) in panel.chunks_exact_mut(wide).zip(from) {
                row[c] = value;
            }
        }
    } else {
        for (i, row) in panel.chunks_exact_mut(wide).take(depth).enumerate() {
            row[..columns].copy_from_slice(&b[(start + i) * n + column..][..columns]);
        }
    }
}
