//! Convolution.

use std::marker::PhantomData;

use rayon::prelude::*;

use crate::options::Conv2dShape;

use super::by_hand::{CotangentTransform, InputTransform, KernelTransform, OutputTransform};
use super::rows::Rows;
use super::transform::{Grid, TileRow, Transform, transform};
use crate::kernels::buffer::{Buffer, Shared, Unwritten};
use crate::kernels::pack::Panels;
use crate::kernels::simd::{Kernel, Simd, dispatch, isa};
use crate::kernels::tile::{Reads, row};

/// As `conv2d_then`, for shapes that [`pays_forward`](super::pays_forward) accepts.
pub(in crate::kernels::conv) fn conv2d_winograd<P: Send>(
    x: &[f32],
    w: &[f32],
    shape: &Conv2dShape,
    after: impl Fn(&mut [f32]) -> P + Sync,
) -> (Buffer, Vec<P>) {
    match shape.kernel[0] {
        5 => run::<6, 5, 2, P>(x, w, shape, after),
        _ => run::<6, 3, 4, P>(x, w, shape, after),
    }
}

/// A convolution of a gradient, as an input gradient is one, for shapes that [`pays_gradient`](super::pays_gradient) accepts.
pub(in crate::kernels::conv) fn conv2d_winograd_gradient(g: &[f32], turned: &[f32], shape: &Conv2dShape) -> Buffer {
    match shape.kernel[0] {
        5 => run::<8, 5, 4, ()>(g, turned, shape, |_| ()).0,
        _ => run::<6, 3, 4, ()>(g, turned, shape, |_| ()).0,
    }
}

fn run<const N: usize, const R: usize, const M: usize, P: Send>(
    x: &[f32],
    w: &[f32],
    shape: &Conv2dShape,
    after: impl Fn(&mut [f32]) -> P + Sync,
) -> (Buffer, Vec<P>) {
    let (ci, co) = (shape.channels_in, shape.channels_out);
    let kernel = transformed_kernel::<N, R>(w, ci, co);
    let panels = Panels::new(N * N * ci, co, |row, out| kernel[row * co + out]);
    let rows = Rows::new(shape, M, N * N);
    let count = shape.batch * rows.down;
    // First value of a row of tiles.
    let [_, height, width, _] = shape.output_dims();
    let place = |row: usize| {
        let [image, top] = rows.place(row);
        (image * height + top) * width * co
    };
    let mut out = Unwritten::new(shape.output_dims().iter().product());
    let start = Shared(out.as_mut_ptr());
    let said = (0..count.div_ceil(rows.run)).into_par_iter().map(|run| {
        let range = (run * rows.run, ((run + 1) * rows.run).min(count));
        // SAFETY: `out` has room for the output, of which this run's rows of tiles, no one else's, are the values first..last: rows are numbered through all
        // images, and each ends where the next begins. The kernel has written them when they become a slice. The lengths of `x` and `w` fit
        // the shape, as the caller asserted.
        unsafe {
            dispatch(Run::<N, R, M> {
                x,
                panels: &panels,
                shape,
                rows: &rows,
                range,
                out: start.get(),
            });
            let (first, last) = (place(range.0), place(range.1));
            after(std::slice::from_raw_parts_mut(start.get().add(first), last - first))
        }
    });
    let said = said.collect();
    // SAFETY: the runs are all rows of tiles, and the tiles of a row cover its pixels: every value is written.
    (unsafe { out.assume_written() }, said)
}

/// `G w Gᵀ` for all pairs of channels: `[N * N, in, out]`.
fn transformed_kernel<const N: usize, const R: usize>(w: &[f32], ci: usize, co: usize) -> Buffer {
    let plane = ci * co;
    let mut kernel = Unwritten::<f32>::new(N * N * plane);
    let start = Shared(kernel.as_mut_ptr());
    (0..ci).into_par_iter().for_each(|i| {
        // SAFETY: i < ci, so channel i has `co` values in each of the R * R planes of `w` and the N * N planes of the result, which no other task touches.
        unsafe {
            dispatch(KernelOf::<N, R> {
                w: w.as_ptr().add(i * co),
                out: start.get().add(i * co),
                plane,
                co,
            });
        }
    });
    // SAFETY: the tasks are all input channels, and each wrote all output channels at all points.
    unsafe { kernel.assume_written() }
}

