use burn::tensor::activation::softmax;

use super::{Objective, Objectives};
use crate::Result;
use crate::nn::{Network, TrainingPass, cross_entropy};
use crate::train::Batch;

/// Double backprop (Drucker & Le Cun 1992; Ross & Doshi-Velez 2018, eq. 6): cross-entropy plus `lambda` times the mean over images of the
/// squared L2 norm of that image's input gradient.
#[derive(Clone, Copy, Debug)]
pub struct DoubleBackprop {
    /// Weight of the penalty, per example.
    pub lambda: f64,
}

impl Objective for DoubleBackprop {
    fn evaluate(&self, network: &Network, batch: &Batch, pass: &mut TrainingPass) -> Result<Objectives> {
        let (logits, pullback) = network.forward_with_pullback(batch.images.clone(), pass.mode())?;
        let gradient = pullback.apply(softmax(logits.clone(), 1) - batch.targets.clone())?;
        let penalty = gradient.square().sum() * (self.lambda / batch.len() as f64);
        let cross_entropy = cross_entropy(&logits, &batch.targets);
        Ok(Objectives {
            loss: cross_entropy.clone() + penalty,
            cross_entropy,
            logits,
        })
    }
}
