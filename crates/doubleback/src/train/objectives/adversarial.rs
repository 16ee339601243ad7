use burn::tensor::Tensor;
use burn::tensor::activation::softmax;

use super::{Objective, ObjectiveValue};
use crate::Result;
use crate::attack::{BoundedAttack, Pgd};
use crate::batch::Batch;
use crate::nn::{Classifier, Network, Pullback, TrainingPass, cross_entropy, one_hot, predictions};
use crate::train::penalty::{GradientPenalty, PenalizedLoss};

/// Adversarial training with FGSM (Goodfellow et al. 2015, as in Ross & Doshi-Velez 2018): half the cross-entropy of the images, half that
/// of their perturbed versions, both with the true labels. The perturbation climbs the loss of the network's *own* label, is clipped to the
/// bounds, and is a constant for differentiation; the second pass has its own batch statistics and dropout.
#[derive(Clone, Copy, Debug)]
pub struct AdversarialTraining {
    /// Size of the perturbation.
    pub eps: f64,
}

impl AdversarialTraining {
    /// The perturbed images, from the forward pass of the images.
    fn perturbed(
        self,
        network: &Network,
        batch: &Batch,
        logits: &Tensor<2>,
        pullback: &Pullback<'_>,
    ) -> Result<Tensor<4>> {
        let own = one_hot(&predictions(logits)?, network.classes(), &batch.images)?;
        let gradient = pullback.apply(softmax(logits.clone(), 1).detach() - own)?.inner();
        let bounds = network.bounds();
        Ok((batch.images.clone() + gradient.sign() * self.eps).clamp(bounds.low, bounds.high))
    }
}

impl Objective for AdversarialTraining {
    fn evaluate(&self, network: &Network, batch: &Batch, pass: &mut TrainingPass) -> Result<ObjectiveValue> {
        let (logits, pullback) = network.forward_with_pullback(batch.images.clone(), pass.mode())?;
        let perturbed = self.perturbed(network, batch, &logits, &pullback)?;
        let perturbed_logits = network.forward(perturbed, pass.mode())?;
        let clean = cross_entropy(&logits, &batch.targets);
        let loss = (clean.clone() + cross_entropy(&perturbed_logits, &batch.targets)) / 2.0;
        Ok(ObjectiveValue {
            loss,
            cross_entropy: clean,
            logits,
        })
    }
}

/// A gradient penalty and adversarial training together (Ross & Doshi-Velez 2018, "both defenses"): the mean of the two objectives' parts,
/// `(CE(x) + penalty(x) + CE(x_adv)) / 2`.
#[derive(Clone, Copy, Debug)]
pub struct Both<L> {
    /// Penalty on the unperturbed images.
    pub penalty: GradientPenalty<L>,
    /// The perturbed images.
    pub adversarial: AdversarialTraining,
}

impl<L: PenalizedLoss> Objective for Both<L> {
    fn evaluate(&self, network: &Network, batch: &Batch, pass: &mut TrainingPass) -> Result<ObjectiveValue> {
        let (logits, pullback) = network.forward_with_pullback(batch.images.clone(), pass.mode())?;
        let penalty = self.penalty.value(&logits, &pullback, batch)?;
        let perturbed = self.adversarial.perturbed(network, batch, &logits, &pullback)?;
        let perturbed_logits = network.forward(perturbed, pass.mode())?;
        let clean = cross_entropy(&logits, &batch.targets);
        let loss = (clean.clone() + penalty + cross_entropy(&perturbed_logits, &batch.targets)) / 2.0;
        Ok(ObjectiveValue {
            loss,
            cross_entropy: clean,
            logits,
        })
    }
}

/// Adversarial training with PGD (Madry et al. 2018): the cross-entropy of the perturbed images alone. The attack sees the network in
/// inference mode and starts at a new random point of the ball at each step.
#[derive(Clone, Copy, Debug)]
pub struct PgdTraining {
    /// Steps and length of a step; the seed of its start is drawn anew at each training step.
    pub attack: Pgd,
    /// Size of the perturbation.
    pub eps: f64,
}

impl Objective for PgdTraining {
    fn evaluate(&self, network: &Network, batch: &Batch, pass: &mut TrainingPass) -> Result<ObjectiveValue> {
        let attack = Pgd {
            random_start: Some(pass.draw_seed()),
            ..self.attack
        };
        let untracked = network.untracked();
        let perturbation = attack.perturb(&untracked, &batch.images, &batch.labels, &[self.eps])?;
        let bounds = network.bounds();
        let perturbed = perturbation.images.into_iter().next().unwrap_or(batch.images.clone());
        let logits = network.forward(perturbed.clamp(bounds.low, bounds.high), pass.mode())?;
        let cross_entropy = cross_entropy(&logits, &batch.targets);
        Ok(ObjectiveValue {
            loss: cross_entropy.clone(),
            cross_entropy,
            logits,
        })
    }
}
