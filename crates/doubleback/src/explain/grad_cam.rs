use burn::tensor::Tensor;

use super::stage::AtStage;
use super::{Attribution, Explainer};
use crate::Result;
use crate::nn::Classifier;

/// Grad-CAM (Selvaraju et al. 2017, eq. 1 and 2): the channels of a layer, each weighted by the mean over all pixels of the gradient of the target's logit,
/// summed and, unless `relu` is off, cut off below 0. `[n, 1, h, w]` of the layer: [`Attribution::resized`] brings it to the size of the images. It is not
/// scaled for display.
///
/// Captum's `LayerGradCam` does not cut off by default (`relu_attributions=False`), and a layer there is what the module gives: a convolution's output before its
/// ReLU. Here a stage ends after the last layer of its name, such as `conv4.relu` of `conv4`.
///
/// ```
/// use burn::tensor::{Device, Tensor};
/// use doubleback::data::{Bounds, ImageShape};
/// use doubleback::explain::{Explainer, GradCam, Upsampling};
/// use doubleback::nn::{Network, Pool, small_cnn};
///
/// let shape = ImageShape { channels: 1, height: 28, width: 28 };
/// let network = Network::new(small_cnn(shape, Bounds::UNIT, 10, Pool::Max), 0, &Device::flex())?;
/// let images = Tensor::ones([2, 1, 28, 28], &Device::flex());
/// let method = GradCam { stage: Some("conv4".into()), ..GradCam::default() };
/// let found = method.explain(&network, &images, &[3, 8])?;
/// assert_eq!(found.values.dims(), [2, 1, 8, 8]);
/// assert_eq!(found.resized([28, 28], Upsampling::Bilinear)?.values.dims(), [2, 1, 28, 28]);
/// # Ok::<(), doubleback::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GradCam {
    /// Name of the stage to look at; if there is none, the last one that has more than one pixel.
    pub stage: Option<String>,
    /// Keep only what speaks for the target. On by default, as in the paper.
    pub relu: bool,
}

impl Default for GradCam {
    fn default() -> Self {
        Self {
            stage: None,
            relu: true,
        }
    }
}

impl Explainer for GradCam {
    fn explain(&self, model: &dyn Classifier, images: &Tensor<4>, targets: &[usize]) -> Result<Attribution> {
        let at = AtStage::of(model, images, targets, self.stage.as_deref())?;
        let weights = at.gradient.clone().mean_dim(1).mean_dim(2);
        Ok(at.weighted(weights, self.relu).into())
    }
}
