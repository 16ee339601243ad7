//! Convolutions that see one input channel each: vectors of channels, along lines of pixels.

use std::ops::Deref;

use rayon::prelude::*;

use crate::kernels::buffer::Buffer;
use crate::kernels::conv::image::kernel_rows;
use crate::kernels::conv::partial_sums::{GROUPS, sum_in_order};
use crate::kernels::simd::dispatch;
use crate::options::{Conv2dShape, GroupedConv2dShape};

use super::line::{Line, Tap, columns};
use super::sums::Sums;

/// Most output channels of an input channel for which a widened copy of the input pays.
const MOST: usize = 4;

/// A convolution of each channel with a kernel of its own. Where an input channel has several outputs, its values stand several times in a
/// widened copy of the input, one for each.
pub(super) struct Depthwise {
    /// Sizes of the convolution of a channel.
    shape: Conv2dShape,
    /// Output channels.
    channels: usize,
    /// Output channels of each input channel.
    multiplier: usize,
}

/// The values themselves, or a copy that holds each several times.
enum Widened<'a> {
    Same(&'a [f32]),
    Copy(Buffer),
}

impl Deref for Widened<'_> {
    type Target = [f32];

    fn deref(&self) -> &[f32] {
        match self {
            Self::Same(values) => values,
            Self::Copy(buffer) => buffer,
        }
    }
}

impl Depthwise {
    /// The convolution as one of single channels, if it is one. Its sizes must be sound.
    pub fn of(shape: &GroupedConv2dShape) -> Option<Self> {
        let part = shape.part;
        (part.channels_in == 1 && part.channels_out <= MOST).then_some(Self {
            shape: Conv2dShape {
                channels_out: 1,
                ..part
            },
            channels: part.channels_out * shape.groups,
            multiplier: part.channels_out,
        })
    }

