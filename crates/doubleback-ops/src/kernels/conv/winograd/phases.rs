//! Where the transformed kernel is large, it is what memory is read for: each run of tiles is so long that reading it pays, and all threads work on one
//! run, in phases: tiles to points, products point by point, and points to pixels or sums to taps. Each reads the kernel once a run.

use std::marker::PhantomData;

use rayon::prelude::*;

use crate::options::Conv2dShape;

use super::by_hand::{CotangentTransform, InputTransform};
use super::forward::{DEPTH, Output, TileRun, stride};
use super::rows::Rows;
use super::transform::Transform;
use super::weight_grad::Taps;
use crate::kernels::buffer::{Buffer, Shared, Unwritten};
use crate::kernels::pack::{Panel, Panels};
use crate::kernels::simd::{Kernel, Simd, dispatch, isa};
use crate::kernels::tile::{Reads, row};

/// Tiles that are summed up at a time for a weight gradient: a sum of short sums rounds less than one long sum.
const TILES: usize = 64;

/// Input channels of a task.
const CHANNELS: usize = 64;

/// See [`conv2d_winograd`](super::conv2d_winograd); `after` is told of each row of tiles.
pub(super) fn conv2d<const N: usize, const R: usize, const M: usize, P: Send>(
    x: &[f32],
    panels: &Panels,
    shape: &Conv2dShape,
    rows: &Rows,
    after: impl Fn(&mut [f32]) -> P + Sync,
) -> (Buffer, Vec<P>) {
    let (ci, co) = (shape.channels_in, shape.channels_out);
    let [_, height, width, _] = shape.output_dims();
    let place = |row: usize| {
        let [image, top] = rows.place(row);
        (image * height + top) * width * co
    };
    let mut out = Unwritten::new(shape.output_dims().iter().product());
    let start = Shared(out.as_mut_ptr());
    let mut said = Vec::with_capacity(shape.batch * rows.down);
    for all in runs(shape, rows) {
        let tiles = (all.1 - all.0) * rows.across;
        let input = at_points::<InputTransform<N, R>, N, N>(x, (shape.input, ci, shape.padding), rows, all, false);
        let mut products = Unwritten::<f32>::new(N * N * stride(tiles, co));
        let (from, to) = (Shared(input.as_ptr().cast_mut()), Shared(products.as_mut_ptr()));
        (0..N * N).into_par_iter().for_each(|point| {
            // SAFETY: at each point `input` has `tiles` pixels of `ci` channels, all written, and `products` room for `tiles` pixels of `co` channels, which no
            // other task touches. The panels have a row for every point and input channel.
            unsafe {
                dispatch(Products {
                    input: from.get().add(point * stride(tiles, ci)),
                    out: to.get().add(point * stride(tiles, co)),
                    panels,
                    first: point * ci,
                    sizes: [tiles, ci, co],
                });
            }
        });
        let parts = (all.0..all.1).into_par_iter().map(|row| {
            // SAFETY: all products of the run are written, those of this row from its first tile on. `out` has room for the output, of which this row of
            // tiles, no one else's, is what lies between its place and the next one's; the kernel has written it when it becomes a slice.
            unsafe {
                dispatch(Output::<N, R, M> {
                    products: to.get().add((row - all.0) * rows.across * co),
                    stride: stride(tiles, co),
                    shape,
                    rows,
                    range: (row, row + 1),
                    out: start.get(),
                });
                let (first, last) = (place(row), place(row + 1));
                after(std::slice::from_raw_parts_mut(start.get().add(first), last - first))
            }
        });
        said.par_extend(parts);
    }
    // SAFETY: the runs are all rows of tiles, and the tiles of a row cover its pixels: every value is written.
    (unsafe { out.assume_written() }, said)
}

/// The rows of tiles of all images, in runs of much the same length.
fn runs(shape: &Conv2dShape, rows: &Rows) -> impl Iterator<Item = (usize, usize)> + use<> {
    let count = shape.batch * rows.down;
    let runs = count.div_ceil(rows.run);
    (0..runs).map(move |run| (run * count / runs, (run + 1) * count / runs))
}

