//! Convolution to so few output channels that they would leave vector lanes empty (the image gradient of a first layer):
//! here the lanes run over the taps instead, and are summed at the end.

use crate::options::Conv2dShape;

use super::image::{Padded, kernel_rows};
use crate::kernels::buffer::Buffer;
use crate::kernels::simd::{Kernel, Simd, dispatch};
use crate::kernels::tile::{each, evenly, unrolled};

/// Pixels whose sums are kept in registers at once.
const PIXELS: usize = 8;

/// As [`conv2d`](super::conv2d).
pub(crate) fn conv2d_few<P: Send>(
    x: &[f32],
    w: &[f32],
    shape: &Conv2dShape,
    after: impl Fn(&mut [f32]) -> P + Sync,
) -> (Buffer, Vec<P>) {
    let channels = shape.channels_out;
    let taps = shape.kernel[0] * shape.kernel[1] * shape.channels_in;
    // [out][taps]
    let weights: Vec<f32> = (0..channels)
        .flat_map(|out| (0..taps).map(move |tap| w[tap * channels + out]))
        .collect();
    let [height, width] = shape.output();
    let input = shape.input[0] * shape.input[1] * shape.channels_in;
    // SAFETY: `filled_then` hands the kernel one image, of which it writes every channel of every pixel of every row. It reads one image of `x` and the
    // weights, whose lengths the caller asserted.
    unsafe {
        Buffer::filled_then(
            shape.batch,
            height * width * channels,
            |image, out| {
                dispatch(Few {
                    x: &x[image * input..][..input],
                    weights: &weights,
                    shape,
                    out,
                });
            },
            after,
        )
    }
}

/// `x` must be one image, `weights` the weight as `[out][taps]`, `out` valid for writes of one image of output.
struct Few<'a> {
    x: &'a [f32],
    weights: &'a [f32],
    shape: &'a Conv2dShape,
    out: *mut f32,
}

impl Kernel for Few<'_> {
    type Output = ();

    #[inline(always)]
    unsafe fn run<S: Simd>(self) {
        let shape = self.shape;
        let mut padded = Padded::new(shape, 0);
        let stride = padded.stride;
        let x = padded.fill(self.x, shape);
        let [height, width] = shape.output();
        let taps = shape.kernel[1] * shape.channels_in;
        let pixel_stride = shape.stride[1] * shape.channels_in;
        for y in 0..height {
            let (start, end, input_row) = kernel_rows(shape, y);
            for channel in 0..shape.channels_out {
                let weights = &self.weights[(channel * shape.kernel[0] + start) * taps..];
                for (first, pixels) in evenly(width, PIXELS) {
                    // SAFETY: `kernel_rows` gives kernel rows whose input rows are inside the image, and the kernel fits the padded row at each of the
                    // pixels first..first + pixels <= width, as the shape was checked: all reads are inside `x`, and when no row is left,
                    // nothing is read. The weights of `channel` have `end - start` rows from `start` on. The pixels written are in row y.
                    unsafe {
                        let input = if end > start {
                            x.as_ptr().add(input_row * stride + first * pixel_stride)
                        } else {
                            x.as_ptr()
                        };
                        let out = self.out.add((y * width + first) * shape.channels_out + channel);
                        unrolled!(pixels, M => S::call(Dots::<M> {
                            input, pixel_stride, row_stride: stride, rows: end - start, taps, weights: weights.as_ptr(), out,
                            out_stride: shape.channels_out,
                        }));
                    }
                }
            }
        }
    }
}

/// `out[pixel] = Σ_row Σ_tap input[pixel][row][tap] · weights[row][tap]` for M pixels.
///
/// `input` must be valid for `rows` rows of `taps` values for each of the pixels, `weights` for `rows * taps` values, `out` for M values
/// `out_stride` apart.
struct Dots<const M: usize> {
    input: *const f32,
    pixel_stride: usize,
    row_stride: usize,
    rows: usize,
    taps: usize,
    weights: *const f32,
    out: *mut f32,
    out_stride: usize,
}

impl<const M: usize> Kernel for Dots<M> {
    type Output = ();

    #[inline(always)]
    unsafe fn run<S: Simd>(self) {
        let Self {
            input,
            pixel_stride,
            row_stride,
            rows,
            taps,
            weights,
            out,
            out_stride,
        } = self;
        // SAFETY: pixel m < M, row < rows and tap < taps throughout, and vectors end at `whole <= taps`: inside what the pointers are valid for.
        unsafe {
            let mut sums = [S::zero(); M];
            let mut rest = [0f32; M];
            let whole = taps / S::LANES * S::LANES;
            for row in 0..rows {
                let (x, w) = (input.add(row * row_stride), weights.add(row * taps));
                for tap in (0..whole).step_by(S::LANES) {
                    let weight = S::load(w.add(tap));
                    each!(
                        m < M,
                        sums[m] = S::mul_add(S::load(x.add(m * pixel_stride + tap)), weight, sums[m])
                    );
                }
                for tap in whole..taps {
                    for (m, sum) in rest.iter_mut().enumerate() {
                        *sum += *x.add(m * pixel_stride + tap) * *w.add(tap);
                    }
                }
            }
            for m in 0..M {
                *out.add(m * out_stride) = S::sum(sums[m]) + rest[m];
            }
        }
    }
}
