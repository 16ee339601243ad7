//! Default bodies of the convolutions.

use burn::backend::Backend;
use burn::backend::ops::ConvOptions;
use burn::backend::tensor::FloatTensor;

use super::results::Convolved;
use crate::batch_norm::default::batch_norm_statistics;
use crate::options::{Conv2dShape, GroupedConv2dShape};
use crate::relu::default::leaky_relu_vjp;
use crate::stock::{nchw, nhwc, oihw, reshape, zeros_like};

fn conv_options(shape: &Conv2dShape) -> ConvOptions<2> {
    ConvOptions::new(shape.stride, shape.padding, shape.dilation, 1)
}

/// Convolution.
pub(crate) fn conv2d<B: Backend>(x: FloatTensor<B>, w: FloatTensor<B>, shape: Conv2dShape) -> FloatTensor<B> {
    nhwc::<B>(B::conv2d(nchw::<B>(x), oihw::<B>(w), None, conv_options(&shape)))
}

/// Convolution, a bias, and a ReLU if asked.
pub(crate) fn conv2d_biased<B: Backend>(
    x: FloatTensor<B>,
    w: FloatTensor<B>,
    bias: FloatTensor<B>,
    shape: Conv2dShape,
    relu: bool,
) -> FloatTensor<B> {
    rectified::<B>(biased::<B>(conv2d::<B>(x, w, shape), bias, shape), relu)
}

/// A bias for each channel.
pub(crate) fn biased<B: Backend>(z: FloatTensor<B>, bias: FloatTensor<B>, shape: Conv2dShape) -> FloatTensor<B> {
    B::float_add(z, reshape::<B>(bias, &[1, 1, 1, shape.channels_out]))
}

fn rectified<B: Backend>(y: FloatTensor<B>, relu: bool) -> FloatTensor<B> {
    if relu {
        leaky_relu_vjp::<B>(y.clone(), y, 0.0)
    } else {
        y
    }
}

/// Convolution and the statistics of its result.
pub(crate) fn conv2d_with_statistics<B: Backend>(
    x: FloatTensor<B>,
    w: FloatTensor<B>,
    shape: Conv2dShape,
) -> Convolved<B> {
    let values = conv2d::<B>(x, w, shape);
    Convolved {
        statistics: batch_norm_statistics::<B>(values.clone()),
        values,
    }
}

/// Gradient of a convolution's input.
pub(crate) fn conv2d_input_grad<B: Backend>(
    g: FloatTensor<B>,
    w: FloatTensor<B>,
    shape: Conv2dShape,
) -> FloatTensor<B> {
    let x = zeros_like::<B>(&g, &[shape.batch, shape.channels_in, shape.input[0], shape.input[1]]);
    nhwc::<B>(B::conv2d_x_backward(
        x,
        oihw::<B>(w),
        nchw::<B>(g),
        conv_options(&shape),
    ))
}

/// Gradient of a convolution's weight.
pub(crate) fn conv2d_weight_grad<B: Backend>(
    x: FloatTensor<B>,
    g: FloatTensor<B>,
    shape: Conv2dShape,
) -> FloatTensor<B> {
    let w = zeros_like::<B>(
        &g,
        &[shape.channels_out, shape.channels_in, shape.kernel[0], shape.kernel[1]],
    );
    let w = B::conv2d_weight_backward(nchw::<B>(x), w, nchw::<B>(g), conv_options(&shape));
    B::float_permute(w, &[2, 3, 1, 0])
}

fn grouped_options(GroupedConv2dShape { part, groups }: &GroupedConv2dShape) -> ConvOptions<2> {
    ConvOptions::new(part.stride, part.padding, part.dilation, *groups)
}

/// Convolution of several groups.
pub(crate) fn grouped_conv2d<B: Backend>(
    x: FloatTensor<B>,
    w: FloatTensor<B>,
    shape: GroupedConv2dShape,
) -> FloatTensor<B> {
    nhwc::<B>(B::conv2d(nchw::<B>(x), oihw::<B>(w), None, grouped_options(&shape)))
}

/// Gradient of its input.
pub(crate) fn grouped_conv2d_input_grad<B: Backend>(
    g: FloatTensor<B>,
    w: FloatTensor<B>,
    shape: GroupedConv2dShape,
) -> FloatTensor<B> {
    let [batch, height, width, channels] = shape.input_dims();
    let x = zeros_like::<B>(&g, &[batch, channels, height, width]);
    nhwc::<B>(B::conv2d_x_backward(
        x,
        oihw::<B>(w),
        nchw::<B>(g),
        grouped_options(&shape),
    ))
}

/// Gradient of its weight.
pub(crate) fn grouped_conv2d_weight_grad<B: Backend>(
    x: FloatTensor<B>,
    g: FloatTensor<B>,
    shape: GroupedConv2dShape,
) -> FloatTensor<B> {
    let [height, width, channels_in, channels_out] = shape.weight_dims();
    let w = zeros_like::<B>(&g, &[channels_out, channels_in, height, width]);
    let w = B::conv2d_weight_backward(nchw::<B>(x), w, nchw::<B>(g), grouped_options(&shape));
    B::float_permute(w, &[2, 3, 1, 0])
}
