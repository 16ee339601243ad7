//! Two-dimensional transforms of tiles, a vector of channels at a time.

use std::marker::PhantomData;
use std::mem::MaybeUninit;

use super::points::Matrix;
use crate::kernels::simd::{Kernel, Simd};
use crate::kernels::tile::{load_columns, store_columns};

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
pub(super) use each;

/// A transform as a type, since only what the compiler knows inside of a kernel can it unroll.
pub(super) trait Transform {
    /// # Safety
    /// The processor must have `S`.
    unsafe fn apply<S: Simd, const I: usize, const O: usize>(input: [S::Vector; I]) -> [S::Vector; O];
}

/// `matrix[i][j] · input[j]`, summed over `j`, for the first `O` rows and `I` columns. The matrix is known to the compiler: zeros vanish, and
/// ones are added, which processors do beside their fused multiplications.
///
/// # Safety
/// The processor must have `S`.
#[inline(always)]
pub(super) unsafe fn by_matrix<S: Simd, const I: usize, const O: usize>(
    matrix: &Matrix,
    input: [S::Vector; I],
) -> [S::Vector; O] {
    // SAFETY: reads nothing but the matrix, one value at a time; the caller says that the processor has `S`.
    unsafe {
        let mut out = [S::zero(); O];
        each!(i < O, {
            let mut sum = None;
            each!(j < I, {
                let factor = &matrix[i][j];
                sum = match sum {
                    _ if *factor == 0.0 => sum,
                    None if *factor == 1.0 => Some(input[j]),
                    None => Some(S::mul(S::splat(factor), input[j])),
                    Some(sum) if *factor == 1.0 => Some(S::add(sum, input[j])),
                    Some(sum) if *factor == -1.0 => Some(S::sub(sum, input[j])),
                    Some(sum) => Some(S::mul_add(S::splat(factor), input[j], sum)),
                };
            });
            if let Some(sum) = sum {
                out[i] = sum;
            }
        });
        out
    }
}

/// Where a transform reads or writes: steps in values along the two axes.
#[derive(Clone, Copy)]
pub(super) struct Grid<P> {
    pub start: P,
    pub row: usize,
    pub column: usize,
}

/// The transform along both axes, from an `I` by `I` grid to an `O` by `O` one, for `lanes` channels, at most a vector of them.
/// Only the part `rows` by `columns` of the result is written.
///
/// # Safety
/// The processor must have `S`, and the grids must be valid for that.
#[inline(always)]
pub(super) unsafe fn transform<S: Simd, T: Transform, const I: usize, const O: usize>(
    from: Grid<*const f32>,
    to: Grid<*mut f32>,
    [rows, columns]: [usize; 2],
    lanes: usize,
) {
    // SAFETY: the caller says that the grids are valid for I by I reads and for the part of O by O that is written, of `lanes` channels each.
    unsafe {
        let mut half = [[S::zero(); I]; O];
        #[allow(clippy::needless_range_loop)]
        for j in 0..I {
            let mut column = [S::zero(); I];
            each!(
                i < I,
                column[i] = load_columns::<S>(from.start.add(i * from.row + j * from.column), lanes)
            );
            let column = T::apply::<S, I, O>(column);
            each!(i < O, half[i][j] = column[i]);
        }
        for (i, row) in half.into_iter().enumerate().take(rows) {
            let row = T::apply::<S, I, O>(row);
            let to_row = to.start.add(i * to.row);
            each!(j < O, {
                if j < columns {
                    store_columns::<S>(to_row.add(j * to.column), row[j], lanes);
                }
            });
        }
    }
}

/// Columns of half transformed tiles that are kept at once.
const COLUMNS: usize = 64;

/// A row of tiles of an image, `I` by `I` pixels each and `step` apart, to their values at `N` by `N` points, for one vector of channels.
/// Tiles may overlap: what they share is transformed vertically once.
///
/// Each of `rows` must be valid for reads of `width` pixels of `lanes` channels, or of a vector if these are more, and `out` for writes of as many, or of
/// a vector if `padded`, for each of `across` tiles at each point.
pub(super) struct TileRow<T, const I: usize, const N: usize> {
    pub transform: PhantomData<T>,
    /// First value of each row of pixels, at column 0; rows outside of the image are elsewhere and zero.
    pub rows: [*const f32; I],
    /// Columns of zeros before the image.
    pub padding: usize,
    /// Columns of the image.
    pub width: usize,
    /// Values from a pixel to the next.
    pub pixel: usize,
    /// Tiles.
    pub across: usize,
    pub step: usize,
    /// Channels, at most a vector.
    pub lanes: usize,
    /// Where the value of the first tile at the first point goes, and steps from tile to tile and from point to point.
    pub out: *mut f32,
    pub tile: usize,
    pub point: usize,
    /// Write whole vectors, with zeros behind the last channel.
    pub padded: bool,
}

impl<T: Transform, const I: usize, const N: usize> Kernel for TileRow<T, I, N> {
    type Output = ();

    #[inline(always)]
    unsafe fn run<S: Simd>(self) {
        let written = if self.padded { S::LANES } else { self.lanes };
        // As many tiles at a time as the columns allow.
        let most = ((COLUMNS - I) / self.step + 1).min(self.across);
        // SAFETY: a pixel is read where place < width; tile first + t < across and point i * N + j < N * N are written: all as the kernel's contract says.
        // `half` has COLUMNS columns: (tiles - 1) * step + I are at most those by the choice of `most`, all are written first, and columns
        // t * step + j that are read are among them.
        unsafe {
            let mut half = MaybeUninit::<[[S::Vector; N]; COLUMNS]>::uninit();
            let half = half.as_mut_ptr().cast::<[S::Vector; N]>();
            for first in (0..self.across).step_by(most) {
                let tiles = (self.across - first).min(most);
                for x in 0..(tiles - 1) * self.step + I {
                    let mut column = [S::zero(); I];
                    let place = (first * self.step + x).wrapping_sub(self.padding);
                    if place < self.width {
                        each!(i < I, {
                            column[i] = load_columns::<S>(self.rows[i].add(place * self.pixel), self.lanes);
                        });
                    }
                    half.add(x).write(T::apply::<S, I, N>(column));
                }
                for t in 0..tiles {
                    let out = self.out.add((first + t) * self.tile);
                    let half = half.add(t * self.step).cast::<S::Vector>();
                    for i in 0..N {
                        let mut row = [S::zero(); I];
                        each!(j < I, row[j] = half.add(j * N + i).read());
                        let row = T::apply::<S, I, N>(row);
                        let out = out.add(i * N * self.point);
                        each!(j < N, store_columns::<S>(out.add(j * self.point), row[j], written));
                    }
                }
            }
        }
    }
}
