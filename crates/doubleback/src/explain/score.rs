use burn::tensor::Tensor;
use burn::tensor::activation::softmax;

use super::{Attribution, Explainer, check_targets};
use crate::Result;
use crate::nn::{Classifier, with_direct_convolutions};

/// The gradient of the score function, `∇x Σ_k log p_k` (Ross & Doshi-Velez 2018, their Figures 6 and 9): which values speak for or against any certainty. It is
/// the same for every target.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Score;

impl Explainer for Score {
    fn explain(&self, model: &dyn Classifier, images: &Tensor<4>, targets: &[usize]) -> Result<Attribution> {
        check_targets(model, images, targets)?;
        // ∂/∂z_j Σ_k log p_k = 1 - K p_j.
        let classes = model.classes() as f64;
        let cotangents = |logits: &Tensor<2>, _| Ok(softmax(logits.clone(), 1) * -classes + 1.0);
        let (_, gradient) = with_direct_convolutions(true, || model.logits_with_gradient(images.clone(), &cotangents))?;
        Ok(gradient.into())
    }
}
