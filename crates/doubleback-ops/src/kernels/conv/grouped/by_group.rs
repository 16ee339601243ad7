//! Each group by the kernels for one, on a copy of its channels. Groups do not meet, so what one gives does not depend on the others.

use rayon::prelude::*;

use crate::kernels::buffer::Buffer;
use crate::kernels::conv::{
    conv2d_input_grad as plain_input_grad, conv2d_on_tape as plain, conv2d_weight_grad as plain_weight_grad,
    convolutions_are_direct, with_direct_convolutions,
};
use crate::options::GroupedConv2dShape;

pub(super) fn conv2d(x: &[f32], w: &[f32], shape: &GroupedConv2dShape) -> Buffer {
    let (part, groups) = (&shape.part, shape.groups);
    side_by_side(part.channels_out, groups, |group| {
        let x = channels(x, group, part.channels_in, groups);
        plain(&x, &channels(w, group, part.channels_out, groups), part)
    })
}

pub(super) fn conv2d_input_grad(g: &[f32], w: &[f32], shape: &GroupedConv2dShape) -> Buffer {
    let (part, groups) = (&shape.part, shape.groups);
    side_by_side(part.channels_in, groups, |group| {
        let g = channels(g, group, part.channels_out, groups);
        plain_input_grad(&g, &channels(w, group, part.channels_out, groups), part)
    })
}

pub(super) fn conv2d_weight_grad(x: &[f32], g: &[f32], shape: &GroupedConv2dShape) -> Buffer {
    let (part, groups) = (&shape.part, shape.groups);
    side_by_side(part.channels_out, groups, |group| {
        let x = channels(x, group, part.channels_in, groups);
        plain_weight_grad(&x, &channels(g, group, part.channels_out, groups), part)
    })
}

/// The values of a group's channels, `each` of every pixel.
fn channels(values: &[f32], group: usize, each: usize, groups: usize) -> Vec<f32> {
    let mut own = Vec::with_capacity(values.len() / groups);
    for pixel in values.chunks_exact(each * groups) {
        own.extend_from_slice(&pixel[group * each..][..each]);
    }
    own
}

/// The results of all groups, with `each` channels of every pixel.
fn side_by_side(each: usize, groups: usize, result: impl Fn(usize) -> Buffer + Send + Sync) -> Buffer {
    let direct = convolutions_are_direct();
    let of_group = |group| with_direct_convolutions(direct, || result(group));
    let parts: Vec<Buffer> = (0..groups).into_par_iter().map(of_group).collect();
    let mut all = Buffer::<f32>::zeroed(parts.iter().map(Buffer::len).sum());
    for (group, part) in parts.iter().enumerate() {
        for (pixel, own) in all.chunks_exact_mut(each * groups).zip(part.chunks_exact(each)) {
            pixel[group * each..][..each].copy_from_slice(own);
        }
    }
    all
}
