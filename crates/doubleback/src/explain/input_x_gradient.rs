use burn::tensor::Tensor;

use super::{Attribution, Explainer, Gradient};
use crate::Result;
use crate::nn::Classifier;

/// Each value times the gradient of the target's logit (Shrikumar et al. 2016): of a linear model without bias, what each value adds to the logit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct InputXGradient;

impl Explainer for InputXGradient {
    fn explain(&self, model: &dyn Classifier, images: &Tensor<4>, targets: &[usize]) -> Result<Attribution> {
        let gradient = Gradient.explain(model, images, targets)?;
        Ok((gradient.values * images.clone()).into())
    }
}
