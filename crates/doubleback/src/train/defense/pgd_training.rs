use crate::Result;
use crate::attack::{BoundedAttack, Goal, Norm, Pgd};
use crate::batch::Batch;
use crate::nn::{Classifier, Module, Network, TrainingPass};
use crate::train::objective::{Objective, ObjectiveValue};

/// Adversarial training with PGD (Madry et al. 2018): the cross-entropy of the perturbed images alone. The attack sees the network in
/// inference mode and starts at a new random point of the ball at each step.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct PgdTraining {
    /// Size of the perturbation.
    pub eps: f64,
    /// Gradient steps of the attack, each of length `2.5 · eps / steps`.
    pub steps: usize,
    /// The norm that `eps` bounds.
    pub norm: Norm,
}

impl Objective for PgdTraining {
    fn evaluate(&self, network: &Network, batch: &Batch, pass: &mut TrainingPass) -> Result<ObjectiveValue> {
        let attack = Pgd {
            steps: self.steps,
            norm: self.norm,
            random_start: Some(pass.draw_seed()),
            ..Pgd::default()
        };
        let untracked = network.untracked();
        let goal = Goal::AwayFrom(batch.labels.clone());
        let perturbation = attack.perturb(&untracked, batch.images(), &goal, &[self.eps])?;
        let bounds = network.bounds();
        let perturbed = perturbation.images.into_iter().next().unwrap_or(batch.images().clone());
        let logits = network.forward(perturbed.clamp(bounds.low, bounds.high), pass.mode())?;
        let cross_entropy = batch.cross_entropy(&logits);
        Ok(ObjectiveValue {
            loss: cross_entropy.clone(),
            cross_entropy,
            logits,
        })
    }
}
