use burn::tensor::Tensor;

use super::{Attribution, Explainer, Gradient, Noise};
use crate::Result;
use crate::nn::Classifier;

/// SmoothGrad (Smilkov et al. 2017): the mean of a method's values over noisy copies of the image. Of signed values signs stay: no absolute value is taken.
///
/// ```
/// use burn::tensor::{Device, Tensor};
/// use doubleback::data::{Bounds, ImageShape};
/// use doubleback::explain::{Explainer, SmoothGrad};
/// use doubleback::nn::FromFunction;
///
/// // Of a linear model, noise changes nothing.
/// let shape = ImageShape { channels: 1, height: 1, width: 2 };
/// let model = FromFunction::new(shape, Bounds::UNIT, 2, |x: Tensor<4>| x.reshape([-1, 2]) * 3.0);
/// let image = Tensor::<4>::from_floats([[[[0.5, 0.25]]]], &Device::flex());
/// let found = SmoothGrad::default().explain(&model, &image, &[1])?;
/// assert_eq!(found.values.into_data().try_to_vec::<f32>().unwrap(), [0.0, 3.0]);
/// # Ok::<(), doubleback::Error>(())
/// ```
#[derive(Clone, Copy, Debug)]
pub struct SmoothGrad<E = Gradient> {
    /// The method that is smoothed.
    pub of: E,
    /// The noise.
    pub noise: Noise,
}

impl Default for SmoothGrad {
    /// Of the gradient.
    fn default() -> Self {
        Self {
            of: Gradient,
            noise: Noise::default(),
        }
    }
}

impl<E: Explainer> Explainer for SmoothGrad<E> {
    fn explain(&self, model: &dyn Classifier, images: &Tensor<4>, targets: &[usize]) -> Result<Attribution> {
        let moments = self.noise.moments(&self.of, 1, model, images, targets)?;
        Ok(moments.tensor(images, |mean, _| mean).into())
    }
}
