//! Convolution.

use rayon::prelude::*;

use crate::Conv2dShape;

use super::super::buffer::{Buffer, Shared};
use super::super::pack::Panels;
use super::super::simd::{Kernel, Simd, dispatch};
use super::super::tile::{Reads, row};
use super::transform::{Grid, transform};
use super::{Rows, points};

/// As [`conv2d`](super::super::conv2d), for shapes that [`pays_forward`](super::pays_forward) accepts.
pub(crate) fn conv2d_winograd(x: &[f32], w: &[f32], shape: &Conv2dShape) -> Buffer {
    match shape.kernel[0] {
        5 => run::<6, 5, 2>(x, w, shape),
        _ => run::<6, 3, 4>(x, w, shape),
    }
}

fn run<const N: usize, const R: usize, const M: usize>(x: &[f32], w: &[f32], shape: &Conv2dShape) -> Buffer {
    let (ci, co) = (shape.channels_in, shape.channels_out);
    let kernel = transformed_kernel::<N, R>(w, ci, co);
    let panels = Panels::new(N * N * ci, co, |row, out| kernel[row * co + out]);
    let rows = Rows::new(shape, M, N * N);
    let count = shape.batch * rows.down;
    // SAFETY: the tiles of all rows together write every pixel.
    let mut out = unsafe { Buffer::uninitialized(shape.output_dims().iter().product()) };
    let start = Shared(out.as_mut_ptr());
    (0..count.div_ceil(rows.run)).into_par_iter().for_each(|run| {
        let range = (run * rows.run, ((run + 1) * rows.run).min(count));
        // SAFETY: rows of tiles do not overlap; the lengths fit the shape, as the caller asserted.
        unsafe {
            dispatch(Run::<N, R, M> {
                x,
                panels: &panels,
                shape,
                rows: &rows,
                range,
                out: start.get(),
            });
        }
    });
    out
}

/// `G w Gᵀ` for all pairs of channels: `[N * N, in, out]`.
fn transformed_kernel<const N: usize, const R: usize>(w: &[f32], ci: usize, co: usize) -> Buffer {
    let plane = ci * co;
    // SAFETY: every task writes its channel's values at all points.
    let mut kernel = unsafe { Buffer::<f32>::uninitialized(N * N * plane) };
    let start = Shared(kernel.as_mut_ptr());
    (0..ci).into_par_iter().for_each(|i| {
        // SAFETY: input channel i only.
        unsafe {
            dispatch(KernelOf::<N, R> {
                w: w.as_ptr().add(i * co),
                out: start.get().add(i * co),
                plane,
                co,
            });
        }
    });
    kernel
}

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
            // SAFETY: see the caller.
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
        // SAFETY: see the caller.
        unsafe { transform::<S, R, N>(&points::of::<N, R>().kernel, from, to, [N, N], self.lanes) }
    }
}

/// A run of rows of tiles.
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
        let input = Tiles::<N, R>::of_input(self.x, self.shape, self.rows, self.range);
        // SAFETY: every place is written before it is read.
        let mut products = unsafe { Buffer::<f32>::uninitialized(N * N * stride(tiles, co)) };
        // SAFETY: rows, columns and points are inside the buffers; output pixels inside this run's rows.
        unsafe {
            for point in 0..N * N {
                let values = input.values.as_ptr().add(point * input.stride);
                let product = products.as_mut_ptr().add(point * stride(tiles, co));
                for panel in self.panels.iter() {
                    let reads = Reads {
                        input: values,
                        pixel_stride: ci,
                        row_stride: 0,
                        rows: 1,
                        taps: ci,
                        tap_stride: 1,
                    };
                    row::<S>(reads, tiles, &panel, point * ci, product.add(panel.start), co, false);
                }
            }
            let [height, width] = self.shape.output();
            for (tile, [image, top, left]) in self.rows.tiles(self.range.0, self.range.1) {
                let out = self.out.add(((image * height + top) * width + left) * co);
                for channel in (0..co).step_by(S::LANES) {
                    S::call(OutputTile::<N, R, M> {
                        products: products.as_ptr().add(tile * co + channel),
                        stride: stride(tiles, co),
                        out: out.add(channel),
                        row: width * co,
                        column: co,
                        size: [(height - top).min(M), (width - left).min(M)],
                        lanes: co - channel,
                    });
                }
            }
        }
    }
}

/// Values from one point to the next: a little more than the tiles need, because steps of a power of two crowd few sets of the cache.
pub(super) fn stride(tiles: usize, channels: usize) -> usize {
    (tiles * channels).next_multiple_of(16) + 16
}

/// Transformed tiles of the input, `[point][tile][channel]`.
pub(super) struct Tiles<const N: usize, const R: usize> {
    pub values: Buffer,
    pub stride: usize,
}

