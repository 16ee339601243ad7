use burn::tensor::activation::softmax;

use super::{Objective, Objectives};
use crate::Result;
use crate::nn::{Network, TrainingPass, cross_entropy};
use crate::train::Batch;

/// Certainty sensitivity (Ross & Doshi-Velez 2018, eq. 7): the penalized gradient is that of the cross-entropy between the uniform
/// distribution and the prediction, so no label enters it.
#[derive(Clone, Copy, Debug)]
pub struct CertaintySensitivity {
    /// Weight of the penalty, per example.
    pub lambda: f64,
}

impl Objective for CertaintySensitivity {
    fn evaluate(&self, network: &Network, batch: &Batch, pass: &mut TrainingPass) -> Result<Objectives> {
        let (logits, pullback) = network.forward_with_pullback(batch.images.clone(), pass.mode())?;
        let uniform = 1.0 / logits.dims()[1] as f64;
        let gradient = pullback.apply(softmax(logits.clone(), 1) - uniform)?;
        let penalty = gradient.square().sum() * (self.lambda / batch.len() as f64);
        let cross_entropy = cross_entropy(&logits, &batch.targets);
        Ok(Objectives {
            loss: cross_entropy.clone() + penalty,
            cross_entropy,
            logits,
        })
    }
}
