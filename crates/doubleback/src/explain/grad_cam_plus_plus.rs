use burn::tensor::Tensor;

use super::stage::AtStage;
use super::{Attribution, Explainer};
use crate::Result;
use crate::nn::Classifier;

/// Grad-CAM++ (Chattopadhay et al. 2018, eq. 5, 10 and 19): as [`GradCam`](super::GradCam), but the weight of a channel is a sum over its pixels of the
/// positive part of the gradient g, each times `α = g² / (2 g² + g³ Σ A)`, where A are the channel's values and the sum is over all its pixels.
///
/// The paper takes the gradient of exp(logit), which multiplies all weights of an image by exp(logit): that factor is left out, as in the authors' code's maps
/// after scaling. Written as `1 / (2 + g Σ A)`, α is a number wherever the layer comes after a ReLU; elsewhere a pixel at which the denominator is 0 has none, and
/// counts as 0.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GradCamPlusPlus {
    /// Name of the stage to look at; if there is none, the last one that has more than one pixel.
    pub stage: Option<String>,
    /// Keep only what speaks for the target. On by default, as in the paper.
    pub relu: bool,
}

impl Default for GradCamPlusPlus {
    fn default() -> Self {
        Self {
            stage: None,
            relu: true,
        }
    }
}

impl Explainer for GradCamPlusPlus {
    fn explain(&self, model: &dyn Classifier, images: &Tensor<4>, targets: &[usize]) -> Result<Attribution> {
        let at = AtStage::of(model, images, targets, self.stage.as_deref())?;
        let sums = at.latent.clone().sum_dim(1).sum_dim(2);
        let denominator = at.gradient.clone() * sums + 2.0;
        let none = denominator.clone().equal_elem(0.0);
        let shares = at.gradient.clone().clamp_min(0.0) / denominator.mask_fill(none.clone(), 1.0);
        let weights = shares.mask_fill(none, 0.0).sum_dim(1).sum_dim(2);
        Ok(at.weighted(weights, self.relu).into())
    }
}
