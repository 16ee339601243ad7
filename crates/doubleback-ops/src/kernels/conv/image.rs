//! How direct kernels read an image: its rows with zeros on either side, and the kernel rows that meet it.

use crate::options::Conv2dShape;

/// One image with `padding` zero columns on either side, so that no kernel row needs a test at the borders.
pub(super) struct Padded {
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
pub(super) struct Runs {
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
pub(super) fn kernel_rows(shape: &Conv2dShape, y: usize) -> (usize, usize, usize) {
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
