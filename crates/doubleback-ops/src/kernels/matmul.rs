//! Matrix products in all orientations, with the register tile of the convolutions: panels of the right matrix are packed, the left one
//! is read where it lies.

use rayon::prelude::*;

use super::buffer::{Buffer, Shared, Unwritten};
use super::pack::Panel;
use super::simd::{Kernel, Simd, dispatch, isa};
use super::tile::{Reads, evenly, load_columns, row, store_columns};

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

impl Product {
    /// Values of the left matrix, of the right one, and of the result.
    ///
    /// # Panics
    /// When one of them could not be addressed.
    fn values(&self) -> [usize; 3] {
        let Self { m, k, n, .. } = *self;
        [(m, k), (k, n), (m, n)].map(|(rows, columns)| match rows.checked_mul(columns) {
            Some(values) => values,
            None => panic!("a matrix of {rows} times {columns} values"),
        })
    }
}

/// `a · b`.
pub fn matmul(a: &[f32], b: &[f32], product: Product) -> Buffer {
    let [_, _, values] = product.values();
    if product.k == 0 {
        return Buffer::zeroed(values);
    }
    let mut out = Unwritten::new(values);
    // SAFETY: `out` has room for the product, and `multiply` writes all of it: nothing to write only where it is empty, as k is not 0.
    unsafe {
        multiply(a, b, product, Shared(out.as_mut_ptr()), false);
        out.assume_written()
    }
}

/// Adds `a · b` to `out`.
pub fn matmul_add(a: &[f32], b: &[f32], product: Product, out: &mut [f32]) {
    assert_eq!(out.len(), product.values()[2]);
    // SAFETY: `out` is as long as the product, borrowed mutably, and written as every slice is.
    unsafe { multiply(a, b, product, Shared(out.as_mut_ptr()), true) };
}

/// Writes the product to `start`, or adds it to what is there.
///
/// # Safety
/// `start` must have room for `m * n` values, which belong to no one else, and of which all are written before if they are added to. All are written
/// afterwards, if `k` is not 0.
unsafe fn multiply(a: &[f32], b: &[f32], product: Product, start: Shared<f32>, accumulate: bool) {
    let Product { m, k, n, .. } = product;
    assert_eq!([a.len(), b.len()], product.values()[..2]);
    if [m, k, n].contains(&0) {
        return;
    }
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
        // SAFETY: a part's rows end at m at most and its columns at n, so it lies in the product, for which `out` is valid; parts of different tasks
        // differ in group or block and do not overlap, and together they are all of it. The lengths of the matrices were asserted above.
        unsafe { dispatch(part) }
    });
}

