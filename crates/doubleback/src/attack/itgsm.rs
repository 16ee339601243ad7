use burn::tensor::Tensor;

use super::iterated::Iterated;
use super::{BoundedAttack, Perturbation, Target, check_eps};
use crate::Result;
use crate::nn::{Classifier, Loss};

/// Iterated targeted gradient sign method: `x ← clip(x - eps · sign(∇x loss(x, target)))`, `steps` times (Ross & Doshi-Velez 2018,
/// Figure 11).
///
/// **`eps` is the length of each step, and nothing but the model's bounds limits them together**: after `steps` steps a pixel may have moved by
/// `steps · eps`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Itgsm {
    /// What to descend.
    pub loss: Loss,
    /// Steps, at least 1.
    pub steps: usize,
    /// The class that examples should be taken for.
    pub target: Target,
}

impl Default for Itgsm {
    /// Ten steps on the cross-entropy towards the next class. The paper's figures have 15 steps on SVHN.
    fn default() -> Self {
        Self {
            loss: Loss::default(),
            steps: 10,
            target: Target::default(),
        }
    }
}

impl Itgsm {
    /// The images after every step of length `eps`, for an animation: as many as there are steps, and the last are the examples.
    ///
    /// # Errors
    /// When images, labels or eps do not fit the model.
    pub fn frames(
        &self,
        model: &dyn Classifier,
        images: &Tensor<4>,
        labels: &[usize],
        eps: f64,
    ) -> Result<Vec<Tensor<4>>> {
        check_eps(&[eps], model)?;
        self.target.check(model.classes())?;
        let targets = self.target.of(labels, model.classes());
        self.iterated().frames(model, images, &targets, eps)
    }

    fn iterated(&self) -> Iterated {
        Iterated {
            loss: self.loss,
            steps: self.steps,
            descend: true,
        }
    }
}

impl BoundedAttack for Itgsm {
    fn name(&self) -> &'static str {
        "itgsm"
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
        self.iterated().perturb(model, images, &targets, eps)
    }
}
