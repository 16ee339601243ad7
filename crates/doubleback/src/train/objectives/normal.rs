use super::{Objective, Objectives};
use crate::Result;
use crate::nn::{Network, TrainingPass, cross_entropy};
use crate::train::Batch;

/// Cross-entropy alone.
#[derive(Clone, Copy, Debug, Default)]
pub struct Normal;

impl Objective for Normal {
    fn evaluate(&self, network: &Network, batch: &Batch, pass: &mut TrainingPass) -> Result<Objectives> {
        let logits = network.forward(batch.images.clone(), pass.mode())?;
        let cross_entropy = cross_entropy(&logits, &batch.targets);
        Ok(Objectives {
            loss: cross_entropy.clone(),
            cross_entropy,
            logits,
        })
    }
}
