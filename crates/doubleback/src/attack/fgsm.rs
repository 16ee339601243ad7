use burn::tensor::Tensor;
use serde::{Deserialize, Serialize};

use super::gradient_steps::ZeroGradient;
use super::{BoundedAttack, Cost, Goal, Perturbation, Room};
use crate::Result;
use crate::nn::{Classifier, Loss};

/// Fast gradient sign method: `x + eps · sign(∇x loss(x, y))` (Goodfellow, Shlens & Szegedy 2015; Ross & Doshi-Velez 2018, eq. 2). Towards a
/// target it is `x - eps · sign(∇x loss(x, target))`, the targeted gradient sign method, TGSM (Kurakin, Goodfellow & Bengio 2016; Ross &
/// Doshi-Velez 2018, eq. 3).
///
/// With the cross-entropy, the paper's form, an image whose probability rounds to 1 in f32 has gradient zero and is left alone;
/// [`Loss::Margin`] does not have this blind spot.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Fgsm {
    /// What to climb.
    pub loss: Loss,
}

impl BoundedAttack for Fgsm {
    fn perturb(&self, model: &dyn Classifier, images: &Tensor<4>, goal: &Goal, eps: &[f64]) -> Result<Perturbation> {
        let (gradient, _) = self.loss.input_gradient(model, images, goal.classes())?;
        let mut zero_gradient = ZeroGradient::default();
        zero_gradient.see(&gradient);
        let room = Room::of(images, model.bounds())?;
        let step = |&eps: &f64| room.clip(images.clone() + gradient.clone().sign() * (goal.sign() * eps));
        let n = goal.classes().len();
        Ok(Perturbation {
            images: eps.iter().map(step).collect(),
            zero_gradient: zero_gradient.by_image(n)?,
            cost: vec![Cost::of_each(n, 1); eps.len()],
        })
    }
}
