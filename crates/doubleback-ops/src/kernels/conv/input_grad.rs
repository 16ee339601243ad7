//! Input gradient of a convolution, which is also the transposed convolution.

use crate::options::Conv2dShape;

use super::forward::conv2d_then;
use super::gathered;
use super::winograd::Purpose;
use crate::kernels::buffer::Buffer;
use crate::kernels::pack::{Panels, Turn};
use crate::kernels::simd::{Kernel, Simd, dispatch};
use crate::kernels::tile::{Reads, row};

/// Input gradient at the cotangent `g`; see [`crate::conv2d_input_grad`] for shapes.
pub fn conv2d_input_grad(g: &[f32], w: &[f32], shape: &Conv2dShape) -> Buffer {
    input_grad(g, w, shape, Purpose::Gradient)
}

/// [`conv2d_input_grad`] where gradients are taken through the result: it rounds less.
pub fn conv2d_input_grad_on_tape(g: &[f32], w: &[f32], shape: &Conv2dShape) -> Buffer {
    input_grad(g, w, shape, Purpose::TapeGradient)
}

fn input_grad(g: &[f32], w: &[f32], shape: &Conv2dShape, purpose: Purpose) -> Buffer {
    shape.assert_sound();
    assert_eq!(
        (g.len(), w.len()),
        (
            shape.output_dims().iter().product(),
            shape.weight_dims().iter().product()
        )
    );
    let reach = shape.reach();
    if shape.stride == [1, 1] && shape.padding[0] < reach[0] && shape.padding[1] < reach[1] {
        correlate(g, w, shape, purpose)
    } else if gathered::pays_input_grad(shape) {
        gathered::input_grad_gathered(g, w, shape, purpose.terms())
    } else {
        scatter(g, w, shape)
    }
}

/// At stride 1 the gradient is the convolution of `g` with the kernel turned by 180°.
fn correlate(g: &[f32], w: &[f32], shape: &Conv2dShape, purpose: Purpose) -> Buffer {
    let (ci, co) = (shape.channels_in, shape.channels_out);
    let taps = shape.kernel[0] * shape.kernel[1];
    let turned = purpose.prepared(("turned", [taps, ci, co, 0]), w, w.len(), || turned(w, taps, ci, co));
    let padding = [
        shape.reach()[0] - 1 - shape.padding[0],
        shape.reach()[1] - 1 - shape.padding[1],
    ];
    let transposed = Conv2dShape {
        batch: shape.batch,
        input: shape.output(),
        channels_in: co,
        kernel: shape.kernel,
        channels_out: ci,
        stride: [1, 1],
        padding,
        dilation: shape.dilation,
    };
    conv2d_then(g, &turned, &transposed, purpose, |_| ()).0
}

/// The kernel turned by 180°, with input and output channels exchanged.
fn turned(w: &[f32], taps: usize, ci: usize, co: usize) -> Buffer {
    let plane = ci * co;
    // SAFETY: a chunk is a tap of the result, and the tap that comes there has `ci` rows of `co` values in `w`, all of which are copied: as many.
    unsafe {
        Buffer::filled(taps, plane, |tap, to| {
            dispatch(Turn {
                from: w[(taps - 1 - tap) * plane..][..plane].as_ptr(),
                step: co,
                to,
                to_step: ci,
                size: [ci, co],
            });
        })
    }
}

/// Any stride: each output pixel's values of all taps at once, then added where they belong.
fn scatter(g: &[f32], w: &[f32], shape: &Conv2dShape) -> Buffer {
    let (ci, co) = (shape.channels_in, shape.channels_out);
    let taps = shape.kernel[0] * shape.kernel[1] * ci;
    let panels = Panels::of_columns(w, co, taps);
    let [height, width] = shape.output();
    let image = shape.input[0] * shape.input[1] * ci;
    // SAFETY: `filled` hands the kernel one image, all of which it clears, and so writes, before adding into it; `g` is one image of the cotangent, and
    // the panels hold the weight, whose lengths the caller asserted.
    unsafe {
        Buffer::filled(shape.batch, image, |index, out| {
            let g = &g[index * height * width * co..][..height * width * co];
            dispatch(Scatter {
                g,
                panels: &panels,
                shape,
                out,
            });
        })
    }
}

/// `g` must be one image of the cotangent, `out` valid for writes of one image of input that is no one else's.
struct Scatter<'a> {
    g: &'a [f32],
    panels: &'a Panels,
    shape: &'a Conv2dShape,
    out: *mut f32,
}

impl Kernel for Scatter<'_> {
    type Output = ();

    #[inline(always)]
    unsafe fn run<S: Simd>(self) {
        let shape = self.shape;
        let ([input_height, input_width], [kernel_height, kernel_width]) = (shape.input, shape.kernel);
        let ([height, width], ci, co) = (shape.output(), shape.channels_in, shape.channels_out);
        let (stride, padding, dilation) = (shape.stride, shape.padding, shape.dilation);
        let taps = kernel_height * kernel_width * ci;
        // SAFETY: `out` is valid for one image of input by the kernel's contract, and zeros are values when the slice is made.
        let image = unsafe {
            std::ptr::write_bytes(self.out, 0, input_height * input_width * ci);
            std::slice::from_raw_parts_mut(self.out, input_height * input_width * ci)
        };
        let mut products = vec![0.0; width * taps];
        for y in 0..height {
            for panel in self.panels.iter() {
                // SAFETY: y < height, so `g` has a row of width * co values from there on; a panel's columns are among the taps, so `products` has its
                // `width` rows of them, taps apart; the panel has co rows.
                unsafe {
                    let input = self.g.as_ptr().add(y * width * co);
                    let reads = Reads {
                        input,
                        pixel_stride: co,
                        row_stride: 0,
                        rows: 1,
                        groups: 1,
                        group_stride: 0,
                        taps: co,
                        tap_stride: 1,
                    };
                    row::<S>(
                        reads,
                        width,
                        &panel,
                        0,
                        products.as_mut_ptr().add(panel.start),
                        taps,
                        false,
                    );
                }
            }
            for ky in 0..kernel_height {
                let Some(iy) = (y * stride[0] + ky * dilation[0])
                    .checked_sub(padding[0])
                    .filter(|&iy| iy < input_height)
                else {
                    continue;
                };
                for (x, values) in products.chunks_exact(taps).enumerate() {
                    for kx in 0..kernel_width {
                        let Some(ix) = (x * stride[1] + kx * dilation[1])
                            .checked_sub(padding[1])
                            .filter(|&ix| ix < input_width)
                        else {
                            continue;
                        };
                        let target = &mut image[(iy * input_width + ix) * ci..][..ci];
                        let source = &values[(ky * kernel_width + kx) * ci..][..ci];
                        for (t, s) in target.iter_mut().zip(source) {
                            *t += s;
                        }
                    }
                }
            }
        }
    }
}
