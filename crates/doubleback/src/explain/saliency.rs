use burn::tensor::Tensor;

use super::{Attribution, Explainer, Gradient};
use crate::Result;
use crate::nn::Classifier;

/// The absolute value of the gradient of the target's logit (Simonyan, Vedaldi & Zisserman 2014), value by value: channels are not summed up.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Saliency;

impl Explainer for Saliency {
    fn explain(&self, model: &dyn Classifier, images: &Tensor<4>, targets: &[usize]) -> Result<Attribution> {
        let gradient = Gradient.explain(model, images, targets)?;
        Ok(gradient.values.abs().into())
    }
}
