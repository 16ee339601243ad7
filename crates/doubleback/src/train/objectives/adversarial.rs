use burn::tensor::activation::softmax;

use super::{Objective, Objectives};
use crate::Result;
use crate::nn::{Classifier, Network, TrainingPass, cross_entropy, one_hot, predictions};
use crate::train::Batch;

/// Adversarial training with FGSM (Goodfellow et al. 2015, as in Ross & Doshi-Velez 2018): half the cross-entropy of the images, half that
/// of their perturbed versions, both with the true labels. The perturbation climbs the loss of the network's *own* label, is clipped to the
/// bounds, and is a constant for differentiation; the second pass has its own batch statistics and dropout.
#[derive(Clone, Copy, Debug)]
pub struct AdversarialTraining {
    /// Size of the perturbation.
    pub eps: f64,
}

impl Objective for AdversarialTraining {
    fn evaluate(&self, network: &Network, batch: &Batch, pass: &mut TrainingPass) -> Result<Objectives> {
        let (logits, pullback) = network.forward_with_pullback(batch.images.clone(), pass.mode())?;
        let own = one_hot(&predictions(&logits)?, network.classes(), &batch.images)?;
        let gradient = pullback.apply(softmax(logits.clone(), 1).detach() - own)?.inner();
        let bounds = network.bounds();
        let perturbed = (batch.images.clone() + gradient.sign() * self.eps).clamp(bounds.low, bounds.high);
        let perturbed_logits = network.forward(perturbed, pass.mode())?;
        let clean = cross_entropy(&logits, &batch.targets);
        let loss = (clean.clone() + cross_entropy(&perturbed_logits, &batch.targets)) / 2.0;
        Ok(Objectives {
            loss,
            cross_entropy: clean,
            logits,
        })
    }
}
