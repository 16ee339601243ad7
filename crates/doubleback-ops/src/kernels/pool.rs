//! Pooling. The channels of a pixel lie together, so every loop over them is a vector loop.

use std::ops::Range;

use crate::options::Pool2dShape;

use super::buffer::{Buffer, Shared, Unwritten};
use super::simd::{Kernel, Simd, dispatch};

/// Input rows and columns of the window at output row `y` and column `x`.
#[inline(always)]
fn window(shape: &Pool2dShape, y: usize, x: usize) -> (Range<usize>, Range<usize>) {
    let o = &shape.options;
    let (top, left) = (y * o.stride[0], x * o.stride[1]);
    let rows = top.saturating_sub(o.padding[0])..(top + o.kernel[0] - o.padding[0]).min(shape.input[0]);
    let columns = left.saturating_sub(o.padding[1])..(left + o.kernel[1] - o.padding[1]).min(shape.input[1]);
    (rows, columns)
}

/// Values of an image of input and of one of output.
fn sizes(shape: &Pool2dShape) -> (usize, usize) {
    let per_image = |dims: [usize; 4]| dims[1] * dims[2] * dims[3];
    (per_image(shape.input_dims()), per_image(shape.output_dims()))
}

/// Largest value of each window and its position in the plane; NaN counts as largest.
pub fn max_pool2d(x: &[f32], shape: &Pool2dShape) -> (Buffer, Buffer<i32>) {
    let (input, output) = sizes(shape);
    assert_eq!(x.len(), shape.batch * input);
    let mut indices = Unwritten::<i32>::new(shape.batch * output);
    let start = Shared(indices.as_mut_ptr());
    // SAFETY: the kernel writes every output pixel of its image, in both results; image < batch, so its indices have their place, which no other
    // task touches. When all images are done all indices are written.
    unsafe {
        let values = Buffer::filled(shape.batch, output, |image, out: *mut f32| {
            dispatch(MaxPool {
                x: &x[image * input..][..input],
                shape,
                values: out,
                indices: start.get().add(image * output),
            });
        });
        (values, indices.assume_written())
    }
}

/// `values` and `indices` must be valid for one image of output, and belong to no one else.
struct MaxPool<'a> {
    x: &'a [f32],
    shape: &'a Pool2dShape,
    values: *mut f32,
    indices: *mut i32,
}

impl Kernel for MaxPool<'_> {
    type Output = ();

    #[inline(always)]
    unsafe fn run<S: Simd>(self) {
        let ([height, width], channels) = (self.shape.output(), self.shape.channels);
        // SAFETY: both are valid for one image of output by the kernel's contract, and zeros are values when the slices are made.
        let (values, indices) = unsafe {
            let length = height * width * channels;
            std::ptr::write_bytes(self.values, 0, length);
            std::ptr::write_bytes(self.indices, 0, length);
            (
                std::slice::from_raw_parts_mut(self.values, length),
                std::slice::from_raw_parts_mut(self.indices, length),
            )
        };
        for y in 0..height {
            for x in 0..width {
                let start = (y * width + x) * channels;
                let best = &mut values[start..start + channels];
                let index = &mut indices[start..start + channels];
                let (rows, columns) = window(self.shape, y, x);
                best.fill(f32::NEG_INFINITY);
                index.fill((rows.start * self.shape.input[1] + columns.start) as i32);
                for row in rows {
                    for column in columns.clone() {
                        let position = row * self.shape.input[1] + column;
                        let pixel = &self.x[position * channels..][..channels];
                        for c in 0..channels {
                            let value = pixel[c];
                            // A NaN counts as largest, and nothing replaces it.
                            let better = (value > best[c] || value.is_nan()) && !best[c].is_nan();
                            best[c] = if better { value } else { best[c] };
                            index[c] = if better { position as i32 } else { index[c] };
                        }
                    }
                }
            }
        }
    }
}

/// The values of `x` at `indices`.
pub fn pool_select(x: &[f32], indices: &[i32], shape: &Pool2dShape) -> Buffer {
    let (input, output) = sizes(shape);
    assert_eq!((x.len(), indices.len()), (shape.batch * input, shape.batch * output));
    let channels = shape.channels;
    // SAFETY: `indices` of an image are as many as its output values, in whole pixels, and `out` gets a value for each; reads are of slices.
    unsafe {
        Buffer::filled(shape.batch, output, |image, out: *mut f32| {
            let (x, indices) = (&x[image * input..][..input], &indices[image * output..][..output]);
            for (pixel, positions) in indices.chunks_exact(channels).enumerate() {
                for (c, &position) in positions.iter().enumerate() {
                    *out.add(pixel * channels + c) = x[position as usize * channels + c];
                }
            }
        })
    }
}

