use burn::tensor::Tensor;

use super::{Attribution, Explainer, GradCam, GuidedBackprop, Upsampling};
use crate::Result;
use crate::nn::Classifier;

/// Guided Grad-CAM (Selvaraju et al. 2017, section 3.2): guided backpropagation, each pixel times the [`GradCam`] map there, cut off below 0 and brought to the
/// size of the images. Captum's `GuidedGradCam` takes the nearest value of the map by default, the paper's authors, and this, a bilinear one.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct GuidedGradCam {
    /// Name of the stage to look at; if there is none, the last one that has more than one pixel.
    pub stage: Option<String>,
    /// How the map is brought to the size of the images.
    pub upsampling: Upsampling,
}

impl Explainer for GuidedGradCam {
    fn explain(&self, model: &dyn Classifier, images: &Tensor<4>, targets: &[usize]) -> Result<Attribution> {
        let map = GradCam {
            stage: self.stage.clone(),
            relu: true,
        };
        let [_, _, height, width] = images.dims();
        let map = map.explain(model, images, targets)?;
        let map = map.resized([height, width], self.upsampling)?;
        let guided = GuidedBackprop.explain(model, images, targets)?;
        Ok((guided.values * map.values).into())
    }
}
