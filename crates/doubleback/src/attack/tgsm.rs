use burn::tensor::Tensor;

use super::run::zero_gradients;
use super::{BoundedAttack, Perturbation, Target};
use crate::Result;
use crate::nn::{Classifier, Loss};

/// Targeted gradient sign method: `x - eps · sign(∇x loss(x, target))`, by default with the class after the true one as target
/// (Kurakin, Goodfellow & Bengio 2016; Ross & Doshi-Velez 2018, eq. 3).
#[derive(Clone, Copy, Debug, Default)]
pub struct Tgsm {
    /// What to descend.
    pub loss: Loss,
    /// The class that examples should be taken for.
    pub target: Target,
}

impl BoundedAttack for Tgsm {
    fn name(&self) -> &'static str {
        "tgsm"
    }

    fn targets(&self, labels: &[usize], classes: usize) -> Option<Vec<usize>> {
        Some(self.target.of(labels, classes))
    }

    fn perturb(
        &self,
        model: &dyn Classifier,
        images: &Tensor<4>,
        labels: &[usize],
        eps: &[f64],
    ) -> Result<Perturbation> {
        self.target.check(model.classes())?;
        let targets = self.target.of(labels, model.classes());
        let (gradient, _) = self.loss.input_gradient(model, images, &targets)?;
        let zero_gradient = zero_gradients(&gradient)?;
        let direction = gradient.sign();
        let images = eps
            .iter()
            .map(|&eps| images.clone() - direction.clone() * eps)
            .collect();
        Ok(Perturbation {
            images,
            zero_gradient,
            gradients: 1.0,
            forwards: 0.0,
        })
    }
}
