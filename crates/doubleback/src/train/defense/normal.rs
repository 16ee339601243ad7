use crate::Result;
use crate::batch::Batch;
use crate::nn::{Network, TrainingPass};
use crate::train::objective::{Objective, ObjectiveValue};

/// Cross-entropy alone.
#[derive(Clone, Copy, Debug, Default)]
pub struct Normal;

impl Objective for Normal {
    fn evaluate(&self, network: &Network, batch: &Batch, pass: &mut TrainingPass) -> Result<ObjectiveValue> {
        let logits = network.forward(batch.images().clone(), pass.mode())?;
        let cross_entropy = batch.cross_entropy(&logits);
        Ok(ObjectiveValue {
            loss: cross_entropy.clone(),
            cross_entropy,
            logits,
        })
    }
}
