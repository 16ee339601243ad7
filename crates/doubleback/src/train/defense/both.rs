use super::adversarial_training::AdversarialTraining;
use crate::Result;
use crate::batch::Batch;
use crate::nn::{Network, TrainingPass};
use crate::train::objective::{Objective, ObjectiveValue};
use crate::train::penalty::{GradientPenalty, PenalizedLoss};

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
        let (logits, pullback) = network.forward_with_pullback(batch.images().clone(), pass.mode())?;
        let penalty = self.penalty.value(&logits, &pullback, batch)?;
        let perturbed = self.adversarial.perturbed(network, batch, &logits, &pullback)?;
        let perturbed_logits = network.forward(perturbed, pass.mode())?;
        let clean = batch.cross_entropy(&logits);
        let loss = (clean.clone() + penalty + batch.cross_entropy(&perturbed_logits)) / 2.0;
        Ok(ObjectiveValue {
            loss,
            cross_entropy: clean,
            logits,
        })
    }
}
