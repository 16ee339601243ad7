//! Default body of a step in the L∞ ball.

use burn::backend::tensor::FloatTensor;
use burn::backend::{Backend, BoolDType};

use crate::stock::scale;

/// One step.
pub(crate) fn linf_step<B: Backend>(
    x: FloatTensor<B>,
    gradient: FloatTensor<B>,
    step: f64,
    least: FloatTensor<B>,
    greatest: FloatTensor<B>,
) -> FloatTensor<B> {
    let x = B::float_add(x, scale::<B>(B::float_sign(gradient), step));
    let below = B::float_lower(x.clone(), least.clone(), BoolDType::Native);
    let x = B::float_mask_where(x, below, least);
    let above = B::float_greater(x.clone(), greatest.clone(), BoolDType::Native);
    B::float_mask_where(x, above, greatest)
}