/// The kernel's values from one input channel to all output channels. `w` is the first of them, `out` the place of the first at the first
/// point: both must be valid for `co` channels, in each plane of the kernel and at each point.
struct KernelOf<const N: usize, const R: usize> {
    w: *const f32,
    out: *mut f32,
    plane: usize,
    co: usize,
}

impl<const N: usize, const R: usize> Kernel for KernelOf<N, R> {
    type Output = ();

    #[inline(always)]
    unsafe fn run<S: Simd>(self) {
        for channel in (0..self.co).step_by(S::LANES) {
            // SAFETY: valid for all `co` channels by its own contract, so for the `co - channel` from `channel` on.
            unsafe {
                S::call(KernelTile::<N, R> {
                    w: self.w.add(channel),
                    out: self.out.add(channel),
                    plane: self.plane,
                    lanes: self.co - channel,
                });
            }
        }
    }
}

/// As [`KernelOf`], for at most a vector of `lanes` output channels.
struct KernelTile<const N: usize, const R: usize> {
    w: *const f32,
    out: *mut f32,
    plane: usize,
    lanes: usize,
}

impl<const N: usize, const R: usize> Kernel for KernelTile<N, R> {
    type Output = ();

    #[inline(always)]
    unsafe fn run<S: Simd>(self) {
        let plane = self.plane;
        let from = Grid {
            start: self.w,
            row: R * plane,
            column: plane,
        };
        let to = Grid {
            start: self.out,
            row: N * plane,
            column: plane,
        };
        // SAFETY: the grids are the R by R planes of the kernel and the N by N planes of points, for which `w` and `out` are valid by contract.
        unsafe { transform::<S, KernelTransform<N, R>, R, N>(from, to, [N, N], self.lanes) }
    }
}

/// Channels that are summed up at a time: a sum of short sums rounds less than one long sum.
const DEPTH: usize = 32;

/// A run of rows of tiles. `range` must be among all rows, `x` whole images, `out` valid for writes of all pixels of these rows.
struct Run<'a, const N: usize, const R: usize, const M: usize> {
    x: &'a [f32],
    panels: &'a Panels,
    shape: &'a Conv2dShape,
    rows: &'a Rows,
    range: (usize, usize),
    out: *mut f32,
}

impl<const N: usize, const R: usize, const M: usize> Kernel for Run<'_, N, R, M> {
    type Output = ();

    #[inline(always)]
    unsafe fn run<S: Simd>(self) {
        let (ci, co) = (self.shape.channels_in, self.shape.channels_out);
        let tiles = (self.range.1 - self.range.0) * self.rows.across;
        let input = Tiles::of_input::<N, R>(self.x, self.shape, self.rows, self.range);
        // The gaps that the stride leaves between points stay unwritten.
        let mut products = Unwritten::<f32>::new(N * N * stride(tiles, co));
        // SAFETY: at each point `input` has `tiles` pixels of `ci` channels, all written, and `products` room for `tiles` pixels of `co` channels; the first of
        // the sums over `ci` writes these and the others add to them. The panels have a row for every point and input channel. When they are
        // read all panels, so all output channels, are written. `out` is valid for this run's rows by the kernel's contract.
        unsafe {
            for point in 0..N * N {
                let values = input.at(point).as_ptr();
                let product = products.as_mut_ptr().add(point * stride(tiles, co));
                for panel in self.panels.iter() {
                    for first in (0..ci).step_by(DEPTH) {
                        let reads = Reads {
                            input: values.add(first),
                            pixel_stride: ci,
                            row_stride: 0,
                            rows: 1,
                            groups: 1,
                            group_stride: 0,
                            taps: (ci - first).min(DEPTH),
                            tap_stride: 1,
                        };
                        let out = product.add(panel.start);
                        row::<S>(reads, tiles, &panel, point * ci + first, out, co, first > 0);
                    }
                }
            }
            S::call(Output::<N, R, M> {
                products: products.as_ptr(),
                stride: stride(tiles, co),
                shape: self.shape,
                rows: self.rows,
                range: self.range,
                out: self.out,
            });
        }
    }
}

