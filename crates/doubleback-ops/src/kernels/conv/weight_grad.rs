//! Weight gradient of a convolution: a tile of taps by output channels stays in registers while an image passes by.

use rayon::prelude::*;

use crate::options::Conv2dShape;

use super::gathered;
use super::image::{Padded, Runs};
use super::partial_sums::{GROUPS, sum_in_order};
use super::winograd::{self, Purpose};
use crate::kernels::buffer::Buffer;
use crate::kernels::simd::{Kernel, Simd, dispatch};
use crate::kernels::tile::{each, evenly, load_columns, store_columns, unrolled};

/// Weight gradient of `conv2d(x, w)` at the cotangent `g`; see [`crate::conv2d_weight_grad`] for shapes.
pub fn conv2d_weight_grad(x: &[f32], g: &[f32], shape: &Conv2dShape) -> Buffer {
    shape.assert_sound();
    assert_eq!(
        (x.len(), g.len()),
        (
            shape.input_dims().iter().product(),
            shape.output_dims().iter().product()
        )
    );
    if winograd::pays(shape, Purpose::Gradient) {
        return winograd::conv2d_weight_grad_winograd(x, g, shape);
    }
    if gathered::pays_weight_grad(shape) {
        return gathered::weight_grad_gathered(x, g, shape);
    }
    let length: usize = shape.weight_dims().iter().product();
    let images = shape.batch.div_ceil(GROUPS);
    let parts: Vec<Buffer> = (0..shape.batch.div_ceil(images))
        .into_par_iter()
        .map(|group| {
            let mut sum = Buffer::zeroed(length);
            let (input, output) = (x.len() / shape.batch, g.len() / shape.batch);
            let range = group * images..((group + 1) * images).min(shape.batch);
            let (x, g) = (
                &x[range.start * input..range.end * input],
                &g[range.start * output..range.end * output],
            );
            // SAFETY: the kernel asks for whole images of `x` and `g`, as many of each, and for a sum as long as the weight, which these are.
            unsafe {
                dispatch(Group {
                    x,
                    g,
                    shape,
                    sum: &mut sum,
                })
            };
            sum
        })
        .collect();
    sum_in_order(parts, length)
}

/// `x` and `g` must be whole images, and `sum` as long as the weight.
struct Group<'a> {
    x: &'a [f32],
    g: &'a [f32],
    shape: &'a Conv2dShape,
    sum: &'a mut [f32],
}

impl Kernel for Group<'_> {
    type Output = ();

    #[inline(always)]
    unsafe fn run<S: Simd>(self) {
        let shape = self.shape;
        let [_, height, width, channels] = shape.output_dims();
        let mut padded = Padded::new(shape, 0);
        let stride = padded.stride;
        let (taps, runs) = (shape.kernel[1] * shape.channels_in, Runs::of(shape));
        let pixel_stride = shape.stride[1] * shape.channels_in;
        let image = shape.input[0] * shape.input[1] * shape.channels_in;
        for (x, g) in self
            .x
            .chunks_exact(image)
            .zip(self.g.chunks_exact(height * width * channels))
        {
            let x = padded.fill(x, shape);
            for ky in 0..shape.kernel[0] {
                let offset = ky * shape.dilation[0];
                let (start, end) = output_rows(shape, offset);
                if start >= end {
                    continue;
                }
                let input_row = start * shape.stride[0] + offset - shape.padding[0];
                for column in (0..channels).step_by(2 * S::LANES) {
                    let columns = (channels - column).min(2 * S::LANES);
                    let tiles = (0..runs.count)
                        .flat_map(|run| evenly(runs.length, S::TILE).map(move |(first, count)| (run, first, count)));
                    for (run, first, count) in tiles {
                        // SAFETY: `output_rows` gives rows of `g` whose input row, and so their padded columns, are inside `x`; run * length + first +
                        // count <= taps and ky < kernel rows, so the taps are inside the weight, and column + columns <= channels.
                        unsafe {
                            let walk = Walk {
                                x: x.as_ptr().add(input_row * stride + run * runs.stride + first),
                                row_stride: shape.stride[0] * stride,
                                pixel_stride,
                                g: g.as_ptr().add(start * width * channels + column),
                                channels,
                                rows: end - start,
                                width,
                                columns,
                            };
                            let tap = ky * taps + run * runs.length + first;
                            let sum = self.sum.as_mut_ptr().add(tap * channels + column);
                            if columns > S::LANES {
                                unrolled!(count, M => S::call(Tile::<M, 2> { walk, sum }));
                            } else {
                                unrolled!(count, M => S::call(Tile::<M, 1> { walk, sum }));
                            }
                        }
                    }
                }
            }
        }
    }
}

/// Output rows whose kernel row, `offset` pixels from the first, falls inside the image.
fn output_rows(shape: &Conv2dShape, offset: usize) -> (usize, usize) {
    let (stride, padding) = (shape.stride[0], shape.padding[0]);
    let start = padding.saturating_sub(offset).div_ceil(stride);
    let end = (shape.input[0] + padding)
        .saturating_sub(offset)
        .div_ceil(stride)
        .min(shape.output()[0]);
    (start, end)
}

/// The pixels that a tile sums over. `g` must be valid for `rows * width` pixels of `channels` values, `columns` of them from `g` on; `x` for
/// the tile's taps at each of these pixels.
struct Walk {
    x: *const f32,
    row_stride: usize,
    pixel_stride: usize,
    g: *const f32,
    channels: usize,
    rows: usize,
    width: usize,
    columns: usize,
}

/// `sum[tap][column] += Σ_pixel x[pixel + tap] · g[pixel][column]` for M taps and V vectors of columns. `sum` must be valid for `walk.columns` values
/// of M taps.
struct Tile<const M: usize, const V: usize> {
    walk: Walk,
    sum: *mut f32,
}

impl<const M: usize, const V: usize> Kernel for Tile<M, V> {
    type Output = ();

    #[inline(always)]
    unsafe fn run<S: Simd>(self) {
        let Self { walk, sum } = self;
        // SAFETY: tap m < M and pixel < rows * width throughout; a vector that passes the last of the `columns` is read and written in part.
        unsafe {
            let mut columns = [walk.columns; V];
            for (v, count) in columns.iter_mut().enumerate() {
                *count -= v * S::LANES;
            }
            let mut sums = [[S::zero(); V]; M];
            each!(m < M, {
                for v in 0..V {
                    sums[m][v] = load_columns::<S>(sum.add(m * walk.channels + v * S::LANES), columns[v]);
                }
            });
            let full = columns[V - 1] >= S::LANES;
            let mut g = walk.g;
            for y in 0..walk.rows {
                let mut x = walk.x.add(y * walk.row_stride);
                for _ in 0..walk.width {
                    let mut values = [S::zero(); V];
                    for v in 0..V {
                        values[v] = if full {
                            S::load(g.add(v * S::LANES))
                        } else {
                            load_columns::<S>(g.add(v * S::LANES), columns[v])
                        };
                    }
                    each!(m < M, {
                        let tap = S::splat(x.add(m));
                        for v in 0..V {
                            sums[m][v] = S::mul_add(tap, values[v], sums[m][v]);
                        }
                    });
                    x = x.add(walk.pixel_stride);
                    g = g.add(walk.channels);
                }
            }
            each!(m < M, {
                for v in 0..V {
                    store_columns::<S>(sum.add(m * walk.channels + v * S::LANES), sums[m][v], columns[v]);
                }
            });
        }
    }
}