/// A block of the result. `rows` and `columns` must be among those of the product, `out` valid for all of it, and the block no one else's.
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
        // Few rows: panels that are whole are read where they lie, which costs no more than reading them to pack them.
        let few = !self.product.right_transposed && self.rows.1 - self.rows.0 <= S::TILE;
        let first_packed = if few { last - (last - first) % wide } else { first };
        let panels = (last - first_packed).div_ceil(wide);
        let depth = k.min(DEPTH);
        let mut packed = Buffer::<f32>::zeroed(panels * depth * wide);
        for start in (0..k).step_by(depth) {
            let depth = (k - start).min(depth);
            if self.product.right_transposed {
                for (index, panel) in packed.chunks_exact_mut(depth * wide).take(panels).enumerate() {
                    let column = first_packed + index * wide;
                    let columns = (last - column).min(wide);
                    let width = columns.next_multiple_of(S::LANES);
                    // SAFETY: start + depth <= k and column + columns <= n, so these rows and columns are inside `b`; the panel has depth * wide
                    // values, at least depth * width.
                    unsafe { pack_transposed::<S>(self.b, k, (start, depth), (column, columns), panel, width) };
                }
            } else {
                // SAFETY: start + depth <= k and last <= n, so these rows and columns are inside `b`; there are `panels` panels of depth * wide values.
                unsafe { pack::<S>(self.b, n, (start, depth), (first_packed, last), &mut packed) };
            }
            for (top, rows) in evenly(self.rows.1 - self.rows.0, S::TILE) {
                let top = self.rows.0 + top;
                for column in (first..last).step_by(wide) {
                    let columns = (last - column).min(wide);
                    let vectors = columns.div_ceil(S::LANES);
                    let (data, stride) = match column < first_packed {
                        true => (&self.b[start * n + column..], n),
                        false => (&packed[(column - first_packed) * depth..], vectors * S::LANES),
                    };
                    let panel = Panel {
                        data,
                        stride,
                        start: column,
                        columns,
                        vectors,
                    };
                    // SAFETY: top + rows <= m and start + depth <= k, so every pixel's taps are inside `a`; the panel has `depth` rows, of two whole
                    // vectors where it lies in `b`; the result's
                    // `rows` rows of `columns` values from (top, column) on, n apart, are inside the product, and written before when they are
                    // added to: by the caller, or for `start > 0` by the round before.
                    unsafe {
                        let reads = match self.product.left_transposed {
                            false => Reads {
                                input: self.a.as_ptr().add(top * k + start),
                                pixel_stride: k,
                                row_stride: 0,
                                rows: 1,
                                groups: 1,
                                group_stride: 0,
                                taps: depth,
                                tap_stride: 1,
                            },
                            true => Reads {
                                input: self.a.as_ptr().add(start * m + top),
                                pixel_stride: 1,
                                row_stride: 0,
                                rows: 1,
                                groups: 1,
                                group_stride: 0,
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

/// Copies rows `start..start + depth` of the columns `first..last` of `b`, which has `n`, to panels of two vectors of columns; the columns that are
/// missing in the last stay zero. Row after row through all panels: a row's part is in one piece, and the next row's is pages away.
///
/// # Safety
/// The rows and columns must be inside `b`, and `packed` must have `depth * 2 * S::LANES` values for each panel, the last begun one included.
#[inline(always)]
unsafe fn pack<S: Simd>(
    b: &[f32],
    n: usize,
    (start, depth): (usize, usize),
    (first, last): (usize, usize),
    packed: &mut [f32],
) {
    let wide = 2 * S::LANES;
    let (from, to) = (b.as_ptr(), packed.as_mut_ptr());
    for i in 0..depth {
        for (index, column) in (first..last).step_by(wide).enumerate() {
            let columns = (last - column).min(wide);
            // As many vectors a row as the panel has.
            let width = columns.next_multiple_of(S::LANES);
            for c in (0..columns).step_by(S::LANES) {
                // SAFETY: row start + i < start + depth and column + c < last, inside `b` as the caller says; index * depth * wide + i * width + c is
                // inside panel `index`, as width <= wide; a vector that passes the last of the columns is read and written in part.
                unsafe {
                    let values = load_columns::<S>(from.add((start + i) * n + column + c), columns - c);
                    store_columns::<S>(to.add(index * depth * wide + i * width + c), values, columns - c);
                }
            }
        }
    }
}

/// The same of one panel, out of a `b` that is stored transposed, `k` values a column; `wide` values a row of the panel.
///
/// # Safety
/// The rows and columns must be inside `b`, and `panel` must have `depth * wide` values, `wide` at least `columns`.
#[inline(always)]
unsafe fn pack_transposed<S: Simd>(
    b: &[f32],
    k: usize,
    (start, depth): (usize, usize),
    (column, columns): (usize, usize),
    panel: &mut [f32],
    wide: usize,
) {
    let (from, to) = (b.as_ptr(), panel.as_mut_ptr());
    // SAFETY: row start + i < start + depth and column + c < column + columns throughout, inside `b` as the caller says, and i * wide + c inside the panel;
    // blocks that are transposed are whole.
    unsafe {
        let blocks = (columns / S::LANES * S::LANES, depth / S::LANES * S::LANES);
        for c in 0..columns {
            let from = from.add((column + c) * k + start);
            if c < blocks.0 && c % S::LANES == 0 {
                for i in (0..blocks.1).step_by(S::LANES) {
                    S::transpose(from.add(i), k, to.add(i * wide + c), wide);
                }
            }
            let done = if c < blocks.0 { blocks.1 } else { 0 };
            for i in done..depth {
                *to.add(i * wide + c) = *from.add(i);
            }
        }
    }
}
