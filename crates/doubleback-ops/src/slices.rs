//! Tensors of Burn's CPU backend as the slices that kernels read, and back.

use burn::backend::DType;
use burn::tensor::{Bytes, Shape};
use burn_flex::{FlexTensor, Layout};

use crate::kernels::Buffer;

/// The tensor with its values in one run.
pub(crate) fn contiguous(t: FlexTensor) -> FlexTensor {
    if t.is_contiguous() { t } else { t.to_contiguous() }
}

/// The values of a contiguous f32 tensor.
pub(crate) fn values(t: &FlexTensor) -> &[f32] {
    t.as_slice::<f32>().unwrap_or_default()
}

/// The tensor of these values.
pub(crate) fn tensor(values: Buffer, dims: &[usize]) -> FlexTensor {
    FlexTensor::new(
        values.into_bytes(),
        Layout::contiguous(Shape::from(dims.to_vec())),
        DType::F32,
    )
}

/// As [`tensor`], for a few values.
pub(crate) fn small(values: Vec<f32>, dims: &[usize]) -> FlexTensor {
    FlexTensor::new(
        Bytes::from_elems(values),
        Layout::contiguous(Shape::from(dims.to_vec())),
        DType::F32,
    )
}

/// Its sizes.
pub(crate) fn dims(t: &FlexTensor) -> Vec<usize> {
    t.layout().shape().iter().copied().collect()
}

/// Whether there are kernels for its type.
pub(crate) fn native(t: &FlexTensor) -> bool {
    t.dtype() == DType::F32
}
