use std::cell::RefCell;
use std::collections::HashMap;
use std::hash::{DefaultHasher, Hasher};

use burn::tensor::Tensor;
use burn::tensor::activation::softmax;

use super::{Objective, Objectives};
use crate::Result;
use crate::nn::{Classifier, Network, TrainingPass, cross_entropy, to_vec};
use crate::train::Batch;

/// The teacher of distillation: cross-entropy of its logits divided by the temperature.
#[derive(Clone, Copy, Debug)]
pub struct TeacherAtTemperature {
    /// Softmax temperature.
    pub temperature: f64,
}

impl Objective for TeacherAtTemperature {
    fn evaluate(&self, network: &Network, batch: &Batch, pass: &mut TrainingPass) -> Result<Objectives> {
        let logits = network.forward(batch.images.clone(), pass.mode())?;
        let cross_entropy = cross_entropy(&(logits.clone() / self.temperature), &batch.targets);
        Ok(Objectives {
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
    teacher: Network,
    temperature: f64,
    /// What the teacher said, by a hash of the images: training meets the same batches again every epoch.
    answers: RefCell<HashMap<u64, Tensor<2>>>,
}

impl Distillation {
    /// From a network trained with [`TeacherAtTemperature`] at the same temperature.
    pub fn new(teacher: Network, temperature: f64) -> Self {
        Self {
            teacher,
            temperature,
            answers: RefCell::default(),
        }
    }

    /// The teacher's probabilities at the temperature.
    fn targets(&self, batch: &Batch) -> Result<Tensor<2>> {
        let mut hasher = DefaultHasher::new();
        for value in to_vec(batch.images.clone())? {
            hasher.write_u32(value.to_bits());
        }
        let key = hasher.finish();
        if let Some(targets) = self.answers.borrow().get(&key) {
            return Ok(targets.clone());
        }
        let targets = softmax(self.teacher.logits(batch.images.clone())? / self.temperature, 1);
        self.answers.borrow_mut().insert(key, targets.clone());
        Ok(targets)
    }
}

impl Objective for Distillation {
    fn evaluate(&self, network: &Network, batch: &Batch, pass: &mut TrainingPass) -> Result<Objectives> {
        let targets = self.targets(batch)?;
        let logits = network.forward(batch.images.clone(), pass.mode())?;
        let cross_entropy = cross_entropy(&(logits.clone() / self.temperature), &targets);
        Ok(Objectives {
            loss: cross_entropy.clone(),
            cross_entropy,
            logits,
        })
    }
}