/// The tiles of `all` rows at the points, row by row in parallel: `stride` values from one point to the next.
fn at_points<T: Transform, const I: usize, const N: usize>(
    image: &[f32],
    (size, channels, padding): ([usize; 2], usize, [usize; 2]),
    rows: &Rows,
    all: (usize, usize),
    in_panels: bool,
) -> Unwritten {
    let wide = if in_panels {
        channels.next_multiple_of(isa().lanes())
    } else {
        channels
    };
    let stride = stride((all.1 - all.0) * rows.across, wide);
    let mut values = Unwritten::new(N * N * stride);
    let start = Shared(values.as_mut_ptr());
    (all.0..all.1).into_par_iter().for_each(|row| {
        // SAFETY: `image` is whole images, and the row among all; at each of the N * N points `values` has room for all tiles of all channels, in panels with
        // those that fill up the last vector. No other task writes those of this row.
        unsafe {
            dispatch(TileRun::<T, I, N> {
                image,
                size,
                channels,
                padding,
                transform: PhantomData,
                rows,
                all,
                range: (row, row + 1),
                out: start.get(),
                stride,
                panels: in_panels,
            });
        }
    });
    values
}

/// The products of a point. `input` must be valid for reads of `tiles` pixels of `ci` channels, `out` for writes of as many of `co` channels, and the panels
/// have `ci` rows from `first` on; `sizes` are `tiles`, `ci` and `co`.
struct Products<'a> {
    input: *const f32,
    out: *mut f32,
    panels: &'a Panels,
    first: usize,
    sizes: [usize; 3],
}

impl Kernel for Products<'_> {
    type Output = ();

    #[inline(always)]
    unsafe fn run<S: Simd>(self) {
        let [tiles, ci, co] = self.sizes;
        for panel in self.panels.iter() {
            for first in (0..ci).step_by(DEPTH) {
                // SAFETY: the channels from `first` on are among the `ci` of each of the tiles, and the panel's columns among the `co`; the first of the sums
                // over `ci` writes these, and the others add to them.
                unsafe {
                    let reads = Reads {
                        input: self.input.add(first),
                        pixel_stride: ci,
                        row_stride: 0,
                        rows: 1,
                        groups: 1,
                        group_stride: 0,
                        taps: (ci - first).min(DEPTH),
                        tap_stride: 1,
                    };
                    let out = self.out.add(panel.start);
                    row::<S>(reads, tiles, &panel, self.first + first, out, co, first > 0);
                }
            }
        }
    }
}

/// See [`conv2d_weight_grad_winograd`](super::conv2d_weight_grad_winograd): one sum over all images, where sums of parts would be large.
pub(super) fn weight_grad<const N: usize, const R: usize, const M: usize>(
    x: &[f32],
    g: &[f32],
    shape: &Conv2dShape,
    rows: &Rows,
) -> Buffer {
    let (ci, co) = (shape.channels_in, shape.channels_out);
    let (plane, blocks) = (stride(ci, co), ci.div_ceil(CHANNELS));
    let mut sums = Unwritten::<f32>::new(N * N * plane);
    let sums_start = Shared(sums.as_mut_ptr());
    for all in runs(shape, rows) {
        let tiles = (all.1 - all.0) * rows.across;
        let input = at_points::<InputTransform<N, R>, N, N>(x, (shape.input, ci, shape.padding), rows, all, false);
        let output = (shape.output(), co, [0, 0]);
        let cotangents = at_points::<CotangentTransform<N, R>, M, N>(g, output, rows, all, true);
        let wide = co.next_multiple_of(isa().lanes());
        let (from, of) = (
            Shared(input.as_ptr().cast_mut()),
            Shared(cotangents.as_ptr().cast_mut()),
        );
        (0..N * N * blocks).into_par_iter().for_each(|task| {
            let (point, first) = (task / blocks, task % blocks * CHANNELS);
            // SAFETY: at each point `input` has `tiles` rows of `ci` values, and `cotangents` panels with `tiles` rows, all written. `sums` has `ci` rows of `co`
            // values at each point, of which those of these channels are no other task's; the first run writes them, and the others add.
            unsafe {
                dispatch(Sums {
                    input: from.get().add(point * stride(tiles, ci) + first),
                    cotangents: std::slice::from_raw_parts(of.get().add(point * stride(tiles, wide)), tiles * wide),
                    out: sums_start.get().add(point * plane + first * co),
                    channels: (ci - first).min(CHANNELS),
                    sizes: [tiles, ci, co],
                    accumulate: all.0 > 0,
                });
            }
        });
    }
    let mut gradient = Unwritten::<f32>::new(R * R * ci * co);
    let out = Shared(gradient.as_mut_ptr());
    (0..ci).into_par_iter().for_each(|channel| {
        // SAFETY: `sums` has `co` values of each input channel at each point, all written, and `gradient` room for as many at each tap, no other task's.
        unsafe {
            dispatch(TapsOf::<N, R> {
                sums: sums_start.get().add(channel * co),
                out: out.get().add(channel * co),
                stride: plane,
                plane: ci * co,
                co,
            });
        }
    });
    // SAFETY: the tasks are all input channels, and each wrote all output channels of all taps.
    unsafe { gradient.assume_written() }
}