    fn widened<'a>(&self, x: &'a [f32]) -> Widened<'a> {
        if self.multiplier == 1 {
            return Widened::Same(x);
        }
        let mut wide = Buffer::<f32>::zeroed(x.len() * self.multiplier);
        for (copies, &value) in wide.chunks_exact_mut(self.multiplier).zip(x) {
            copies.fill(value);
        }
        Widened::Copy(wide)
    }

    /// The transpose of `widened`.
    fn narrowed(&self, wide: Buffer) -> Buffer {
        if self.multiplier == 1 {
            return wide;
        }
        let mut x = Buffer::<f32>::zeroed(wide.len() / self.multiplier);
        for (value, copies) in x.iter_mut().zip(wide.chunks_exact(self.multiplier)) {
            *value = copies.iter().sum();
        }
        x
    }

    /// `x` and `w` must be as long as their sizes say.
    pub fn conv2d(&self, x: &[f32], w: &[f32]) -> Buffer {
        let (shape, channels) = (&self.shape, self.channels);
        let x = &*self.widened(x);
        let ([height, width], row) = (shape.output(), shape.input[1] * channels);
        let image = shape.input[0] * row;
        assert_eq!(
            (x.len(), w.len()),
            (shape.batch * image, shape.kernel[0] * shape.kernel[1] * channels)
        );
        // SAFETY: a chunk is a row of output, all pixels and channels of which the line writes. Its taps read the pixels of their rows that
        // `columns` lets through, which are inside the image: `x` and `w` have the lengths just asserted.
        unsafe {
            Buffer::filled(shape.batch * height, width * channels, |index, out: *mut f32| {
                let (n, y) = (index / height, index % height);
                let (start, end, first) = kernel_rows(shape, y);
                let taps = (start..end).flat_map(|ky| {
                    let input_row = first + (ky - start) * shape.dilation[0];
                    (0..shape.kernel[1]).map(move |kx| {
                        let offset = (kx * shape.dilation[1]) as isize - shape.padding[1] as isize;
                        let (from, to) = columns(offset, shape.stride[1], shape.input[1], width);
                        Tap {
                            weight: (ky * shape.kernel[1] + kx) * channels,
                            read: (input_row * row) as isize + offset * channels as isize,
                            from,
                            to,
                        }
                    })
                });
                let taps: Vec<Tap> = taps.collect();
                dispatch(Line {
                    taps: &taps,
                    x: x.as_ptr().add(n * image),
                    w: w.as_ptr(),
                    out,
                    pixels: width,
                    read_step: shape.stride[1] * channels,
                    write_step: channels,
                    channels,
                });
            })
        }
    }

    /// `g` and `w` must be as long as their sizes say.
    pub fn input_grad(&self, g: &[f32], w: &[f32]) -> Buffer {
        let (shape, channels) = (&self.shape, self.channels);
        let ([height, width], [input_height, input_width]) = (shape.output(), shape.input);
        let ([step, stride], [dilation_y, dilation]) = (shape.stride, shape.dilation);
        let (row, image) = (width * channels, height * width * channels);
        assert_eq!(
            (g.len(), w.len()),
            (shape.batch * image, shape.kernel[0] * shape.kernel[1] * channels)
        );
        // SAFETY: a chunk is a row of input. Its pixels are those of the lines of the `stride` residues, each of which writes all of its own. Taps read the
        // pixels of their rows of `g` that `columns` lets through, which are inside the image: `g` and `w` have the lengths just asserted.
        let wide = unsafe {
            Buffer::filled(
                shape.batch * input_height,
                input_width * channels,
                |index, out: *mut f32| {
                    let (n, y) = (index / input_height, index % input_height);
                    // The output rows that this row has a part in, each by one kernel row.
                    let rows = (0..shape.kernel[0]).filter_map(|ky| {
                        let top = (y + shape.padding[0]).checked_sub(ky * dilation_y)?;
                        (top % step == 0 && top / step < height).then_some((ky, top / step))
                    });
                    let rows: Vec<(usize, usize)> = rows.collect();
                    for residue in 0..stride.min(input_width) {
                        let pixels = (input_width - residue).div_ceil(stride);
                        // Every `stride`-th pixel from here on is seen by the same taps, from output pixels side by side.
                        let seen = (0..shape.kernel[1]).filter_map(|kx| {
                            let left = (residue + shape.padding[1]) as isize - (kx * dilation) as isize;
                            (left % stride as isize == 0).then_some((kx, left / stride as isize))
                        });
                        let seen: Vec<(usize, isize)> = seen.collect();
                        let taps = rows.iter().flat_map(|&(ky, out_row)| {
                            seen.iter().map(move |&(kx, offset)| {
                                let (from, to) = columns(offset, 1, width, pixels);
                                Tap {
                                    weight: (ky * shape.kernel[1] + kx) * channels,
                                    read: (out_row * row) as isize + offset * channels as isize,
                                    from,
                                    to,
                                }
                            })
                        });
                        let taps: Vec<Tap> = taps.collect();
                        dispatch(Line {
                            taps: &taps,
                            x: g.as_ptr().add(n * image),
                            w: w.as_ptr(),
                            out: out.add(residue * channels),
                            pixels,
                            read_step: channels,
                            write_step: stride * channels,
                            channels,
                        });
                    }
                },
            )
        };
        self.narrowed(wide)
    }

    /// `x` and `g` must be as long as their sizes say.
    pub fn weight_grad(&self, x: &[f32], g: &[f32]) -> Buffer {
        let (shape, channels) = (&self.shape, self.channels);
        let x = &*self.widened(x);
        let [height, width] = shape.output();
        let (input, output) = (shape.input[0] * shape.input[1] * channels, height * width * channels);
        let length = shape.kernel[0] * shape.kernel[1] * channels;
        assert_eq!((x.len(), g.len()), (shape.batch * input, shape.batch * output));
        let images = shape.batch.div_ceil(GROUPS);
        let parts: Vec<Buffer> = (0..shape.batch.div_ceil(images))
            .into_par_iter()
            .map(|part| {
                let mut sum = Buffer::zeroed(length);
                let range = part * images..((part + 1) * images).min(shape.batch);
                // SAFETY: the kernel asks for whole images of `x` and `g`, as many of each, and for a sum as long as the weight, which these are.
                unsafe {
                    dispatch(Sums {
                        x: &x[range.start * input..range.end * input],
                        g: &g[range.start * output..range.end * output],
                        shape,
                        channels,
                        sum: &mut sum,
                    });
                }
                sum
            })
            .collect();
        sum_in_order(parts, length)
    }
}
