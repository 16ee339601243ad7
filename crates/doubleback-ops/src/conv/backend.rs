//! What a backend does of a convolution.

use burn::backend::tensor::FloatTensor;
use burn::backend::{Backend, backend_extension};

use super::default;
use super::results::Convolved;
use crate::options::{Conv2dShape, GroupedConv2dShape};

/// Convolutions on tensor primitives: one method an op, each with a default body of stock Burn ops.
#[backend_extension(Flex, Cube: cfg(feature = "cube"), Autodiff)]
pub(crate) trait ConvOps: Backend {
    /// See [`conv2d`](super::conv2d).
    fn conv2d(x: FloatTensor<Self>, w: FloatTensor<Self>, shape: Conv2dShape) -> FloatTensor<Self> {
        default::conv2d::<Self>(x, w, shape)
    }
    /// See [`conv2d_biased`](super::conv2d_biased).
    fn conv2d_biased(
        x: FloatTensor<Self>,
        w: FloatTensor<Self>,
        bias: FloatTensor<Self>,
        shape: Conv2dShape,
        relu: bool,
    ) -> FloatTensor<Self> {
        default::conv2d_biased::<Self>(x, w, bias, shape, relu)
    }
    /// [`conv2d`](Self::conv2d) where gradients are taken through the result, so that it shall round less.
    fn conv2d_on_tape(x: FloatTensor<Self>, w: FloatTensor<Self>, shape: Conv2dShape) -> FloatTensor<Self> {
        <Self as ConvOps>::conv2d(x, w, shape)
    }
    /// [`conv2d`](Self::conv2d) where only gradients are computed from the result, so that it may round a little more.
    fn conv2d_of_gradient(x: FloatTensor<Self>, w: FloatTensor<Self>, shape: Conv2dShape) -> FloatTensor<Self> {
        <Self as ConvOps>::conv2d(x, w, shape)
    }
    /// See [`conv2d_with_statistics`](super::conv2d_with_statistics). The statistics are a constant for differentiation, as those of
    /// [`batch_norm_statistics`](crate::batch_norm_statistics) are.
    fn conv2d_with_statistics(x: FloatTensor<Self>, w: FloatTensor<Self>, shape: Conv2dShape) -> Convolved<Self> {
        default::conv2d_with_statistics::<Self>(x, w, shape)
    }
    /// See [`conv2d_input_grad`](super::conv2d_input_grad).
    fn conv2d_input_grad(g: FloatTensor<Self>, w: FloatTensor<Self>, shape: Conv2dShape) -> FloatTensor<Self> {
        default::conv2d_input_grad::<Self>(g, w, shape)
    }
    /// [`conv2d_input_grad`](Self::conv2d_input_grad) where gradients are taken through the result, so that it shall round less.
    fn conv2d_input_grad_on_tape(g: FloatTensor<Self>, w: FloatTensor<Self>, shape: Conv2dShape) -> FloatTensor<Self> {
        Self::conv2d_input_grad(g, w, shape)
    }
    /// See [`conv2d_weight_grad`](super::conv2d_weight_grad).
    fn conv2d_weight_grad(x: FloatTensor<Self>, g: FloatTensor<Self>, shape: Conv2dShape) -> FloatTensor<Self> {
        default::conv2d_weight_grad::<Self>(x, g, shape)
    }
    /// [`conv2d`](Self::conv2d) of several groups.
    fn grouped_conv2d(x: FloatTensor<Self>, w: FloatTensor<Self>, shape: GroupedConv2dShape) -> FloatTensor<Self> {
        default::grouped_conv2d::<Self>(x, w, shape)
    }
    /// [`conv2d_input_grad`](Self::conv2d_input_grad) of several groups.
    fn grouped_conv2d_input_grad(
        g: FloatTensor<Self>,
        w: FloatTensor<Self>,
        shape: GroupedConv2dShape,
    ) -> FloatTensor<Self> {
        default::grouped_conv2d_input_grad::<Self>(g, w, shape)
    }
    /// [`conv2d_weight_grad`](Self::conv2d_weight_grad) of several groups.
    fn grouped_conv2d_weight_grad(
        x: FloatTensor<Self>,
        g: FloatTensor<Self>,
        shape: GroupedConv2dShape,
    ) -> FloatTensor<Self> {
        default::grouped_conv2d_weight_grad::<Self>(x, g, shape)
    }
}
