//! Direct convolution: output channels in vector registers, rows of output pixels in a register tile.

use crate::Conv2dShape;

use super::batch_norm::{Partial, merged};
use super::buffer::Buffer;
use super::conv_few::conv2d_few;
use super::pack::Panels;
use super::simd::{Kernel, Simd, dispatch, isa};
use super::tile::{Reads, row};
use super::winograd;

/// Convolution of `x` with `w`; see [`crate::conv2d`] for shapes.
pub fn conv2d(x: &[f32], w: &[f32], shape: &Conv2dShape) -> Buffer {
    conv2d_then(x, w, shape, |_| ()).0
}

/// The same where only gradients are computed from the result: larger tiles may be used.
pub fn conv2d_of_gradient(x: &[f32], w: &[f32], shape: &Conv2dShape) -> Buffer {
    assert_eq!((x.len(), w.len()), lengths(shape));
    if 2 * shape.channels_out > isa().lanes() && winograd::pays_gradient(shape) {
        return winograd::conv2d_winograd_gradient(x, w, shape);
    }
    conv2d(x, w, shape)
}

/// The same, with mean and biased variance of each channel, `[2, channels]`, taken while the values are in the cache.
pub fn conv2d_with_moments(x: &[f32], w: &[f32], shape: &Conv2dShape) -> (Buffer, Vec<f32>) {
    let channels = shape.channels_out;
    let (y, parts) = conv2d_then(x, w, shape, |pixels| Partial::of(pixels, channels));
    (y, merged(&parts, channels))
}

/// Values of the input and of the weight.
fn lengths(shape: &Conv2dShape) -> (usize, usize) {
    (
        shape.input_dims().iter().product(),
        shape.weight_dims().iter().product(),
    )
}

/// Convolution, and what `after` says to each run of pixels just written. The runs depend on the shape alone.
fn conv2d_then<P: Send>(
    x: &[f32],
    w: &[f32],
    shape: &Conv2dShape,
    after: impl Fn(&[f32]) -> P + Sync,
) -> (Buffer, Vec<P>) {
    assert_eq!((x.len(), w.len()), lengths(shape));
    if 2 * shape.channels_out <= isa().lanes() && shape.dilation == [1, 1] {
        return conv2d_few(x, w, shape, after);
    }
    if winograd::pays_forward(shape) {
        return winograd::conv2d_winograd(x, w, shape, after);
    }
    let taps = shape.kernel[0] * shape.kernel[1] * shape.channels_in;
    let panels = Panels::new(taps, shape.channels_out, |tap, out| w[tap * shape.channels_out + out]);
    let [_, height, width, channels] = shape.output_dims();
    let input = shape.input[0] * shape.input[1] * shape.channels_in;
    // SAFETY: the kernel writes every pixel of its image, and reads within the lengths asserted above.
    unsafe {
        Buffer::filled_then(
            shape.batch,
            height * width * channels,
            |image, out| {
                dispatch(Direct {
                    x: &x[image * input..][..input],
                    panels: &panels,
                    shape,
                    out,
                });
            },
            after,
        )
    }
}

/// One image with `padding` zero columns on either side, so that no kernel row needs a test at the borders.
pub(crate) struct Padded {
    buffer: Vec<f32>,
    /// Values in a row.
    pub stride: usize,
    padded: bool,
}

impl Padded {
    /// `slack` values behind the image may be read too.
    pub fn new(shape: &Conv2dShape, slack: usize) -> Self {
        let stride = (shape.input[1] + 2 * shape.padding[1]) * shape.channels_in;
        let padded = shape.padding[1] > 0 || slack > 0;
        let buffer = if padded {
            vec![0.0; shape.input[0] * stride + slack]
        } else {
            Vec::new()
        };
        Self { buffer, stride, padded }
    }

    /// The image `x` with its borders.
    pub fn fill<'a>(&'a mut self, x: &'a [f32], shape: &Conv2dShape) -> &'a [f32] {
        if !self.padded {
            return x;
        }
        let row = shape.input[1] * shape.channels_in;
        let border = shape.padding[1] * shape.channels_in;
        for (to, from) in self.buffer.chunks_exact_mut(self.stride).zip(x.chunks_exact(row)) {
            to[border..border + row].copy_from_slice(from);
        }
        &self.buffer
    }
}

/// How the values that a kernel row reads lie: in one run, or with gaps where the kernel is dilated.
#[derive(Clone, Copy)]
pub(crate) struct Runs {
    pub count: usize,
    pub length: usize,
    /// Values from one run to the next.
    pub stride: usize,
}

impl Runs {
    pub fn of(shape: &Conv2dShape) -> Self {
        let (width, channels) = (shape.kernel[1], shape.channels_in);
        match shape.dilation[1] {
            1 => Self {
                count: 1,
                length: width * channels,
                stride: 0,
            },
            dilation => Self {
                count: width,
                length: channels,
                stride: dilation * channels,
            },
        }
    }
}

/// The kernel rows `start..end` that meet the image at output row `y`, and the input row that the first one reads.
#[inline(always)]
pub(crate) fn kernel_rows(shape: &Conv2dShape, y: usize) -> (usize, usize, usize) {
    let (top, padding) = (y * shape.stride[0], shape.padding[0]);
    let dilation = shape.dilation[0];
    let start = padding.saturating_sub(top).div_ceil(dilation).min(shape.kernel[0]);
    let end = (shape.input[0] + padding)
        .saturating_sub(top)
        .div_ceil(dilation)
        .min(shape.kernel[0])
        .max(start);
    (start, end, (top + start * dilation).saturating_sub(padding))
}

struct Direct<'a> {
    x: &'a [f32],
    panels: &'a Panels,
    shape: &'a Conv2dShape,
    out: *mut f32,
}

impl Kernel for Direct<'_> {
    type Output = ();

    #[inline(always)]
    unsafe fn run<S: Simd>(self) {
        let shape = self.shape;
        let mut padded = Padded::new(shape, 0);
        let stride = padded.stride;
        let x = padded.fill(self.x, shape);
        let [height, width] = shape.output();
        let taps = shape.kernel[1] * shape.channels_in;
        let runs = Runs::of(shape);
        for panel in self.panels.iter() {
            for y in 0..height {
                let (start, end, input_row) = kernel_rows(shape, y);
                // SAFETY: rows input_row.. and the padded columns that `width` pixels read are inside `x`; when no row is left, nothing is read.
                unsafe {
                    let reads = Reads {
                        input: if end > start {
                            x.as_ptr().add(input_row * stride)
                        } else {
                            x.as_ptr()
                        },
                        pixel_stride: shape.stride[1] * shape.channels_in,
                        row_stride: shape.dilation[0] * stride,
                        rows: end - start,
                        groups: runs.count,
                        group_stride: runs.stride,
                        taps: runs.length,
                        tap_stride: 1,
                    };
                    let out = self.out.add(y * width * shape.channels_out + panel.start);
                    row::<S>(reads, width, &panel, start * taps, out, shape.channels_out, false);
                }
            }
        }
    }
}
