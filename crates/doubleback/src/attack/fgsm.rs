use burn::tensor::Tensor;

use super::run::zero_gradients;
use super::{BoundedAttack, Perturbation};
use crate::Result;
use crate::nn::{Classifier, Loss};

/// Fast gradient sign method: `x + eps · sign(∇x loss(x, y))` (Goodfellow, Shlens & Szegedy 2015; Ross & Doshi-Velez 2018, eq. 2).
///
/// With the cross-entropy, the paper's form, an image whose probability rounds to 1 in f32 has gradient zero and is left alone;
/// [`Loss::Margin`] does not have this blind spot.
#[derive(Clone, Copy, Debug, Default)]
pub struct Fgsm {
    /// What to climb.
    pub loss: Loss,
}

impl BoundedAttack for Fgsm {
    fn name(&self) -> &'static str {
        match self.loss {
            Loss::CrossEntropy => "fgsm",
            Loss::Margin => "fgsm-margin",
        }
    }

    fn perturb(
        &self,
        model: &dyn Classifier,
        images: &Tensor<4>,
        labels: &[usize],
        eps: &[f64],
    ) -> Result<Perturbation> {
        let (gradient, _) = self.loss.input_gradient(model, images, labels)?;
        let zero_gradient = zero_gradients(&gradient)?;
        let direction = gradient.sign();
        let images = eps
            .iter()
            .map(|&eps| images.clone() + direction.clone() * eps)
            .collect();
        Ok(Perturbation {
            images,
            zero_gradient,
            gradients: 1.0,
            forwards: 0.0,
        })
    }
}