/// `g` added into zeros at `indices`.
pub fn pool_unselect(g: &[f32], indices: &[i32], shape: &Pool2dShape) -> Buffer {
    let (input, output) = sizes(shape);
    assert_eq!((g.len(), indices.len()), (shape.batch * output, shape.batch * output));
    // SAFETY: `filled` hands the kernel one image, all of which it clears, and so writes, before adding into it.
    unsafe {
        Buffer::filled(shape.batch, input, |image, out| {
            dispatch(Unselect {
                g: &g[image * output..][..output],
                indices: &indices[image * output..][..output],
                shape,
                out,
            });
        })
    }
}

/// `out` must be valid for one image of input, and belong to no one else.
struct Unselect<'a> {
    g: &'a [f32],
    indices: &'a [i32],
    shape: &'a Pool2dShape,
    out: *mut f32,
}

impl Kernel for Unselect<'_> {
    type Output = ();

    #[inline(always)]
    unsafe fn run<S: Simd>(self) {
        let ([height, width], channels) = (self.shape.output(), self.shape.channels);
        // SAFETY: `out` is valid for one image of input by the kernel's contract.
        let out = unsafe { cleared(self.out, self.shape.input[0] * self.shape.input[1] * channels) };
        for y in 0..height {
            for x in 0..width {
                let start = (y * width + x) * channels;
                let (g, index) = (&self.g[start..start + channels], &self.indices[start..start + channels]);
                let (rows, columns) = window(self.shape, y, x);
                for row in rows {
                    for column in columns.clone() {
                        let position = row * self.shape.input[1] + column;
                        let pixel = &mut out[position * channels..][..channels];
                        for c in 0..channels {
                            pixel[c] += if index[c] == position as i32 { g[c] } else { 0.0 };
                        }
                    }
                }
            }
        }
    }
}

/// # Safety
/// `length` values at `out` must be writable and belong to no one else.
#[inline(always)]
unsafe fn cleared<'a>(out: *mut f32, length: usize) -> &'a mut [f32] {
    // SAFETY: the caller says that the values are writable and no one else's; zeros are values when the slice is made.
    unsafe {
        std::ptr::write_bytes(out, 0, length);
        std::slice::from_raw_parts_mut(out, length)
    }
}

/// Mean of each window, padding counted as zeros.
pub fn avg_pool2d(x: &[f32], shape: &Pool2dShape) -> Buffer {
    let (input, output) = sizes(shape);
    assert_eq!(x.len(), shape.batch * input);
    // SAFETY: `filled` hands the kernel one image, all of which it clears, and so writes, before adding into it.
    unsafe {
        Buffer::filled(shape.batch, output, |image, out| {
            dispatch(Average {
                from: &x[image * input..][..input],
                shape,
                out,
                transpose: false,
            })
        })
    }
}

/// Transpose of [`avg_pool2d`].
pub fn avg_pool2d_transpose(g: &[f32], shape: &Pool2dShape) -> Buffer {
    let (input, output) = sizes(shape);
    assert_eq!(g.len(), shape.batch * output);
    // SAFETY: `filled` hands the kernel one image, all of which it clears, and so writes, before adding into it.
    unsafe {
        Buffer::filled(shape.batch, input, |image, out| {
            dispatch(Average {
                from: &g[image * output..][..output],
                shape,
                out,
                transpose: true,
            })
        })
    }
}

/// `out` must be valid for one image of output, or of input if transposed, and belong to no one else.
struct Average<'a> {
    from: &'a [f32],
    shape: &'a Pool2dShape,
    out: *mut f32,
    transpose: bool,
}

impl Kernel for Average<'_> {
    type Output = ();

    #[inline(always)]
    unsafe fn run<S: Simd>(self) {
        let ([height, width], channels) = (self.shape.output(), self.shape.channels);
        let plane = if self.transpose {
            self.shape.input
        } else {
            [height, width]
        };
        // SAFETY: `out` is valid for as many values by the kernel's contract.
        let out = unsafe { cleared(self.out, plane[0] * plane[1] * channels) };
        let share = 1.0 / (self.shape.options.kernel[0] * self.shape.options.kernel[1]) as f32;
        for y in 0..height {
            for x in 0..width {
                let pooled = (y * width + x) * channels;
                let (rows, columns) = window(self.shape, y, x);
                for row in rows {
                    for column in columns.clone() {
                        let pixel = (row * self.shape.input[1] + column) * channels;
                        let (to, from) = if self.transpose {
                            (pixel, pooled)
                        } else {
                            (pooled, pixel)
                        };
                        for (t, f) in out[to..to + channels].iter_mut().zip(&self.from[from..from + channels]) {
                            *t += share * f;
                        }
                    }
                }
            }
        }
    }
}
