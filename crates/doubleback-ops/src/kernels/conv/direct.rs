//! Direct convolution: output channels in vector registers, rows of output pixels in a register tile.

use crate::kernels::buffer::Buffer;
use crate::kernels::pack::Panels;
use crate::kernels::simd::{Kernel, Simd, dispatch};
use crate::kernels::tile::{Reads, row_in_parts};
use crate::options::Conv2dShape;

use super::image::{Padded, Runs, kernel_rows};

/// [`conv2d`](super::conv2d) of any shape, in sums of about `terms`, and what `after` says to each image just written.
pub(super) fn conv2d_direct<P: Send>(
    x: &[f32],
    w: &[f32],
    shape: &Conv2dShape,
    terms: usize,
    after: impl Fn(&mut [f32]) -> P + Sync,
) -> (Buffer, Vec<P>) {
    let taps = shape.kernel[0] * shape.kernel[1] * shape.channels_in;
    let panels = Panels::of_rows(w, taps, shape.channels_out);
    let [_, height, width, channels] = shape.output_dims();
    let input = shape.input[0] * shape.input[1] * shape.channels_in;
    // SAFETY: `filled_then` hands the kernel one image; panels are all output channels and rows all of its rows, so it writes every value. It reads one
    // image of `x` and the panels of a weight, whose lengths the caller asserted.
    unsafe {
        Buffer::filled_then(
            shape.batch,
            height * width * channels,
            |image, out| {
                dispatch(Direct {
                    x: &x[image * input..][..input],
                    panels: &panels,
                    shape,
                    terms,
                    out,
                });
            },
            after,
        )
    }
}

/// `x` must be one image, `panels` those of the weight, `out` valid for writes of one image of output.
struct Direct<'a> {
    x: &'a [f32],
    panels: &'a Panels,
    shape: &'a Conv2dShape,
    terms: usize,
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
                // SAFETY: `kernel_rows` gives kernel rows whose input rows are inside the image, and the kernel fits the padded row at each of `width`
                // pixels, as the shape was checked: all reads are inside `x`; when no row is left, nothing is read. The panel has a row for every
                // tap. `out` has `width` pixels of all channels in row y < height.
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
                    row_in_parts::<S>(
                        reads,
                        self.terms,
                        width,
                        &panel,
                        start * taps,
                        out,
                        shape.channels_out,
                        false,
                    );
                }
            }
        }
    }
}
