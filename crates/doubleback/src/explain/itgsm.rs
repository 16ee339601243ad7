use burn::tensor::Tensor;

use super::{Attribution, Explainer, check_targets};
use crate::attack::{BoundedAttack, Goal, Ifgsm, check_eps};
use crate::nn::Classifier;
use crate::{Error, Result};

/// The paper's iterated TGSM as an explanation (Ross & Doshi-Velez 2018, Figure 11): what steps towards the target make of the image, less the image. Of a model
/// that explains itself, it looks like the target.
///
/// Each step is `x ← clip(x - step_size · sign(∇x cross-entropy))`; nothing but the model's bounds limits them together.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Itgsm {
    /// Steps, at least 1.
    pub steps: usize,
    /// Length of each in every value, in the units of the data: above 0.
    pub step_size: f64,
}

impl Default for Itgsm {
    /// Ten steps of 0.1, as in the paper's figures; on SVHN these have 15.
    fn default() -> Self {
        Self {
            steps: Ifgsm::default().steps,
            step_size: 0.1,
        }
    }
}

impl Explainer for Itgsm {
    fn explain(&self, model: &dyn Classifier, images: &Tensor<4>, targets: &[usize]) -> Result<Attribution> {
        check_targets(model, images, targets)?;
        if self.step_size == 0.0 {
            return Err(Error::value("step size", "above 0", self.step_size));
        }
        check_eps(&[self.step_size], model)?;
        let ifgsm = Ifgsm {
            steps: self.steps,
            ..Ifgsm::default()
        };
        let goal = Goal::Towards(targets.to_vec());
        let found = ifgsm.perturb(model, images, &goal, &[self.step_size])?.images;
        let moved = found.into_iter().next();
        let moved = moved.ok_or_else(|| Error::internal("iterated TGSM", "no images for one step size"))?;
        Ok((moved - images.clone()).into())
    }
}
