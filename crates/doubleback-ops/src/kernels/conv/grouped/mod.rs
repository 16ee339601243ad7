//! Convolutions of several groups: channel by channel where a group has one input channel, else by the kernels for one group.

mod by_group;
mod depthwise;
mod line;
mod sums;

use crate::kernels::buffer::Buffer;
use crate::options::GroupedConv2dShape;

use depthwise::Depthwise;

/// Convolution of `x` with `w`; see [`crate::conv2d`] for shapes.
pub fn grouped_conv2d(x: &[f32], w: &[f32], shape: &GroupedConv2dShape) -> Buffer {
    shape.assert_sound();
    assert_eq!(
        (x.len(), w.len()),
        (count(shape.input_dims()), count(shape.weight_dims()))
    );
    match Depthwise::of(shape) {
        Some(depthwise) => depthwise.conv2d(x, w),
        None => by_group::conv2d(x, w, shape),
    }
}

/// Input gradient at the cotangent `g`; see [`crate::conv2d_input_grad`] for shapes.
pub fn grouped_conv2d_input_grad(g: &[f32], w: &[f32], shape: &GroupedConv2dShape) -> Buffer {
    shape.assert_sound();
    assert_eq!(
        (g.len(), w.len()),
        (count(shape.output_dims()), count(shape.weight_dims()))
    );
    match Depthwise::of(shape) {
        Some(depthwise) => depthwise.input_grad(g, w),
        None => by_group::conv2d_input_grad(g, w, shape),
    }
}

/// Weight gradient at the cotangent `g`; see [`crate::conv2d_weight_grad`] for shapes.
pub fn grouped_conv2d_weight_grad(x: &[f32], g: &[f32], shape: &GroupedConv2dShape) -> Buffer {
    shape.assert_sound();
    assert_eq!(
        (x.len(), g.len()),
        (count(shape.input_dims()), count(shape.output_dims()))
    );
    match Depthwise::of(shape) {
        Some(depthwise) => depthwise.weight_grad(x, g),
        None => by_group::conv2d_weight_grad(x, g, shape),
    }
}

fn count(dims: [usize; 4]) -> usize {
    dims.iter().product()
}
