use burn::backend::Dispatch;
use burn::tensor::Tensor;

use crate::{Conv2dOptions, Conv2dShape, Error, NetworkOps, Result};

/// Convolution (cross-correlation, as in every deep learning library).
///
/// # Shapes
/// - `x`: `[batch, height, width, in]`
/// - `w`: `[kernel height, kernel width, in, out]`
/// - result: `[batch, (height + 2 padding - kernel) / stride + 1, …, out]`
///
/// # Errors
/// When channels disagree or the kernel does not fit.
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
    let shape = Conv2dShape::new("conv2d", x.dims(), w.dims(), options)?;
    Ok(Tensor::from_dispatch(Dispatch::conv2d_forward(
        x.into_dispatch(),
        w.into_dispatch(),
        shape,
    )))
}

/// A convolution, with mean and biased variance of each channel of its result, `[2, channels]`, for the batch norm that follows it: as
/// [`conv2d`] and [`batch_norm_statistics`](crate::batch_norm_statistics), in one pass over memory. The statistics are constants.
///
/// # Errors
/// As [`conv2d`].
pub fn conv2d_with_statistics(x: Tensor<4>, w: Tensor<4>, options: Conv2dOptions) -> Result<(Tensor<4>, Tensor<2>)> {
    let shape = Conv2dShape::new("conv2d_with_statistics", x.dims(), w.dims(), options)?;
    let convolved = Dispatch::conv2d_forward_with_moments(x.into_dispatch(), w.into_dispatch(), shape);
    let statistics = Tensor::from_dispatch(convolved.moments);
    Ok((Tensor::from_dispatch(convolved.values), statistics))
}

/// Gradient of a convolution with respect to its input: the vjp at the cotangent `g`. Also the transposed convolution.
///
/// # Shapes
/// - `g`: the convolution's output, `[batch, out height, out width, out]`
/// - `w`: `[kernel height, kernel width, in, out]`
/// - result: `[batch, input[0], input[1], in]`
///
/// # Errors
/// When `g` is not what convolving an `input` of that size gives.
pub fn conv2d_input_grad(g: Tensor<4>, w: Tensor<4>, input: [usize; 2], options: Conv2dOptions) -> Result<Tensor<4>> {
    let op = "conv2d_input_grad";
    let shape = Conv2dShape::new(op, [g.dims()[0], input[0], input[1], w.dims()[2]], w.dims(), options)?;
    expect(op, "a cotangent", shape.output_dims(), g.dims())?;
    Ok(Tensor::from_dispatch(Dispatch::conv2d_input_vjp(
        g.into_dispatch(),
        w.into_dispatch(),
        shape,
    )))
}

/// Gradient of a convolution with respect to its weight.
///
/// # Shapes
/// - `x`: `[batch, height, width, in]`
/// - `g`: the convolution's output, `[batch, out height, out width, out]`
/// - result: `[kernel[0], kernel[1], in, out]`
///
/// # Errors
/// When `g` is not what convolving `x` with such a kernel gives.
pub fn conv2d_weight_grad(x: Tensor<4>, g: Tensor<4>, kernel: [usize; 2], options: Conv2dOptions) -> Result<Tensor<4>> {
    let op = "conv2d_weight_grad";
    let shape = Conv2dShape::new(op, x.dims(), [kernel[0], kernel[1], x.dims()[3], g.dims()[3]], options)?;
    expect(op, "a cotangent", shape.output_dims(), g.dims())?;
    Ok(Tensor::from_dispatch(Dispatch::conv2d_weight_vjp(
        x.into_dispatch(),
        g.into_dispatch(),
        shape,
    )))
}

pub(crate) fn expect<const D: usize>(
    op: &'static str,
    what: &str,
    expected: [usize; D],
    found: [usize; D],
) -> Result<()> {
    if expected == found {
        return Ok(());
    }
    Err(Error::shape(
        op,
        format!("{what} of {expected:?}"),
        format!("{found:?}"),
    ))
}