/// `out[channel][column] = Σ_tile input[tile][channel] · cotangents[tile][column]` at a point, or added to what is there. `input` must be valid for reads of
/// `channels` values of `tiles` rows of `ci`, `cotangents` be panels of `tiles` rows, and `out` be valid for writes of `channels` rows of `co` values, written
/// before if `accumulate`; `sizes` are `tiles`, `ci` and `co`.
struct Sums<'a> {
    input: *const f32,
    cotangents: &'a [f32],
    out: *mut f32,
    channels: usize,
    sizes: [usize; 3],
    accumulate: bool,
}

impl Kernel for Sums<'_> {
    type Output = ();

    #[inline(always)]
    unsafe fn run<S: Simd>(self) {
        let [tiles, ci, co] = self.sizes;
        for column in (0..co).step_by(2 * S::LANES) {
            let columns = (co - column).min(2 * S::LANES);
            let vectors = columns.div_ceil(S::LANES);
            let panel = Panel {
                data: &self.cotangents[column * tiles..][..tiles * vectors * S::LANES],
                stride: vectors * S::LANES,
                start: column,
                columns,
                vectors,
            };
            for first in (0..tiles).step_by(TILES) {
                // SAFETY: the tiles from `first` on are among the rows of `input` and of the panel, and the channels read as columns of `input`. The first
                // of the sums over the tiles writes what the others add to, unless all add to what is written.
                unsafe {
                    let reads = Reads {
                        input: self.input.add(first * ci),
                        pixel_stride: 1,
                        row_stride: 0,
                        rows: 1,
                        groups: 1,
                        group_stride: 0,
                        taps: (tiles - first).min(TILES),
                        tap_stride: ci,
                    };
                    let out = self.out.add(column);
                    let accumulate = self.accumulate || first > 0;
                    row::<S>(reads, self.channels, &panel, first, out, co, accumulate);
                }
            }
        }
    }
}

/// From sums at the points to taps, for all `co` output channels of an input channel; as [`Taps`].
struct TapsOf<const N: usize, const R: usize> {
    sums: *const f32,
    out: *mut f32,
    stride: usize,
    plane: usize,
    co: usize,
}

impl<const N: usize, const R: usize> Kernel for TapsOf<N, R> {
    type Output = ();

    #[inline(always)]
    unsafe fn run<S: Simd>(self) {
        for channel in (0..self.co).step_by(S::LANES) {
            // SAFETY: valid for all `co` channels by its own contract, so for the `co - channel` from `channel` on.
            unsafe {
                S::call(Taps::<N, R> {
                    sums: self.sums.add(channel),
                    stride: self.stride,
                    out: self.out.add(channel),
                    plane: self.plane,
                    lanes: self.co - channel,
                });
            }
        }
    }
}
