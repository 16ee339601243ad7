use burn::tensor::Tensor;

use super::{Classifier, Pullback};
use crate::Result;
use crate::data::{Bounds, ImageShape};

/// A model with randomness in its forward pass, of which logits and gradients are the means of several draws: expectation over transformation (Athalye,
/// Carlini & Wagner 2018). Of a model without randomness it is that model, at so many times the cost.
///
/// Departure from AutoAttack's form, which takes the mean of the gradients of the loss: here the loss is that of the mean logits.
pub struct Expected<'a> {
    model: &'a dyn Classifier,
    draws: usize,
}

impl<'a> Expected<'a> {
    /// The mean of so many draws, at least one.
    pub fn new(model: &'a dyn Classifier, draws: usize) -> Self {
        Self {
            model,
            draws: draws.max(1),
        }
    }
}

impl Classifier for Expected<'_> {
    fn classes(&self) -> usize {
        self.model.classes()
    }

    fn shape(&self) -> ImageShape {
        self.model.shape()
    }

    fn bounds(&self) -> Bounds {
        self.model.bounds()
    }

    fn logits(&self, images: Tensor<4>) -> Result<Tensor<2>> {
        let mut sum = self.model.logits(images.clone())?;
        for _ in 1..self.draws {
            sum = sum + self.model.logits(images.clone())?;
        }
        Ok(sum / self.draws as f64)
    }

    fn logits_with_pullback(&self, images: Tensor<4>) -> Result<(Tensor<2>, Pullback<'_>)> {
        let (mut sum, first) = self.model.logits_with_pullback(images.clone())?;
        let mut pullbacks = vec![first];
        for _ in 1..self.draws {
            let (logits, pullback) = self.model.logits_with_pullback(images.clone())?;
            sum = sum + logits;
            pullbacks.push(pullback);
        }
        let draws = self.draws as f64;
        let mean = Pullback::new(move |cotangent: Tensor<2>| {
            let share = cotangent / draws;
            let mut gradients = pullbacks.iter().map(|pullback| pullback.apply(share.clone()));
            let first = gradients
                .next()
                .unwrap_or_else(|| Err(crate::Error::value("draws", "at least 1", 0)))?;
            gradients.try_fold(first, |sum, gradient| Ok(sum + gradient?))
        });
        Ok((sum / draws, mean))
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU32, Ordering};

    use doubleback_test_device::test_device;

    use super::*;
    use crate::nn::{FromFunction, to_vec};

    /// A slope of 1, 2, 3, … from draw to draw.
    #[test]
    fn logits_and_gradients_are_means() {
        let shape = ImageShape {
            channels: 1,
            height: 1,
            width: 1,
        };
        let draw = AtomicU32::new(0);
        let model = FromFunction::new(shape, Bounds::UNIT, 2, |x: Tensor<4>| {
            let slope = draw.fetch_add(1, Ordering::Relaxed) % 3 + 1;
            let x = x.reshape([-1, 1]);
            Tensor::cat(vec![x.clone() * f64::from(slope), x], 1)
        });
        let mean = Expected::new(&model, 3);
        let image = || Tensor::<4>::ones([1, 1, 1, 1], &test_device());
        assert_eq!(to_vec(mean.logits(image()).unwrap()).unwrap(), [2.0, 1.0]);
        let (logits, pullback) = mean.logits_with_pullback(image()).unwrap();
        assert_eq!(to_vec(logits).unwrap(), [2.0, 1.0]);
        let cotangent = Tensor::from_floats([[1.0, 0.0]], &test_device());
        assert_eq!(to_vec(pullback.apply(cotangent).unwrap()).unwrap(), [2.0]);
    }
}
