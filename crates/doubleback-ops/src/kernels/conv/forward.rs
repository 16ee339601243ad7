//! The convolution, by the algorithm that suits its shape.

use crate::kernels::batch_norm::{Partial, merged};
use crate::kernels::buffer::Buffer;
use crate::kernels::simd::isa;
use crate::options::Conv2dShape;

use super::direct::conv2d_direct;
use super::few::conv2d_few;
use super::gathered;
use super::winograd::{self, Purpose};

/// Convolution of `x` with `w`; see [`crate::conv2d`] for shapes.
pub fn conv2d(x: &[f32], w: &[f32], shape: &Conv2dShape) -> Buffer {
    conv2d_then(x, w, shape, Purpose::Values, |_| ()).0
}

/// [`conv2d`] where gradients are taken through the result, twice maybe: it rounds less.
pub fn conv2d_on_tape(x: &[f32], w: &[f32], shape: &Conv2dShape) -> Buffer {
    conv2d_then(x, w, shape, Purpose::Tape, |_| ()).0
}

/// [`conv2d`] where only gradients are computed from the result: it may round more.
pub fn conv2d_of_gradient(x: &[f32], w: &[f32], shape: &Conv2dShape) -> Buffer {
    conv2d_then(x, w, shape, Purpose::Gradient, |_| ()).0
}

/// [`conv2d_on_tape`], with mean and biased variance of each channel, `[2, channels]`, taken while the values are in the cache.
pub fn conv2d_with_statistics(x: &[f32], w: &[f32], shape: &Conv2dShape) -> (Buffer, Vec<f32>) {
    let channels = shape.channels_out;
    let (y, parts) = conv2d_then(x, w, shape, Purpose::Tape, |pixels| Partial::of(pixels, channels));
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
    purpose: Purpose,
    after: impl Fn(&mut [f32]) -> P + Sync,
) -> (Buffer, Vec<P>) {
    assert_eq!((x.len(), w.len()), lengths(shape));
    if 2 * shape.channels_out <= isa().lanes() && shape.dilation == [1, 1] {
        return conv2d_few(x, w, shape, after);
    }
    if winograd::pays(shape, purpose) {
        return winograd::conv2d_winograd(x, w, shape, purpose, after);
    }
    if gathered::pays(shape) {
        return gathered::conv2d_gathered(x, w, shape, purpose.terms(), after);
    }
    conv2d_direct(x, w, shape, purpose.terms(), after)
}
