//! Weight gradient.

use rayon::prelude::*;

use crate::options::Conv2dShape;

use super::super::partial_sums::{GROUPS, sum_in_order};
use super::by_hand::TapsTransform;
use super::forward::{Tiles, stride};
use super::rows::Rows;
use super::transform::{Grid, transform};
use crate::kernels::buffer::{Buffer, Unwritten};
use crate::kernels::pack::Panel;
use crate::kernels::simd::{Kernel, Simd, dispatch};
use crate::kernels::tile::{Reads, row};

/// The weight gradient, as sums over groups of images; see [`conv2d_weight_grad_winograd`](super::conv2d_weight_grad_winograd).
pub(super) fn weight_grad<const N: usize, const R: usize, const M: usize>(
    x: &[f32],
    g: &[f32],
    shape: &Conv2dShape,
    rows: &Rows,
) -> Buffer {
    let images = shape.batch.div_ceil(GROUPS);
    let groups = shape.batch.div_ceil(images.max(1));
    let parts: Vec<Buffer> = (0..groups)
        .into_par_iter()
        .map(|group| {
            let range = (
                group * images * rows.down,
                ((group + 1) * images).min(shape.batch) * rows.down,
            );
            // SAFETY: the lengths of `x` and `g` fit the shape, as the caller asserted, and the range is the rows of whole images of the batch.
            unsafe {
                dispatch(Group::<N, R, M> {
                    x,
                    g,
                    shape,
                    rows,
                    range,
                })
            }
        })
        .collect();
    sum_in_order(parts, shape.weight_dims().iter().product())
}

/// `x` and `g` must be all images, `range` rows of tiles among all.
struct Group<'a, const N: usize, const R: usize, const M: usize> {
    x: &'a [f32],
    g: &'a [f32],
    shape: &'a Conv2dShape,
    rows: &'a Rows,
    range: (usize, usize),
}

impl<const N: usize, const R: usize, const M: usize> Kernel for Group<'_, N, R, M> {
    type Output = Buffer;

    #[inline(always)]
    unsafe fn run<S: Simd>(self) -> Buffer {
        let (ci, co) = (self.shape.channels_in, self.shape.channels_out);
        let plane = stride(ci, co);
        let mut sums = Buffer::<f32>::zeroed(N * N * plane);
        let wide = 2 * S::LANES;
        for start in (self.range.0..self.range.1).step_by(self.rows.run) {
            let range = (start, (start + self.rows.run).min(self.range.1));
            let tiles = (range.1 - range.0) * self.rows.across;
            let input = Tiles::of_input::<N, R>(self.x, self.shape, self.rows, range);
            let cotangents = Tiles::of_cotangent::<N, R, M>(self.g, self.shape, self.rows, range);
            // SAFETY: at each point `input` has `tiles` rows of `ci` values, read as columns, and the panel `tiles` rows of `vectors` vectors; `sums` has `ci`
            // rows of `co` values at each point, zeros at first.
            unsafe {
                for point in 0..N * N {
                    for column in (0..co).step_by(wide) {
                        let columns = (co - column).min(wide);
                        let vectors = columns.div_ceil(S::LANES);
                        let panel = Panel {
                            data: &cotangents.at(point)[column * tiles..][..tiles * vectors * S::LANES],
                            stride: vectors * S::LANES,
                            start: column,
                            columns,
                            vectors,
                        };
                        let reads = Reads {
                            input: input.at(point).as_ptr(),
                            pixel_stride: 1,
                            row_stride: 0,
                            rows: 1,
                            groups: 1,
                            group_stride: 0,
                            taps: tiles,
                            tap_stride: ci,
                        };
                        let out = sums.as_mut_ptr().add(point * plane + column);
                        row::<S>(reads, ci, &panel, 0, out, co, true);
                    }
                }
            }
        }
        let mut gradient = Unwritten::<f32>::new(R * R * ci * co);
        // SAFETY: i < ci and channel < co, so `sums` has the `co - channel` values from there on at each point, and `gradient` room for as many at each tap.
        // The loops write all taps of all channels.
        unsafe {
            for i in 0..ci {
                for channel in (0..co).step_by(S::LANES) {
                    S::call(Taps::<N, R> {
                        sums: sums.as_ptr().add(i * co + channel),
                        stride: plane,
                        out: gradient.as_mut_ptr().add(i * co + channel),
                        plane: ci * co,
                        lanes: co - channel,
                    });
                }
            }
            gradient.assume_written()
        }
    }
}

/// From sums at the points to taps, for `lanes` output channels of one input channel. `sums` must be valid at each point, `out` at each tap.
pub(super) struct Taps<const N: usize, const R: usize> {
    pub sums: *const f32,
    pub stride: usize,
    pub out: *mut f32,
    pub plane: usize,
    pub lanes: usize,
}

impl<const N: usize, const R: usize> Kernel for Taps<N, R> {
    type Output = ();

    #[inline(always)]
    unsafe fn run<S: Simd>(self) {
        let from = Grid {
            start: self.sums,
            row: N * self.stride,
            column: self.stride,
        };
        let to = Grid {
            start: self.out,
            row: R * self.plane,
            column: self.plane,
        };
        // SAFETY: the grids are the N by N planes of points and the R by R planes of taps, for which `sums` and `out` are valid by contract.
        unsafe { transform::<S, TapsTransform<N, R>, N, R>(from, to, [R, R], self.lanes) }
    }
}
