use burn::tensor::Tensor;

use super::{Attribution, Explainer, Gradient, Noise};
use crate::Result;
use crate::nn::Classifier;

/// SmoothGrad² (Hooker et al. 2019): the mean of the squares of a method's values over noisy copies of the image.
#[derive(Clone, Copy, Debug)]
pub struct SmoothGradSquared<E = Gradient> {
    /// The method whose values are squared.
    pub of: E,
    /// The noise.
    pub noise: Noise,
}

impl Default for SmoothGradSquared {
    /// Of the gradient.
    fn default() -> Self {
        Self {
            of: Gradient,
            noise: Noise::default(),
        }
    }
}

impl<E: Explainer> Explainer for SmoothGradSquared<E> {
    fn explain(&self, model: &dyn Classifier, images: &Tensor<4>, targets: &[usize]) -> Result<Attribution> {
        let moments = self.noise.moments(&self.of, 1, model, images, targets)?;
        Ok(moments.tensor(images, |mean, variance| mean * mean + variance).into())
    }
}
