//! Tile sizes, and the way through the tiles: in runs that threads take one each, or all threads together in phases.

use crate::options::Conv2dShape;

use super::choice::Purpose;
use super::kernel::transformed_kernel;
use super::rows::Rows;
use super::{forward, phases, weight_grad};
use crate::kernels::buffer::Buffer;

/// As `conv2d_then`, for shapes that [`pays`](super::pays) accepts.
pub(in crate::kernels::conv) fn conv2d_winograd<P: Send>(
    x: &[f32],
    w: &[f32],
    shape: &Conv2dShape,
    purpose: Purpose,
    after: impl Fn(&mut [f32]) -> P + Sync,
) -> (Buffer, Vec<P>) {
    let kernel = shape.kernel[0];
    match (kernel, purpose.tile(kernel)) {
        (5, 2) => forward::<6, 5, 2, P>(x, w, shape, purpose, after),
        (5, _) => forward::<8, 5, 4, P>(x, w, shape, purpose, after),
        (_, 2) => forward::<4, 3, 2, P>(x, w, shape, purpose, after),
        (_, _) => forward::<6, 3, 4, P>(x, w, shape, purpose, after),
    }
}

/// As [`conv2d_weight_grad`](super::super::conv2d_weight_grad), for shapes that [`pays`](super::pays) accepts of a gradient.
pub(in crate::kernels::conv) fn conv2d_weight_grad_winograd(x: &[f32], g: &[f32], shape: &Conv2dShape) -> Buffer {
    match shape.kernel[0] {
        5 => weight_grad::<8, 5, 4>(x, g, shape),
        _ => weight_grad::<6, 3, 4>(x, g, shape),
    }
}

fn forward<const N: usize, const R: usize, const M: usize, P: Send>(
    x: &[f32],
    w: &[f32],
    shape: &Conv2dShape,
    purpose: Purpose,
    after: impl Fn(&mut [f32]) -> P + Sync,
) -> (Buffer, Vec<P>) {
    let (ci, co) = (shape.channels_in, shape.channels_out);
    let panels = purpose.prepared(("winograd", [N, R, ci, co]), w, N * N * ci * co, || {
        transformed_kernel::<N, R>(w, ci, co)
    });
    let rows = Rows::new(shape, M, N * N);
    match rows.many_weights {
        true => phases::conv2d::<N, R, M, P>(x, &panels, shape, &rows, after),
        false => forward::conv2d::<N, R, M, P>(x, &panels, shape, &rows, after),
    }
}

fn weight_grad<const N: usize, const R: usize, const M: usize>(x: &[f32], g: &[f32], shape: &Conv2dShape) -> Buffer {
    let rows = Rows::new(shape, M, N * N);
    match rows.many_weights {
        true => phases::weight_grad::<N, R, M>(x, g, shape, &rows),
        false => weight_grad::weight_grad::<N, R, M>(x, g, shape, &rows),
    }
}
