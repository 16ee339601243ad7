//! Default body of the rectifiers.

use burn::backend::tensor::FloatTensor;
use burn::backend::{Backend, BoolDType, Scalar};

use crate::stock::scale;

/// `g` where `y > 0`, else `slope * g`.
pub(crate) fn leaky_relu_vjp<B: Backend>(g: FloatTensor<B>, y: FloatTensor<B>, slope: f64) -> FloatTensor<B> {
    let off = B::float_lower_equal_elem(y, Scalar::Float(0.0), BoolDType::Native);
    if slope == 0.0 {
        return B::float_mask_fill(g, off, Scalar::Float(0.0));
    }
    let leaked = scale::<B>(g.clone(), slope);
    B::float_mask_where(g, off, leaked)
}
