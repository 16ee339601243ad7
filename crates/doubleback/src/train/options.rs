use std::time::Duration;

use doubleback_ops::AdamOptions;

use super::class_weights;
use super::trained_layers::TrainedLayers;
use crate::data::{Dataset, Part};
use crate::nn::Architecture;
use crate::nn::layers::LayerKind;
use crate::{Error, Result};

/// How to train.
#[derive(Clone, Debug, PartialEq)]
pub struct TrainOptions {
    /// Optimizer steps.
    pub steps: usize,
    /// Images a step. The training set is gone through in fixed order, as in the authors' code; the last batch of an epoch may be smaller.
    pub batch: usize,
    /// The optimizer.
    pub adam: AdamOptions,
    /// Seed of the dropout masks.
    pub seed: u64,
    /// The weight of each class, in the order of the labels; nothing if all images count the same. See [`ClassWeights`](super::ClassWeights).
    ///
    /// Every mean over the images of a batch, the cross-entropy's and the gradient penalty's alike, becomes the weighted mean
    /// `Σ_n w_n value_n / Σ_n w_n`, where w_n is the weight of the true class of image n: an image of weight 2 counts as two images of weight 1.
    /// For the cross-entropy this is PyTorch's `CrossEntropyLoss(weight)`. What is averaged has no weight in it, so the penalty is of the
    /// gradient of the plain loss; a student's cross-entropy with its teacher, and that of perturbed images, weigh by the true class too. An
    /// objective of your own weighs with [`Batch::cross_entropy`](crate::batch::Batch::cross_entropy).
    pub class_weights: Option<Vec<f64>>,
    /// Which layers are trained, and how fast.
    pub layers: TrainedLayers,
    /// Steps between points of the curve.
    pub curve_every: usize,
    /// Validation images that a point looks at.
    pub curve_images: usize,
    /// Perturbation of the FGSM that a point measures.
    pub curve_eps: f64,
    /// Time between checkpoints.
    pub checkpoint_every: Duration,
}

impl Default for TrainOptions {
    /// The paper's: 15,050 steps of 256 images, a point every 100.
    fn default() -> Self {
        Self {
            steps: 15_050,
            batch: 256,
            adam: AdamOptions::default(),
            seed: 0,
            class_weights: None,
            layers: TrainedLayers::default(),
            curve_every: 100,
            curve_images: 512,
            curve_eps: 0.1,
            checkpoint_every: Duration::from_secs(15),
        }
    }
}

impl TrainOptions {
    /// Refuses what cannot be trained, before any work.
    pub(super) fn check(&self, architecture: &Architecture, dataset: &Dataset) -> Result<()> {
        let (shape, classes) = (architecture.shape(), architecture.classes);
        if shape != dataset.shape || classes != dataset.classes.len() {
            let expected = format!("{shape:?} and {classes} classes");
            let found = format!("{:?} and {} classes", dataset.shape, dataset.classes.len());
            return Err(Error::Shape {
                what: format!("training on {}", dataset.name),
                expected,
                found,
            });
        }
        if dataset.train.is_empty() {
            return Err(Error::value("training images", "at least one", 0));
        }
        for (name, value) in [
            ("steps", self.steps),
            ("batch", self.batch),
            ("curve_every", self.curve_every),
        ] {
            if value == 0 {
                return Err(Error::value(name, "at least 1", value));
            }
        }
        let rate = self.adam.learning_rate;
        if !(rate > 0.0 && rate.is_finite()) {
            return Err(Error::value("learning rate", "a positive number", rate));
        }
        if let Some(weights) = &self.class_weights {
            class_weights::check(weights, dataset)?;
        }
        self.layers.check(architecture)?;
        check_images(dataset)?;
        self.check_batches(architecture, dataset)
    }

    /// Refuses batches of one image for a network that normalizes values of which an image has only one: their mean over the batch is the
    /// value itself, so that the layer gives a constant. One such batch at the end of each epoch does no harm.
    fn check_batches(&self, architecture: &Architecture, dataset: &Dataset) -> Result<()> {
        let images = dataset.train.len();
        if self.batch.min(images) > 1 {
            return Ok(());
        }
        let sizes = architecture.input_sizes()?;
        let constant = architecture.layers.iter().zip(&sizes).find(|(spec, inputs)| {
            let one_value = matches!(inputs.as_slice(), [[1, 1, _]]);
            one_value && matches!(spec.kind, LayerKind::BatchNorm(_))
        });
        match constant {
            None => Ok(()),
            Some((spec, _)) => {
                let (why, instead) = match images {
                    1 => ("the training set has one image", "more images"),
                    _ => ("batches of one image", "a batch of at least 2 images"),
                };
                Err(Error::Architecture {
                    layer: spec.name.clone(),
                    problem: format!(
                        "{why}: it normalizes each value over the images of a batch, so that one image alone always becomes the same values, and \
                         nothing is learned. Give {instead}, or a network without batch norm of dense layers"
                    ),
                })
            }
        }
    }
}

/// Refuses images with values that are not finite, and labels that are no classes.
fn check_images(dataset: &Dataset) -> Result<()> {
    for part in [Part::Train, Part::Validation] {
        let (split, length) = (dataset.split(part), dataset.shape.len().max(1));
        if split.image_len() != length && !split.is_empty() {
            return Err(Error::shape(
                format!("values of {part} images"),
                length,
                split.image_len(),
            ));
        }
        if let Some((image, value)) = split.find(|value| !value.is_finite()) {
            let expected = format!("a finite number, in {part} image {image} of {}", dataset.name);
            return Err(Error::value("pixel", expected, value));
        }
        let classes = dataset.classes.len();
        if let Some(at) = split.labels().iter().position(|&label| label as usize >= classes) {
            let expected = format!("below the {classes} classes, at {part} image {at} of {}", dataset.name);
            return Err(Error::value("label", expected, split.labels()[at]));
        }
    }
    Ok(())
}
