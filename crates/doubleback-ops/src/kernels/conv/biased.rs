//! A convolution with what mostly follows it: a bias and a ReLU, while the values are in the cache.

use super::forward::conv2d_then;
use super::winograd::Purpose;
use crate::kernels::buffer::Buffer;
use crate::kernels::simd::{Kernel, Simd, dispatch};
use crate::kernels::tile::{load_columns, store_columns};
use crate::options::Conv2dShape;

/// [`conv2d`](super::conv2d), plus the bias of each channel, then a ReLU if asked.
pub fn conv2d_biased(x: &[f32], w: &[f32], bias: &[f32], shape: &Conv2dShape, relu: bool) -> Buffer {
    assert_eq!(bias.len(), shape.channels_out);
    let after = |pixels: &mut [f32]| {
        // SAFETY: all that the kernel touches are the slices it is given; runs of a convolution are whole pixels.
        unsafe { dispatch(Biased { pixels, bias, relu }) }
    };
    conv2d_then(x, w, shape, Purpose::Values, after).0
}

/// `pixels` must be whole pixels of as many channels as `bias` has.
struct Biased<'a> {
    pixels: &'a mut [f32],
    bias: &'a [f32],
    relu: bool,
}

impl Kernel for Biased<'_> {
    type Output = ();

    #[inline(always)]
    unsafe fn run<S: Simd>(self) {
        let channels = self.bias.len();
        for pixel in self.pixels.chunks_exact_mut(channels) {
            for channel in (0..channels).step_by(S::LANES) {
                let lanes = channels - channel;
                // SAFETY: `lanes` values are left from `channel` on, in the pixel as in the bias, and no more than these are touched.
                unsafe {
                    let place = pixel.as_mut_ptr().add(channel);
                    let bias = load_columns::<S>(self.bias.as_ptr().add(channel), lanes);
                    let mut value = S::add(load_columns::<S>(place, lanes), bias);
                    if self.relu {
                        // Written so that NaN passes.
                        value = S::keep(S::not_le(value, S::zero()), value);
                    }
                    store_columns::<S>(place, value, lanes);
                }
            }
        }
    }
}
