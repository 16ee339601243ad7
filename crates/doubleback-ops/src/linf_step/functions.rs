//! The public function, which checks.

use burn::backend::Dispatch;
use burn::tensor::Tensor;

use super::backend::LinfStepOps;
use crate::error::{Result, expect, expect_one_type};

/// `min(max(x + step · sign(gradient), least), greatest)`, value by value: the step of length `step` that climbs most in L∞, and the projection on a
/// ball and on bounds (Madry et al. 2018, section 2.1). Works in place where `x` is not shared. A gradient of zero or NaN moves nothing; NaN in `x` stays.
///
/// # Errors
/// When the four tensors differ in shape or float type.
///
/// ```
/// use burn::tensor::{Device, Tensor};
/// use doubleback_ops::linf_step;
///
/// let of = |values: [f32; 3]| Tensor::<1>::from_floats(values, &Device::flex()).reshape([1, 1, 1, 3]);
/// let (x, gradient) = (of([0.2, 0.5, 0.8]), of([3.0, 0.0, -0.1]));
/// let moved: Tensor<4> = linf_step(x, gradient, 0.1, of([0.0, 0.0, 0.75]), of([0.25, 1.0, 1.0]))?;
/// assert_eq!(moved.into_data().to_vec::<f32>().unwrap(), [0.25, 0.5, 0.75]);
/// # Ok::<(), doubleback_ops::Error>(())
/// ```
pub fn linf_step(
    x: Tensor<4>,
    gradient: Tensor<4>,
    step: f64,
    least: Tensor<4>,
    greatest: Tensor<4>,
) -> Result<Tensor<4>> {
    let op = "linf_step";
    for (what, tensor) in [
        ("a gradient", &gradient),
        ("least values", &least),
        ("greatest values", &greatest),
    ] {
        expect(op, what, x.dims(), tensor.dims())?;
    }
    let types = [
        ("x", x.dtype()),
        ("gradient", gradient.dtype()),
        ("least", least.dtype()),
        ("greatest", greatest.dtype()),
    ];
    expect_one_type(op, &types)?;
    Ok(Tensor::from_dispatch(Dispatch::linf_step(
        x.into_dispatch(),
        gradient.into_dispatch(),
        step,
        least.into_dispatch(),
        greatest.into_dispatch(),
    )))
}
