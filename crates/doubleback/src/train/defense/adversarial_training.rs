use burn::tensor::Tensor;
use burn::tensor::activation::softmax;

use crate::Result;
use crate::attack::sign_step;
use crate::batch::Batch;
use crate::nn::{Classifier, Network, Pullback, TrainingPass, one_hot, predictions};
use crate::train::objective::{Objective, ObjectiveValue};

/// Adversarial training with FGSM (Goodfellow et al. 2015, as in Ross & Doshi-Velez 2018): half the cross-entropy of the images, half that
/// of their perturbed versions, both with the true labels. The perturbation climbs the loss of the network's *own* label, is clipped to the
/// bounds, and is a constant for differentiation; the second pass has its own batch statistics and dropout.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct AdversarialTraining {
    /// Size of the perturbation.
    pub eps: f64,
}

impl AdversarialTraining {
    /// The perturbed images, from the forward pass of the images.
    pub(super) fn perturbed(
        self,
        network: &Network,
        batch: &Batch,
        logits: &Tensor<2>,
        pullback: &Pullback<'_>,
    ) -> Result<Tensor<4>> {
        let own = one_hot(&predictions(logits)?, network.classes(), batch.images())?;
        let gradient = pullback.apply(softmax(logits.clone(), 1).detach() - own)?.inner();
        Ok(sign_step(batch.images().clone(), gradient, self.eps, network.bounds()))
    }
}

impl Objective for AdversarialTraining {
    fn evaluate(&self, network: &Network, batch: &Batch, pass: &mut TrainingPass) -> Result<ObjectiveValue> {
        let (logits, pullback) = network.forward_with_pullback(batch.images().clone(), pass.mode())?;
        let perturbed = self.perturbed(network, batch, &logits, &pullback)?;
        let perturbed_logits = network.forward(perturbed, pass.mode())?;
        let clean = batch.cross_entropy(&logits);
        let loss = (clean.clone() + batch.cross_entropy(&perturbed_logits)) / 2.0;
        Ok(ObjectiveValue {
            loss,
            cross_entropy: clean,
            logits,
        })
    }
}
