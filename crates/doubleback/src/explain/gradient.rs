use burn::tensor::Tensor;

use super::{Attribution, Explainer, check_targets};
use crate::Result;
use crate::nn::{Classifier, one_hot, with_direct_convolutions};

/// The gradient of the target's logit: how the logit changes with each value (Baehrens et al. 2010).
///
/// ```
/// use burn::tensor::{Device, Tensor};
/// use doubleback::data::{Bounds, ImageShape};
/// use doubleback::explain::{Explainer, Gradient};
/// use doubleback::nn::FromFunction;
///
/// let shape = ImageShape { channels: 1, height: 1, width: 2 };
/// let model = FromFunction::new(shape, Bounds::UNIT, 2, |x: Tensor<4>| x.reshape([-1, 2]).powi_scalar(2));
/// let image = Tensor::<4>::from_floats([[[[0.5, 0.25]]]], &Device::flex());
/// let found = Gradient.explain(&model, &image, &[1])?;
/// assert_eq!(found.values.into_data().try_to_vec::<f32>().unwrap(), [0.0, 0.5]);
/// # Ok::<(), doubleback::Error>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Gradient;

impl Explainer for Gradient {
    fn explain(&self, model: &dyn Classifier, images: &Tensor<4>, targets: &[usize]) -> Result<Attribution> {
        check_targets(model, images, targets)?;
        let cotangents = |_: &Tensor<2>, places| one_hot(&targets[places], model.classes(), images);
        // Which of equal values a pooling window takes is to be the choice of all libraries, not the last bit's.
        let (_, gradient) = with_direct_convolutions(true, || model.logits_with_gradient(images.clone(), &cotangents))?;
        Ok(gradient.into())
    }
}