/// From products at the points to pixels, for all tiles of a run. `products` must be valid at each point for reads of all tiles of `co` channels, `out` for
/// writes of the pixels of these rows.
struct Output<'a, const N: usize, const R: usize, const M: usize> {
    products: *const f32,
    stride: usize,
    shape: &'a Conv2dShape,
    rows: &'a Rows,
    range: (usize, usize),
    out: *mut f32,
}

impl<const N: usize, const R: usize, const M: usize> Kernel for Output<'_, N, R, M> {
    type Output = ();

    #[inline(always)]
    unsafe fn run<S: Simd>(self) {
        let ([height, width], co) = (self.shape.output(), self.shape.channels_out);
        for row in self.range.0..self.range.1 {
            let [image, top] = self.rows.place(row);
            for x in 0..self.rows.across {
                let (tile, left) = ((row - self.range.0) * self.rows.across + x, x * M);
                let size = [(height - top).min(M), (width - left).min(M)];
                for channel in (0..co).step_by(S::LANES) {
                    // SAFETY: `tile` is one of the run's and `channel` one of `co`, so `products` has it at all N * N points; `size` ends the tile with the image,
                    // so its pixels are among those of these rows.
                    unsafe {
                        let from = Grid {
                            start: self.products.add(tile * co + channel),
                            row: N * self.stride,
                            column: self.stride,
                        };
                        let to = Grid {
                            start: self.out.add(((image * height + top) * width + left) * co + channel),
                            row: width * co,
                            column: co,
                        };
                        transform::<S, OutputTransform<N, R>, N, M>(from, to, size, co - channel);
                    }
                }
            }
        }
    }
}

/// Values from one point to the next: a little more than the tiles need, because steps of a power of two crowd few sets of the cache.
pub(super) fn stride(tiles: usize, channels: usize) -> usize {
    (tiles * channels).next_multiple_of(16) + 16
}

/// Transformed tiles of a run of rows.
pub(super) struct Tiles {
    /// At each point, `stride` values from the one before, the values of all tiles are written; the gaps between points are not.
    values: Unwritten,
    stride: usize,
    points: usize,
    /// Values written at each point.
    written: usize,
}

impl Tiles {
    /// The values at a point.
    pub fn at(&self, point: usize) -> &[f32] {
        assert!(point < self.points);
        // SAFETY: there is room for `stride` values at each of the points, and both constructors wrote the first `written` of them, at most `stride`.
        unsafe { std::slice::from_raw_parts(self.values.as_ptr().add(point * self.stride), self.written) }
    }

    /// Of the input, `[point][tile][channel]`.
    pub fn of_input<const N: usize, const R: usize>(
        x: &[f32],
        shape: &Conv2dShape,
        rows: &Rows,
        range: (usize, usize),
    ) -> Self {
        let ci = shape.channels_in;
        let tiles = (range.1 - range.0) * rows.across;
        let stride = stride(tiles, ci);
        let mut values = Unwritten::new(N * N * stride);
        let run = TileRun::<_, N, N> {
            image: x,
            size: shape.input,
            channels: ci,
            padding: shape.padding,
            transform: PhantomData::<InputTransform<N, R>>,
            rows,
            range,
            out: values.as_mut_ptr(),
            stride,
            panels: false,
        };
        // SAFETY: `image` is whole images, `range` among all rows; at each of the N * N points `values` has room for all tiles of all channels.
        unsafe { dispatch(run) }
        Self {
            values,
            stride,
            points: N * N,
            written: tiles * ci,
        }
    }

