//! Two-dimensional transforms of tiles, a vector of channels at a time.

use super::super::simd::Simd;
use super::super::tile::{load_columns, store_columns};
use super::points::Matrix;

/// Repeats `$body` for `$m` in 0..M, M at most 8, as straight code.
macro_rules! each {
    ($m:ident < $count:ident, $body:expr) => {
        each!(@ $m, $count, $body, 0 1 2 3 4 5 6 7)
    };
    (@ $m:ident, $count:ident, $body:expr, $($n:literal)*) => {
        $(if $n < $count {
            let $m = $n;
            $body
        })*
    };
}

/// `matrix[i][j] · input[j]`, summed over `j`, for the first `O` rows and `I` columns. The matrix is known to the compiler: zeros vanish.
#[inline(always)]
unsafe fn apply<S: Simd, const I: usize, const O: usize>(matrix: &Matrix, input: [S::Vector; I]) -> [S::Vector; O] {
    // SAFETY: vectors only.
    unsafe {
        let mut out = [S::zero(); O];
        each!(i < O, {
            let mut sum = S::zero();
            each!(j < I, {
                if matrix[i][j] != 0.0 {
                    sum = S::mul_add(S::splat(&matrix[i][j]), input[j], sum);
                }
            });
            out[i] = sum;
        });
        out
    }
}

/// Where a transform reads or writes: steps in values along the two axes.
#[derive(Clone, Copy)]
pub(crate) struct Grid<P> {
    pub start: P,
    pub row: usize,
    pub column: usize,
}

/// `matrix · tile · matrixᵀ` from an `I` by `I` grid to an `O` by `O` one, for `lanes` channels, at most a vector of them.
/// Only the part `rows` by `columns` of the result is written.
///
/// # Safety
/// The grids must be valid for that.
#[inline(always)]
pub(crate) unsafe fn transform<S: Simd, const I: usize, const O: usize>(
    matrix: &Matrix,
    from: Grid<*const f32>,
    to: Grid<*mut f32>,
    size: [usize; 2],
    lanes: usize,
) {
    // SAFETY: the caller's.
    unsafe { both::<S, I, O>(matrix, from, to, size, lanes, lanes) }
}

/// The same for the whole result, where vectors are written whole, with zeros behind the last channel.
///
/// # Safety
/// As [`transform`].
#[inline(always)]
pub(crate) unsafe fn transform_padded<S: Simd, const I: usize, const O: usize>(
    matrix: &Matrix,
    from: Grid<*const f32>,
    to: Grid<*mut f32>,
    lanes: usize,
) {
    // SAFETY: the caller's.
    unsafe { both::<S, I, O>(matrix, from, to, [O, O], lanes, S::LANES) }
}

#[inline(always)]
unsafe fn both<S: Simd, const I: usize, const O: usize>(
    matrix: &Matrix,
    from: Grid<*const f32>,
    to: Grid<*mut f32>,
    [rows, columns]: [usize; 2],
    read: usize,
    written: usize,
) {
    // SAFETY: the caller's.
    unsafe {
        let mut half = [[S::zero(); I]; O];
        for j in 0..I {
            let mut column = [S::zero(); I];
            each!(
                i < I,
                column[i] = load_columns::<S>(from.start.add(i * from.row + j * from.column), read)
            );
            let column = apply::<S, I, O>(matrix, column);
            each!(i < O, half[i][j] = column[i]);
        }
        for (i, row) in half.into_iter().enumerate().take(rows) {
            let row = apply::<S, I, O>(matrix, row);
            let to_row = to.start.add(i * to.row);
            each!(j < O, {
                if j < columns {
                    store_columns::<S>(to_row.add(j * to.column), row[j], written);
                }
            });
        }
    }
}
