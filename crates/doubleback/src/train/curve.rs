//! Points of a training curve.

use burn::tensor::Device;
use serde::{Deserialize, Serialize};

use crate::attack::sign_step;
use crate::batch::Batch;
use crate::data::{Dataset, Split};
use crate::nn::{Classifier, Loss, Network, predictions, to_vec};
use crate::progress::Watch;
use crate::{Error, Result};

/// One point of a training curve (Figures 7 and 8).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CurvePoint {
    /// Optimizer steps done.
    pub step: usize,
    /// Mean training objective since the last point.
    pub loss: f64,
    /// Mean cross-entropy on the training batches since the last point; with class weights, the weighted one; of smoothed labels, if these are.
    pub cross_entropy: f64,
    /// Accuracy on the training batches since the last point.
    pub accuracy: f64,
    /// Accuracy on clean validation images; none if there are no such images, and so for all that follows.
    pub validation_accuracy: Option<f64>,
    /// Accuracy on the same images under FGSM with the model's own gradients.
    pub validation_fgsm_accuracy: Option<f64>,
    /// The eps of that FGSM.
    pub fgsm_eps: f64,
    /// Mean L2 norm over validation images of the input gradient of the cross-entropy.
    pub gradient_norm: Option<f64>,
}

/// Sums over the training batches since the last point.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Sums {
    loss: f64,
    cross_entropy: f64,
    steps: usize,
    right: usize,
    images: usize,
}

/// What a point measures on validation images.
pub(crate) struct Measured<'a> {
    pub dataset: &'a Dataset,
    /// No more images than these.
    pub images: usize,
    pub eps: f64,
}

impl Sums {
    pub fn add(&mut self, loss: f64, cross_entropy: f64, right: usize, images: usize) {
        self.loss += loss;
        self.cross_entropy += cross_entropy;
        self.steps += 1;
        self.right += right;
        self.images += images;
    }

    /// The point at `step`, with what the network does on the validation images.
    ///
    /// # Errors
    /// [`Error::Interrupted`] when `watch` asks to stop.
    pub fn point(
        self,
        step: usize,
        network: &Network,
        measured: &Measured,
        watch: &mut dyn Watch,
    ) -> Result<CurvePoint> {
        let Measured { dataset, images, eps } = *measured;
        let validation = validate(network, &dataset.validation, images, eps, network.device(), watch)?;
        let steps = self.steps.max(1) as f64;
        Ok(CurvePoint {
            step,
            loss: self.loss / steps,
            cross_entropy: self.cross_entropy / steps,
            accuracy: self.right as f64 / self.images.max(1) as f64,
            validation_accuracy: validation.as_ref().map(|found| found.accuracy),
            validation_fgsm_accuracy: validation.as_ref().map(|found| found.fgsm_accuracy),
            fgsm_eps: eps,
            gradient_norm: validation.map(|found| found.gradient_norm),
        })
    }
}

struct Validation {
    accuracy: f64,
    fgsm_accuracy: f64,
    gradient_norm: f64,
}

/// Measures on the first images of a split; nothing if there are none.
fn validate(
    network: &Network,
    split: &Split,
    images: usize,
    eps: f64,
    device: &Device,
    watch: &mut dyn Watch,
) -> Result<Option<Validation>> {
    let count = images.min(split.len());
    let (mut right, mut withstood, mut norms) = (0, 0, 0.0);
    for start in (0..count).step_by(256) {
        if watch.asked_to_stop() {
            return Err(Error::Interrupted);
        }
        let batch = Batch::new(
            split,
            network.shape(),
            network.classes(),
            start..(start + 256).min(count),
            device,
        )?;
        let (gradient, logits) = Loss::CrossEntropy.input_gradient(network, batch.images(), &batch.labels)?;
        let perturbed = sign_step(batch.images().clone(), gradient.clone(), eps, network.bounds());
        let hits = |predicted: Vec<usize>| predicted.iter().zip(&batch.labels).filter(|(a, b)| a == b).count();
        right += hits(predictions(&logits)?);
        withstood += hits(predictions(&network.logits(perturbed)?)?);
        let n = batch.len();
        norms += to_vec(gradient.reshape([n, network.shape().len()]).square().sum_dim(1).sqrt())?
            .iter()
            .map(|&v| v as f64)
            .sum::<f64>();
    }
    let n = count as f64;
    Ok((count > 0).then(|| Validation {
        accuracy: right as f64 / n,
        fgsm_accuracy: withstood as f64 / n,
        gradient_norm: norms / n,
    }))
}
