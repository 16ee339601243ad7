use burn::tensor::Tensor;

use super::guided_backprop::by_relu_rule;
use super::{Attribution, Explainer};
use crate::Result;
use crate::nn::{Classifier, LayerPass};

/// The deconvolutional network (Zeiler & Fergus 2014): the gradient of the target's logit, where each ReLU hands back only what is positive, whatever its own
/// input was. Captum's `Deconvolution`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Deconvnet;

impl Explainer for Deconvnet {
    /// # Errors
    /// Also when the model has no ReLU.
    fn explain(&self, model: &dyn Classifier, images: &Tensor<4>, targets: &[usize]) -> Result<Attribution> {
        let relu = |_: &LayerPass<'_>, arrived: Tensor<4>| Ok(vec![arrived.clamp_min(0.0)]);
        by_relu_rule(model, images, targets, "model of a deconvolutional network", &relu)
    }
}
