//! Default body of an Adam step.

use burn::backend::tensor::FloatTensor;
use burn::backend::{Backend, Scalar};

use super::results::AdamUpdated;
use crate::options::AdamOptions;
use crate::stock::{product, scale};

/// One Adam step.
pub(crate) fn adam_update<B: Backend>(
    parameter: FloatTensor<B>,
    gradient: FloatTensor<B>,
    first: FloatTensor<B>,
    second: FloatTensor<B>,
    options: AdamOptions,
    step: usize,
) -> AdamUpdated<B> {
    let square = product::<B>(&gradient, &gradient);
    let first = B::float_add(
        scale::<B>(first, options.beta1),
        scale::<B>(gradient, 1.0 - options.beta1),
    );
    let second = B::float_add(
        scale::<B>(second, options.beta2),
        scale::<B>(square, 1.0 - options.beta2),
    );
    let root = B::float_add_scalar(B::float_sqrt(second.clone()), Scalar::Float(options.epsilon));
    let change = B::float_div(scale::<B>(first.clone(), options.rate(step)), root);
    AdamUpdated {
        parameter: B::float_sub(parameter, change),
        first,
        second,
    }
}
