//! Explanations: which values of an image speak for a class, and how far to believe what a method says of it.
//!
//! One method a file; each is an [`Explainer`], which attributes one logit of each image, that of its target, to the values of the image.
mod backwards;
mod baseline;
mod deconvnet;
mod expected_gradients;
mod given;
mod grad_cam;
mod grad_cam_plus_plus;
mod gradient;
mod guided_backprop;
mod guided_grad_cam;
mod in_batches;
mod input_x_gradient;
mod integrated_gradients;
mod internal_batch;
mod itgsm;
mod layer_settings;
pub mod lrp;
mod noise;
mod occlusion;
mod option;
mod quadrature;
mod resized;
mod rise;
mod saliency;
mod score;
mod settings;
mod smoothgrad;
mod smoothgrad_squared;
mod spec;
mod stage;
mod vargrad;
mod variants;

use burn::tensor::Tensor;

use crate::nn::Classifier;
use crate::{Error, Result};

pub use baseline::Baseline;
pub use deconvnet::Deconvnet;
pub use expected_gradients::ExpectedGradients;
pub use given::Given;
pub use grad_cam::GradCam;
pub use grad_cam_plus_plus::GradCamPlusPlus;
pub use gradient::Gradient;
pub use guided_backprop::GuidedBackprop;
pub use guided_grad_cam::GuidedGradCam;
pub use in_batches::InBatches;
pub use input_x_gradient::InputXGradient;
pub use integrated_gradients::IntegratedGradients;
pub use internal_batch::InternalBatch;
pub use itgsm::Itgsm;
pub use layer_settings::{GradCamSpec, GuidedGradCamSpec, LrpSpec};
pub use lrp::Lrp;
pub use noise::Noise;
pub use occlusion::Occlusion;
pub use option::{ExplainOption, ValueKind};
pub use quadrature::Quadrature;
pub use resized::{Upsampled, Upsampling};
pub use rise::Rise;
pub use saliency::Saliency;
pub use score::Score;
pub use settings::{
    BaselineKind, ExpectedGradientsSpec, IntegratedGradientsSpec, ItgsmSpec, NoiseSpec, OcclusionSpec, RiseSpec,
};
pub use smoothgrad::SmoothGrad;
pub use smoothgrad_squared::SmoothGradSquared;
pub use spec::ExplainSpec;
pub use vargrad::VarGrad;

/// A method of explanation.
pub trait Explainer: Send + Sync {
    /// What each value of each image contributes to the logit of the image's target: `images` are `[n, channels, height, width]`, `targets` one class each.
    ///
    /// What an image is given never depends on the images around it.
    ///
    /// # Errors
    /// When the images or the targets do not fit the model or each other, or the model is not of the kind that the method needs.
    fn explain(&self, model: &dyn Classifier, images: &Tensor<4>, targets: &[usize]) -> Result<Attribution>;
}

impl<E: Explainer + ?Sized> Explainer for Box<E> {
    fn explain(&self, model: &dyn Classifier, images: &Tensor<4>, targets: &[usize]) -> Result<Attribution> {
        (**self).explain(model, images, targets)
    }
}

/// What a method says of a batch of images.
#[derive(Clone, Debug)]
pub struct Attribution {
    /// `[n, channels, height, width]`, as the images; of methods that look at a layer, `[n, 1, height, width]` of that layer.
    pub values: Tensor<4>,
    /// Of a method that promises completeness, by how much it misses it, an image: the sum of its values less the difference of the target's logit between the
    /// image and the baseline.
    pub gap: Option<Vec<f64>>,
}

impl From<Tensor<4>> for Attribution {
    fn from(values: Tensor<4>) -> Self {
        Self { values, gap: None }
    }
}

/// Refuses targets that are not one class of the model for each image.
fn check_targets(model: &dyn Classifier, images: &Tensor<4>, targets: &[usize]) -> Result<()> {
    let (n, classes) = (images.dims()[0], model.classes());
    if targets.len() != n {
        return Err(Error::value(
            "targets",
            format!("one for each of {n} images"),
            targets.len(),
        ));
    }
    match targets.iter().find(|&&target| target >= classes) {
        Some(target) => Err(Error::value("target", format!("a class below {classes}"), target)),
        None => Ok(()),
    }
}
