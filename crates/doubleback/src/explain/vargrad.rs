use burn::tensor::Tensor;

use super::{Attribution, Explainer, Gradient, Noise};
use crate::Result;
use crate::nn::Classifier;

/// VarGrad (Adebayo et al. 2018): the variance of a method's values over noisy copies of the image, by the number of draws, not one less. At least 2 draws.
#[derive(Clone, Copy, Debug)]
pub struct VarGrad<E = Gradient> {
    /// The method whose values vary.
    pub of: E,
    /// The noise.
    pub noise: Noise,
}

impl Default for VarGrad {
    /// Of the gradient.
    fn default() -> Self {
        Self {
            of: Gradient,
            noise: Noise::default(),
        }
    }
}

impl<E: Explainer> Explainer for VarGrad<E> {
    fn explain(&self, model: &dyn Classifier, images: &Tensor<4>, targets: &[usize]) -> Result<Attribution> {
        let moments = self.noise.moments(&self.of, 2, model, images, targets)?;
        Ok(moments.tensor(images, |_, variance| variance).into())
    }
}
