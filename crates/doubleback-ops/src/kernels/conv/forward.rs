//! The convolution, by the algorithm that suits its shape.

use crate::kernels::batch_norm::{Partial, merged};
use crate::kernels::buffer::Buffer;
use crate::kernels::simd::isa;
use crate::options::Conv2dShape;

use super::direct::conv2d_direct;
use super::few::conv2d_few;
use super::{gathered, winograd};

/// Convolution of `x` with `w`; see [`crate::conv2d`] for shapes.
pub fn conv2d(x: &[f32], w: &[f32], shape: &Conv2dShape) -> Buffer {
    conv2d_then(x, w, shape, |_| ()).0
}

/// [`conv2d`] where only gradients are computed from the result: larger tiles may be used.
pub fn conv2d_of_gradient(x: &[f32], w: &[f32], shape: &Conv2dShape) -> Buffer {
    assert_eq!((x.len(), w.len()), lengths(shape));
    if 2 * shape.channels_out > isa().lanes() && winograd::pays_gradient(shape) {
        return winograd::conv2d_winograd_gradient(x, w, shape);
    }
    conv2d(x, w, shape)
}

/// [`conv2d`], with mean and biased variance of each channel, `[2, channels]`, taken while the values are in the cache.
pub fn conv2d_with_statistics(x: &[f32], w: &[f32], shape: &Conv2dShape) -> (Buffer, Vec<f32>) {
    let channels = shape.channels_out;
    let (y, parts) = conv2d_then(x, w, shape, |pixels| Partial::of(pixels, channels));
    (y, merged(&parts, channels))
}

/// Values of the input and of the weight.
///
/// # Panics
/// When the sizes are not those of a convolution: kernels read and write by them without looking again.
fn lengths(shape: &Conv2dShape) -> (usize, usize) {
    shape.assert_sound();
    (
        shape.input_dims().iter().product(),
        shape.weight_dims().iter().product(),
    )
}

/// Convolution, and what `after` says to each run of pixels just written. The runs depend on the shape alone.
pub(super) fn conv2d_then<P: Send>(
    x: &[f32],
    w: &[f32],
    shape: &Conv2dShape,
    after: impl Fn(&mut [f32]) -> P + Sync,
) -> (Buffer, Vec<P>) {
    assert_eq!((x.len(), w.len()), lengths(shape));
    if 2 * shape.channels_out <= isa().lanes() && shape.dilation == [1, 1] {
        return conv2d_few(x, w, shape, after);
    }
    if winograd::pays_forward(shape) {
        return winograd::conv2d_winograd(x, w, shape, after);
    }
    if gathered::pays(shape) {
        return gathered::conv2d_gathered(x, w, shape, after);
    }
    conv2d_direct(x, w, shape, after)
}
