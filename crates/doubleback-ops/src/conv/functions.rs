//! The public functions: they check, and choose between a convolution as it is and one in parts.

use burn::tensor::Tensor;

use super::{parts, plain};
use crate::batch_norm::functions::batch_norm_statistics;
use crate::error::{Result, expect, expect_one_type};
use crate::options::{Conv2dOptions, Conv2dParts};
use crate::relu::functions::relu as rectified;

/// Convolution (cross-correlation, as in every deep learning library).
///
/// # Shapes
/// - `x`: `[batch, height, width, in]`
/// - `w`: `[kernel height, kernel width, in / groups, out]`
/// - result: `[batch, (height + padding - kernel) / stride + 1, …, out]`, where padding is that of both sides and the kernel is dilated
///
/// # Errors
/// When channels disagree or are not divisible by the groups, the kernel does not fit, or float types differ.
///
/// ```
/// use burn::tensor::{Device, Tensor};
/// use doubleback_ops::{Conv2dOptions, conv2d};
///
/// let device = Device::flex();
/// let x = Tensor::<4>::ones([2, 28, 28, 1], &device);
/// let w = Tensor::<4>::ones([5, 5, 1, 32], &device);
/// assert_eq!(conv2d(x, w, Conv2dOptions::same([5, 5]))?.dims(), [2, 28, 28, 32]);
/// # Ok::<(), doubleback_ops::Error>(())
/// ```
pub fn conv2d(x: Tensor<4>, w: Tensor<4>, options: Conv2dOptions) -> Result<Tensor<4>> {
    let parts = Conv2dParts::new("conv2d", x.dims(), w.dims(), options)?;
    expect_one_type("conv2d", &[("input", x.dtype()), ("weight", w.dtype())])?;
    Ok(match parts.whole() {
        Some(shape) => plain::conv2d(x, w, shape),
        None => parts::conv2d(x, w, &parts),
    })
}

/// [`conv2d`], plus a bias for each channel, then a ReLU if asked; in one pass over memory if the convolution has one group and the same padding on
/// opposite sides, and nothing is on a tape.
///
/// # Shapes
/// As [`conv2d`]; `bias`: `[out]`
///
/// # Errors
/// As [`conv2d`], and when there is not one bias for each output channel.
pub fn conv2d_biased(
    x: Tensor<4>,
    w: Tensor<4>,
    bias: Tensor<1>,
    options: Conv2dOptions,
    relu: bool,
) -> Result<Tensor<4>> {
    let op = "conv2d_biased";
    let parts = Conv2dParts::new(op, x.dims(), w.dims(), options)?;
    let channels = parts.output_dims()[3];
    expect(op, "a bias", [channels], bias.dims())?;
    let types = [("input", x.dtype()), ("weight", w.dtype()), ("bias", bias.dtype())];
    expect_one_type(op, &types)?;
    Ok(match parts.whole() {
        Some(shape) => plain::conv2d_biased(x, w, bias, shape, relu),
        None => {
            let y = parts::conv2d(x, w, &parts) + bias.reshape([1, 1, 1, channels]);
            if relu { rectified(y) } else { y }
        }
    })
}

/// A convolution, with mean and biased variance of each channel of its result, `[2, channels]`, for the batch norm that follows it: as
/// [`conv2d`] and [`batch_norm_statistics`](crate::batch_norm_statistics), in one pass over memory if the convolution has one group and
/// the same padding on opposite sides. The statistics are constants.
///
/// # Errors
/// As [`conv2d`].
pub fn conv2d_with_statistics(x: Tensor<4>, w: Tensor<4>, options: Conv2dOptions) -> Result<(Tensor<4>, Tensor<2>)> {
    let op = "conv2d_with_statistics";
    let parts = Conv2dParts::new(op, x.dims(), w.dims(), options)?;
    expect_one_type(op, &[("input", x.dtype()), ("weight", w.dtype())])?;
    Ok(match parts.whole() {
        Some(shape) => plain::conv2d_with_statistics(x, w, shape),
        None => {
            let y = parts::conv2d(x, w, &parts);
            (y.clone(), batch_norm_statistics(y)?)
        }
    })
}

/// Gradient of a convolution with respect to its input: the vjp at the cotangent `g`. Also the transposed convolution.
///
/// # Shapes
/// - `g`: the convolution's output, `[batch, out height, out width, out]`
/// - `w`: `[kernel height, kernel width, in / groups, out]`
/// - result: `[batch, input[0], input[1], in]`
///
/// # Errors
/// When `g` is not what convolving an `input` of that size gives, or of another float type than `w`.
pub fn conv2d_input_grad(g: Tensor<4>, w: Tensor<4>, input: [usize; 2], options: Conv2dOptions) -> Result<Tensor<4>> {
    let op = "conv2d_input_grad";
    let channels = w.dims()[2].saturating_mul(options.groups);
    let parts = Conv2dParts::new(op, [g.dims()[0], input[0], input[1], channels], w.dims(), options)?;
    expect(op, "a cotangent", parts.output_dims(), g.dims())?;
    expect_one_type(op, &[("cotangent", g.dtype()), ("weight", w.dtype())])?;
    Ok(match parts.whole() {
        Some(shape) => plain::conv2d_input_grad(g, w, shape),
        None => parts::conv2d_input_grad(g, w, &parts),
    })
}

/// Gradient of a convolution with respect to its weight.
///
/// # Shapes
/// - `x`: `[batch, height, width, in]`
/// - `g`: the convolution's output, `[batch, out height, out width, out]`
/// - result: `[kernel[0], kernel[1], in / groups, out]`
///
/// # Errors
/// When `g` is not what convolving `x` with such a kernel gives, or of another float type than `x`.
pub fn conv2d_weight_grad(x: Tensor<4>, g: Tensor<4>, kernel: [usize; 2], options: Conv2dOptions) -> Result<Tensor<4>> {
    let op = "conv2d_weight_grad";
    let channels = x.dims()[3] / options.groups.max(1);
    let parts = Conv2dParts::new(op, x.dims(), [kernel[0], kernel[1], channels, g.dims()[3]], options)?;
    expect(op, "a cotangent", parts.output_dims(), g.dims())?;
    expect_one_type(op, &[("input", x.dtype()), ("cotangent", g.dtype())])?;
    Ok(match parts.whole() {
        Some(shape) => plain::conv2d_weight_grad(x, g, shape),
        None => parts::conv2d_weight_grad(x, g, &parts),
    })
}
