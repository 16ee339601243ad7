//! What a training step minimizes.

use burn::tensor::Tensor;

use crate::Result;
use crate::batch::Batch;
use crate::nn::{Network, TrainingPass};

/// The value of an objective on a batch.
pub struct ObjectiveValue {
    /// What is minimized, `[1]`.
    pub loss: Tensor<1>,
    /// Its cross-entropy part, `[1]`: on the unperturbed images, where the objective looks at them at all.
    pub cross_entropy: Tensor<1>,
    /// Logits of the same images, `[n, classes]`.
    pub logits: Tensor<2>,
}

/// A training objective. The network's parameters are on a tape.
pub trait Objective {
    /// The loss of a batch. Forward passes go through `pass`, which has the step's dropout masks and collects batch statistics.
    ///
    /// # Errors
    /// When the batch does not fit the network.
    fn evaluate(&self, network: &Network, batch: &Batch, pass: &mut TrainingPass) -> Result<ObjectiveValue>;
}
