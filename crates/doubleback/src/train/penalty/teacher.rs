use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use burn::tensor::Tensor;
use burn::tensor::activation::softmax;

use crate::Result;
use crate::batch::{Batch, Origin};
use crate::nn::{Classifier, Network};

/// A trained network that gives labels: its probabilities at a softmax temperature.
#[derive(Debug)]
pub struct Teacher {
    network: Network,
    temperature: f64,
    answers: Mutex<Answers>,
}

/// A teacher's answers to the batches of one [`Batches`](crate::batch::Batches), which training meets again every epoch. They are found by where
/// the images are from: the same place of the same split, borrowed all the while, has the same images.
#[derive(Debug, Default)]
struct Answers {
    batches: Option<u64>,
    by_range: HashMap<(usize, usize), Tensor<2>>,
}

impl Answers {
    fn find(&self, origin: Origin) -> Option<Tensor<2>> {
        let known = self.batches == Some(origin.batches);
        let answer = || self.by_range.get(&(origin.start, origin.end)).cloned();
        known.then(answer).flatten()
    }

    fn keep(&mut self, origin: Origin, answer: Tensor<2>) {
        if self.batches != Some(origin.batches) {
            // Those of an earlier training.
            self.by_range.clear();
            self.batches = Some(origin.batches);
        }
        self.by_range.insert((origin.start, origin.end), answer);
    }
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

    /// Probabilities of a batch's images, `[n, classes]`. Those of a training's batches are computed once; of images of your own each time.
    ///
    /// # Errors
    /// When the images do not fit the network.
    pub fn probabilities(&self, batch: &Batch) -> Result<Tensor<2>> {
        // A thread that panicked while it held the lock left whole answers behind.
        let answers = || self.answers.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(answer) = batch.origin().and_then(|origin| answers().find(origin)) {
            return Ok(answer);
        }
        let answer = softmax(self.network.logits(batch.images().clone())? / self.temperature, 1);
        if let Some(origin) = batch.origin() {
            answers().keep(origin, answer.clone());
        }
        Ok(answer)
    }
}

#[cfg(test)]
mod tests {
    use doubleback_test_device::test_device;

    use super::*;
    use crate::batch::Batches;
    use crate::data::{Bounds, ImageShape, Split};
    use crate::nn::{Pool, paper_cnn, to_vec};

    const SHAPE: ImageShape = ImageShape {
        channels: 1,
        height: 8,
        width: 8,
    };

    fn split(shift: usize) -> Split {
        let pixels = (0..4 * 64).map(|i| ((i + shift) * 37 % 61) as f32 / 61.0).collect();
        Split::new(pixels, vec![0, 1, 2, 3], SHAPE).unwrap()
    }

    fn teacher() -> Teacher {
        let architecture = paper_cnn(SHAPE, Bounds::UNIT, 4, Pool::Max);
        Teacher::new(Network::new(architecture, 0, &test_device()).unwrap(), 2.0)
    }

    fn answer(teacher: &Teacher, batch: &Batch) -> Vec<f32> {
        to_vec(teacher.probabilities(batch).unwrap()).unwrap()
    }

    /// One split is dropped before the next is made, so that its memory may be used again.
    #[test]
    fn answers_are_never_those_of_other_images() {
        let (teacher, device) = (teacher(), test_device());
        let mut before: Vec<Vec<f32>> = Vec::new();
        for shift in 0..4 {
            let split = split(shift);
            let batches = Batches::new(&split, SHAPE, 4, 2, &device);
            for step in 0..2 {
                let batch = batches.of_step(step).unwrap();
                let found = answer(&teacher, &batch);
                assert_eq!(
                    found,
                    answer(&teacher, &batches.of_step(step + 2).unwrap()),
                    "not the same again"
                );
                // Without an origin nothing is remembered.
                let own = Batch::of(batch.images().clone(), batch.labels.clone(), 4).unwrap();
                assert_eq!(found, answer(&teacher, &own));
                assert!(!before.contains(&found), "the answer to other images");
                before.push(found);
            }
        }
    }

    #[test]
    fn answers_of_one_training_are_kept_and_no_others() {
        let (teacher, device) = (teacher(), test_device());
        let kept = |teacher: &Teacher| teacher.answers.lock().unwrap().by_range.len();
        for _ in 0..2 {
            let split = split(0);
            let batches = Batches::new(&split, SHAPE, 4, 2, &device);
            for step in 0..5 {
                answer(&teacher, &batches.of_step(step).unwrap());
            }
            assert_eq!(kept(&teacher), 2);
        }
        answer(&teacher, &Batch::new(&split(1), SHAPE, 4, 0..4, &device).unwrap());
        assert_eq!(kept(&teacher), 2);
    }

    #[test]
    fn a_teacher_goes_to_another_thread() {
        fn shared<T: Send + Sync>(_: &T) {}
        shared(&teacher());
    }
}
