//! Convolution.

use std::marker::PhantomData;

use rayon::prelude::*;

use crate::options::Conv2dShape;

use super::by_hand::{CotangentTransform, InputTransform, OutputTransform};
use super::rows::Rows;
use super::transform::{Grid, TileRow, Transform, transform};
use crate::kernels::buffer::{Buffer, Shared, Unwritten};
use crate::kernels::pack::Panels;
use crate::kernels::simd::{Kernel, Simd, dispatch, isa};
use crate::kernels::tile::{Reads, row};

/// The convolution, by runs of tiles that fit the cache; see [`conv2d_winograd`](super::conv2d_winograd).
pub(super) fn conv2d<const N: usize, const R: usize, const M: usize, P: Send>(
    x: &[f32],
    panels: &Panels,
    shape: &Conv2dShape,
    rows: &Rows,
    after: impl Fn(&mut [f32]) -> P + Sync,
) -> (Buffer, Vec<P>) {
    let co = shape.channels_out;
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
                panels,
                shape,
                rows,
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

/// Channels that are summed up at a time: a sum of short sums rounds less than one long sum.
pub(super) const DEPTH: usize = 32;

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
pub(super) struct Output<'a, const N: usize, const R: usize, const M: usize> {
    /// Those of the first tile of `range`, at the first point.
    pub products: *const f32,
    /// Values from one point to the next.
    pub stride: usize,
    pub shape: &'a Conv2dShape,
    pub rows: &'a Rows,
    pub range: (usize, usize),
    pub out: *mut f32,
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
            all: range,
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
            all: range,
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

/// Tiles of a range of rows, to their places among those of `all` rows. `image` must be whole images, `range` among `all` and these among the images' rows
/// of tiles; `out` must be valid at each point, `stride` apart, for writes of all tiles of all channels, in panels with those that fill up the last
/// vector. Those of `range` are written.
pub(super) struct TileRun<'a, T, const I: usize, const N: usize> {
    pub image: &'a [f32],
    pub size: [usize; 2],
    pub channels: usize,
    pub padding: [usize; 2],
    pub transform: PhantomData<T>,
    pub rows: &'a Rows,
    pub all: (usize, usize),
    pub range: (usize, usize),
    pub out: *mut f32,
    pub stride: usize,
    pub panels: bool,
}

impl<T: Transform, const I: usize, const N: usize> Kernel for TileRun<'_, T, I, N> {
    type Output = ();

    #[inline(always)]
    unsafe fn run<S: Simd>(self) {
        let ([height, width], channels) = (self.size, self.channels);
        let across = self.rows.across;
        let tiles = (self.all.1 - self.all.0) * across;
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
            let first = (row - self.all.0) * across;
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
