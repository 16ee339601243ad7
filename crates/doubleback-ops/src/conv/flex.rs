//! Convolutions on Burn's CPU backend: native kernels for f32, default bodies for other types.

use burn::backend::Flex;
use burn::backend::tensor::FloatTensor;

use super::backend::ConvOps;
use super::default;
use super::results::Convolved;
use crate::kernels;
use crate::options::{Conv2dShape, GroupedConv2dShape};
use crate::slices::{contiguous, native, small, tensor, values};

impl ConvOps for Flex {
    fn conv2d(x: FloatTensor<Self>, w: FloatTensor<Self>, shape: Conv2dShape) -> FloatTensor<Self> {
        if !native(&x) {
            return default::conv2d::<Self>(x, w, shape);
        }
        let (x, w) = (contiguous(x), contiguous(w));
        tensor(kernels::conv2d(values(&x), values(&w), &shape), &shape.output_dims())
    }

    fn conv2d_biased(
        x: FloatTensor<Self>,
        w: FloatTensor<Self>,
        bias: FloatTensor<Self>,
        shape: Conv2dShape,
        relu: bool,
    ) -> FloatTensor<Self> {
        if !native(&x) {
            return default::conv2d_biased::<Self>(x, w, bias, shape, relu);
        }
        let (x, w, bias) = (contiguous(x), contiguous(w), contiguous(bias));
        let y = kernels::conv2d_biased(values(&x), values(&w), values(&bias), &shape, relu);
        tensor(y, &shape.output_dims())
    }

    fn conv2d_on_tape(x: FloatTensor<Self>, w: FloatTensor<Self>, shape: Conv2dShape) -> FloatTensor<Self> {
        if !native(&x) {
            return default::conv2d::<Self>(x, w, shape);
        }
        let (x, w) = (contiguous(x), contiguous(w));
        tensor(
            kernels::conv2d_on_tape(values(&x), values(&w), &shape),
            &shape.output_dims(),
        )
    }

    fn conv2d_of_gradient(x: FloatTensor<Self>, w: FloatTensor<Self>, shape: Conv2dShape) -> FloatTensor<Self> {
        if !native(&x) {
            return default::conv2d::<Self>(x, w, shape);
        }
        let (x, w) = (contiguous(x), contiguous(w));
        tensor(
            kernels::conv2d_of_gradient(values(&x), values(&w), &shape),
            &shape.output_dims(),
        )
    }

    fn conv2d_with_statistics(x: FloatTensor<Self>, w: FloatTensor<Self>, shape: Conv2dShape) -> Convolved<Self> {
        if !native(&x) {
            return default::conv2d_with_statistics::<Self>(x, w, shape);
        }
        let (x, w) = (contiguous(x), contiguous(w));
        let (y, statistics) = kernels::conv2d_with_statistics(values(&x), values(&w), &shape);
        Convolved {
            values: tensor(y, &shape.output_dims()),
            statistics: small(statistics, &[2, shape.channels_out]),
        }
    }

    fn conv2d_input_grad(g: FloatTensor<Self>, w: FloatTensor<Self>, shape: Conv2dShape) -> FloatTensor<Self> {
        if !native(&g) {
            return default::conv2d_input_grad::<Self>(g, w, shape);
        }
        let (g, w) = (contiguous(g), contiguous(w));
        tensor(
            kernels::conv2d_input_grad(values(&g), values(&w), &shape),
            &shape.input_dims(),
        )
    }

    fn conv2d_input_grad_on_tape(g: FloatTensor<Self>, w: FloatTensor<Self>, shape: Conv2dShape) -> FloatTensor<Self> {
        if !native(&g) {
            return default::conv2d_input_grad::<Self>(g, w, shape);
        }
        let (g, w) = (contiguous(g), contiguous(w));
        tensor(
            kernels::conv2d_input_grad_on_tape(values(&g), values(&w), &shape),
            &shape.input_dims(),
        )
    }

    fn conv2d_weight_grad(x: FloatTensor<Self>, g: FloatTensor<Self>, shape: Conv2dShape) -> FloatTensor<Self> {
        if !native(&g) {
            return default::conv2d_weight_grad::<Self>(x, g, shape);
        }
        let (x, g) = (contiguous(x), contiguous(g));
        tensor(
            kernels::conv2d_weight_grad(values(&x), values(&g), &shape),
            &shape.weight_dims(),
        )
    }

    fn grouped_conv2d(x: FloatTensor<Self>, w: FloatTensor<Self>, shape: GroupedConv2dShape) -> FloatTensor<Self> {
        if !native(&x) {
            return default::grouped_conv2d::<Self>(x, w, shape);
        }
        let (x, w) = (contiguous(x), contiguous(w));
        tensor(
            kernels::grouped_conv2d(values(&x), values(&w), &shape),
            &shape.output_dims(),
        )
    }

    fn grouped_conv2d_input_grad(
        g: FloatTensor<Self>,
        w: FloatTensor<Self>,
        shape: GroupedConv2dShape,
    ) -> FloatTensor<Self> {
        if !native(&g) {
            return default::grouped_conv2d_input_grad::<Self>(g, w, shape);
        }
        let (g, w) = (contiguous(g), contiguous(w));
        tensor(
            kernels::grouped_conv2d_input_grad(values(&g), values(&w), &shape),
            &shape.input_dims(),
        )
    }

    fn grouped_conv2d_weight_grad(
        x: FloatTensor<Self>,
        g: FloatTensor<Self>,
        shape: GroupedConv2dShape,
    ) -> FloatTensor<Self> {
        if !native(&g) {
            return default::grouped_conv2d_weight_grad::<Self>(x, g, shape);
        }
        let (x, g) = (contiguous(x), contiguous(g));
        tensor(
            kernels::grouped_conv2d_weight_grad(values(&x), values(&g), &shape),
            &shape.weight_dims(),
        )
    }
}
