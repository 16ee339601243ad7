//! Default bodies of the pools.

use burn::backend::tensor::{FloatTensor, IntTensor};
use burn::backend::{Backend, IntDType};
use burn::tensor::{IndexingUpdateOp, Shape};

use super::results::MaxPooled;
use crate::options::Pool2dShape;
use crate::stock::{nchw, nhwc, reshape, zeros_like};

/// Maximum of each window.
pub(crate) fn max_pool2d<B: Backend>(x: FloatTensor<B>, shape: Pool2dShape) -> MaxPooled<B> {
    let o = shape.options;
    let pooled = B::max_pool2d_with_indices(
        nchw::<B>(x),
        o.kernel,
        o.stride,
        o.padding,
        [1, 1],
        false,
        IntDType::I32,
    );
    MaxPooled {
        values: nhwc::<B>(pooled.output),
        indices: B::int_permute(pooled.indices, &[0, 2, 3, 1]),
    }
}

fn flat_indices<B: Backend>(indices: IntTensor<B>, shape: &Pool2dShape) -> IntTensor<B> {
    let [batch, height, width, channels] = shape.output_dims();
    B::int_reshape(
        B::int_permute(indices, &[0, 3, 1, 2]),
        Shape::from(vec![batch, channels, height * width]),
    )
}

/// The pixels of `x` at the positions `indices`.
pub(crate) fn pool_select<B: Backend>(x: FloatTensor<B>, indices: IntTensor<B>, shape: Pool2dShape) -> FloatTensor<B> {
    let planes = reshape::<B>(
        nchw::<B>(x),
        &[shape.batch, shape.channels, shape.input[0] * shape.input[1]],
    );
    let [height, width] = shape.output();
    let picked = B::float_gather(2, planes, flat_indices::<B>(indices, &shape));
    nhwc::<B>(reshape::<B>(picked, &[shape.batch, shape.channels, height, width]))
}

/// `g` added into zeros at the positions `indices`.
pub(crate) fn pool_unselect<B: Backend>(
    g: FloatTensor<B>,
    indices: IntTensor<B>,
    shape: Pool2dShape,
) -> FloatTensor<B> {
    let [height, width] = shape.output();
    let planes = zeros_like::<B>(&g, &[shape.batch, shape.channels, shape.input[0] * shape.input[1]]);
    let g = reshape::<B>(nchw::<B>(g), &[shape.batch, shape.channels, height * width]);
    let planes = B::float_scatter(2, planes, flat_indices::<B>(indices, &shape), g, IndexingUpdateOp::Add);
    nhwc::<B>(reshape::<B>(
        planes,
        &[shape.batch, shape.channels, shape.input[0], shape.input[1]],
    ))
}

/// Mean of each window.
pub(crate) fn avg_pool2d<B: Backend>(x: FloatTensor<B>, shape: Pool2dShape) -> FloatTensor<B> {
    let o = shape.options;
    nhwc::<B>(B::avg_pool2d(nchw::<B>(x), o.kernel, o.stride, o.padding, true, false))
}

/// Transpose of [`avg_pool2d`].
pub(crate) fn avg_pool2d_transpose<B: Backend>(g: FloatTensor<B>, shape: Pool2dShape) -> FloatTensor<B> {
    let o = shape.options;
    let x = zeros_like::<B>(&g, &[shape.batch, shape.channels, shape.input[0], shape.input[1]]);
    nhwc::<B>(B::avg_pool2d_backward(
        x,
        nchw::<B>(g),
        o.kernel,
        o.stride,
        o.padding,
        true,
        false,
    ))
}