impl<const N: usize, const R: usize> Tiles<N, R> {
    pub fn of_input(x: &[f32], shape: &Conv2dShape, rows: &Rows, range: (usize, usize)) -> Self {
        let stride = stride((range.1 - range.0) * rows.across, shape.channels_in);
        // SAFETY: every place that is read is written.
        let mut values = unsafe { Buffer::uninitialized(N * N * stride) };
        let out = values.as_mut_ptr();
        // SAFETY: the kernel stays inside the image, its patch and the buffer.
        unsafe {
            dispatch(Input::<N, R> {
                x,
                shape,
                rows,
                range,
                out,
                stride,
            });
        }
        Self { values, stride }
    }
}

struct Input<'a, const N: usize, const R: usize> {
    x: &'a [f32],
    shape: &'a Conv2dShape,
    rows: &'a Rows,
    range: (usize, usize),
    out: *mut f32,
    stride: usize,
}

impl<const N: usize, const R: usize> Kernel for Input<'_, N, R> {
    type Output = ();

    #[inline(always)]
    unsafe fn run<S: Simd>(self) {
        let ([height, width], ci) = (self.shape.input, self.shape.channels_in);
        let padding = self.shape.options.padding;
        let mut patch = Buffer::<f32>::zeroed(N * N * ci);
        for (tile, [image, top, left]) in self.rows.tiles(self.range.0, self.range.1) {
            let image = &self.x[image * height * width * ci..][..height * width * ci];
            // The part of the tile that is inside the image.
            let rows = inside(top, padding[0], height, N);
            let columns = inside(left, padding[1], width, N);
            let from = if rows.1 - rows.0 == N && columns.1 - columns.0 == N {
                // SAFETY: the whole tile is inside.
                let start = unsafe {
                    image
                        .as_ptr()
                        .add(((top - padding[0]) * width + left - padding[1]) * ci)
                };
                Grid {
                    start,
                    row: width * ci,
                    column: ci,
                }
            } else {
                patch.fill(0.0);
                let length = (columns.1 - columns.0) * ci;
                let rows = if length > 0 { rows } else { (0, 0) };
                for i in rows.0..rows.1 {
                    let source = ((top + i - padding[0]) * width + left + columns.0 - padding[1]) * ci;
                    patch[(i * N + columns.0) * ci..][..length].copy_from_slice(&image[source..source + length]);
                }
                Grid {
                    start: patch.as_ptr(),
                    row: N * ci,
                    column: ci,
                }
            };
            for channel in (0..ci).step_by(S::LANES) {
                // SAFETY: these channels are in the tile, the tile's place in the buffer.
                unsafe {
                    S::call(InputTile::<N, R> {
                        from: Grid {
                            start: from.start.add(channel),
                            ..from
                        },
                        out: self.out.add(tile * ci + channel),
                        stride: self.stride,
                        lanes: ci - channel,
                    });
                }
            }
        }
    }
}

/// Which of `count` places from `start - padding` on are in `0..size`.
#[inline(always)]
fn inside(start: usize, padding: usize, size: usize, count: usize) -> (usize, usize) {
    let first = padding.saturating_sub(start).min(count);
    let last = (size + padding).saturating_sub(start).clamp(first, count);
    (first, last)
}

struct InputTile<const N: usize, const R: usize> {
    from: Grid<*const f32>,
    out: *mut f32,
    stride: usize,
    lanes: usize,
}

impl<const N: usize, const R: usize> Kernel for InputTile<N, R> {
    type Output = ();

    #[inline(always)]
    unsafe fn run<S: Simd>(self) {
        let to = Grid {
            start: self.out,
            row: N * self.stride,
            column: self.stride,
        };
        // SAFETY: see the caller.
        unsafe { transform::<S, N, N>(&points::of::<N, R>().input, self.from, to, [N, N], self.lanes) }
    }
}

struct OutputTile<const N: usize, const R: usize, const M: usize> {
    products: *const f32,
    stride: usize,
    out: *mut f32,
    row: usize,
    column: usize,
    size: [usize; 2],
    lanes: usize,
}

impl<const N: usize, const R: usize, const M: usize> Kernel for OutputTile<N, R, M> {
    type Output = ();

    #[inline(always)]
    unsafe fn run<S: Simd>(self) {
        let from = Grid {
            start: self.products,
            row: N * self.stride,
            column: self.stride,
        };
        let to = Grid {
            start: self.out,
            row: self.row,
            column: self.column,
        };
        // SAFETY: see the caller.
        unsafe { transform::<S, N, M>(&points::of::<N, R>().output, from, to, self.size, self.lanes) }
    }
}
