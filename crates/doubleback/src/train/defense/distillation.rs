use std::sync::Arc;

use crate::Result;
use crate::batch::Batch;
use crate::nn::{Network, TrainingPass};
use crate::train::objective::{Objective, ObjectiveValue};
use crate::train::penalty::Teacher;

/// Name of the phase that trains a teacher, and of the teacher's curve.
pub const TEACHER: &str = "distilled-teacher";

/// The teacher of distillation: cross-entropy of its logits divided by the temperature.
#[derive(Clone, Copy, Debug)]
pub struct TeacherAtTemperature {
    /// Softmax temperature.
    pub temperature: f64,
}

impl Objective for TeacherAtTemperature {
    fn evaluate(&self, network: &Network, batch: &Batch, pass: &mut TrainingPass) -> Result<ObjectiveValue> {
        let logits = network.forward(batch.images().clone(), pass.mode())?;
        let cross_entropy = batch.cross_entropy(&(logits.clone() / self.temperature));
        Ok(ObjectiveValue {
            loss: cross_entropy.clone(),
            cross_entropy,
            logits,
        })
    }
}

/// Defensive distillation (Papernot et al. 2016): the student learns the teacher's probabilities, both at the temperature; it is used at
/// temperature 1, which is what drives its probabilities to 0 and 1.
#[derive(Clone, Debug)]
pub struct Distillation {
    /// A network trained with [`TeacherAtTemperature`] at the same temperature.
    pub teacher: Arc<Teacher>,
}

impl Objective for Distillation {
    fn evaluate(&self, network: &Network, batch: &Batch, pass: &mut TrainingPass) -> Result<ObjectiveValue> {
        let targets = self.teacher.probabilities(batch)?;
        let logits = network.forward(batch.images().clone(), pass.mode())?;
        let cross_entropy = batch.cross_entropy_with(&(logits.clone() / self.teacher.temperature()), &targets);
        Ok(ObjectiveValue {
            loss: cross_entropy.clone(),
            cross_entropy,
            logits,
        })
    }
}
