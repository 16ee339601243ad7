//! Default bodies of the rectified sum.

use burn::backend::tensor::FloatTensor;
use burn::backend::{Backend, IntDType};

use super::results::Rectified;
use crate::relu::default::leaky_relu_vjp;
use crate::stock::zeros_like;

/// `max(a + b, 0)`.
pub(crate) fn rectified_sum<B: Backend>(a: FloatTensor<B>, b: FloatTensor<B>) -> Rectified<B> {
    let sum = B::float_add(a, b);
    let values = leaky_relu_vjp::<B>(sum.clone(), sum, 0.0);
    Rectified {
        bits: B::float_into_int(zeros_like::<B>(&values, &[1, 1, 1, 1]), IntDType::I32),
        kept: values.clone(),
        values,
    }
}

/// `g` where the sum is positive, else 0.
pub(crate) fn rectified_sum_vjp<B: Backend>(g: FloatTensor<B>, kept: FloatTensor<B>) -> FloatTensor<B> {
    leaky_relu_vjp::<B>(g, kept, 0.0)
}