    /// Of the gradient of the output, `[point][panel][tile][channel]` with panels of two vectors of channels.
    pub fn of_cotangent<const N: usize, const R: usize, const M: usize>(
        g: &[f32],
        shape: &Conv2dShape,
        rows: &Rows,
        range: (usize, usize),
    ) -> Self {
        let channels = shape.channels_out.next_multiple_of(isa().lanes());
        let tiles = (range.1 - range.0) * rows.across;
        let stride = stride(tiles, channels);
        let mut values = Unwritten::new(N * N * stride);
        let run = TileRun::<_, M, N> {
            image: g,
            size: shape.output(),
            channels: shape.channels_out,
            padding: [0, 0],
            transform: PhantomData::<CotangentTransform<N, R>>,
            rows,
            range,
            out: values.as_mut_ptr(),
            stride,
            panels: true,
        };
        // SAFETY: `image` is whole images, `range` among all rows; at each of the N * N points `values` has room for all tiles of all channels, with those that
        // fill up the last vector.
        unsafe { dispatch(run) }
        Self {
            values,
            stride,
            points: N * N,
            written: tiles * channels,
        }
    }
}

/// `image` must be whole images, `range` among all their rows of tiles; `out` must be valid at each point, `stride` apart, for writes of all tiles of all
/// channels, in panels with those that fill up the last vector. All these are written.
struct TileRun<'a, T, const I: usize, const N: usize> {
    image: &'a [f32],
    size: [usize; 2],
    channels: usize,
    padding: [usize; 2],
    transform: PhantomData<T>,
    rows: &'a Rows,
    range: (usize, usize),
    out: *mut f32,
    stride: usize,
    panels: bool,
}

impl<T: Transform, const I: usize, const N: usize> Kernel for TileRun<'_, T, I, N> {
    type Output = ();

    #[inline(always)]
    unsafe fn run<S: Simd>(self) {
        let ([height, width], channels) = (self.size, self.channels);
        let across = self.rows.across;
        let tiles = (self.range.1 - self.range.0) * across;
        let zeros = Buffer::<f32>::zeroed(width * channels);
        for row in self.range.0..self.range.1 {
            let [image, top] = self.rows.place(row);
            let image = &self.image[image * height * width * channels..][..height * width * channels];
            let rows: [*const f32; I] =
                std::array::from_fn(
                    |i| match (top + i).checked_sub(self.padding[0]).filter(|&y| y < height) {
                        Some(y) => image[y * width * channels..].as_ptr(),
                        None => zeros.as_ptr(),
                    },
                );
            let first = (row - self.range.0) * across;
            for channel in (0..channels).step_by(S::LANES) {
                let wide = 2 * S::LANES;
                // Place of the first tile and step to the next.
                let (place, tile) = if self.panels {
                    let panel = channel / wide * wide;
                    let columns = (channels - panel).min(wide).next_multiple_of(S::LANES);
                    (panel * tiles + first * columns + (channel - panel), columns)
                } else {
                    (first * channels + channel, channels)
                };
                // SAFETY: each of `rows` is a row of the image or the row of zeros, of `width` pixels of `channels` values. The tiles' places follow each other:
                // in panels of two vectors, or pixel after pixel, all inside what `out` is valid for at each point.
                unsafe {
                    S::call(TileRow::<T, I, N> {
                        transform: PhantomData,
                        rows: rows.map(|start| start.add(channel)),
                        padding: self.padding[1],
                        width,
                        pixel: channels,
                        across,
                        step: self.rows.tile,
                        lanes: channels - channel,
                        out: self.out.add(place),
                        tile,
                        point: self.stride,
                        padded: self.panels,
                    });
                }
            }
        }
    }
}
