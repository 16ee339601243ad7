use std::collections::HashMap;
use std::hash::{DefaultHasher, Hasher};
use std::sync::{Mutex, PoisonError};

use burn::tensor::Tensor;
use burn::tensor::activation::softmax;

use crate::Result;
use crate::batch::Batch;
use crate::nn::{Classifier, Network, to_vec};

/// A trained network that gives labels: its probabilities at a softmax temperature.
#[derive(Debug)]
pub struct Teacher {
    network: Network,
    temperature: f64,
    /// Its answers so far, by a hash of the images: training meets the same batches again every epoch. Only the content identifies a batch,
    /// whose images anyone may replace.
    answers: Mutex<HashMap<u64, Tensor<2>>>,
}

impl Teacher {
    /// A teacher that divides its logits by the temperature.
    pub fn new(network: Network, temperature: f64) -> Self {
        Self {
            network,
            temperature,
            answers: Mutex::default(),
        }
    }

    /// Softmax temperature.
    pub fn temperature(&self) -> f64 {
        self.temperature
    }

    /// Probabilities of a batch's images, `[n, classes]`.
    ///
    /// # Errors
    /// When the images do not fit the network.
    pub fn probabilities(&self, batch: &Batch) -> Result<Tensor<2>> {
        let mut hasher = DefaultHasher::new();
        for value in to_vec(batch.images.clone())? {
            hasher.write_u32(value.to_bits());
        }
        let key = hasher.finish();
        // A thread that panicked while it held the lock left whole answers behind.
        let answers = || self.answers.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(answer) = answers().get(&key) {
            return Ok(answer.clone());
        }
        let answer = softmax(self.network.logits(batch.images.clone())? / self.temperature, 1);
        answers().insert(key, answer.clone());
        Ok(answer)
    }
}
