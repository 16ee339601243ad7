use std::time::Duration;

use doubleback_ops::AdamOptions;

use super::augment::Augmentation;
use super::class_weights;
use super::optimizer::Optimizer;
use super::schedule::Schedule;
use super::trained_layers::TrainedLayers;
use crate::batch::check_label_smoothing;
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
    /// The options of Adam, whose learning rate is that of every optimizer.
    pub adam: AdamOptions,
    /// The optimizer.
    pub optimizer: Optimizer,
    /// How the learning rate goes over the steps.
    pub schedule: Schedule,
    /// Steps at the start in which the learning rate rises.
    pub warmup: usize,
    /// Batches that an optimizer step takes the gradient of, at least 1. It is that of the mean over all their images, those of a smaller last batch of an
    /// epoch included, so that two batches of 128 are one of 256; but each batch is normalized by its own statistics in batch norms, whose moving
    /// averages move once a batch, and has dropout masks of its own.
    pub accumulate: usize,
    /// The largest L2 norm of the gradients of all parameters together; longer ones are shortened to it, as by PyTorch's `clip_grad_norm_`.
    pub clip_norm: Option<f64>,
    /// The decay, in (0, 1), of the exponential moving average of the weights which is then what the curve looks at and what the training gives.
    /// Nothing if that is to be the last weights.
    pub average: Option<f64>,
    /// What is done to training images at random.
    pub augmentation: Augmentation,
    /// Share of the true labels, in [0, 1), that is spread over all classes in the cross-entropy: see
    /// [`Batch::with_label_smoothing`](crate::batch::Batch::with_label_smoothing). A gradient penalty stays that of the loss with the true labels, as in
    /// the paper; a student's cross-entropy with its teacher stays as the teacher says, and its teacher learns from smoothed labels. With class
    /// weights an image counts by its true class, while PyTorch weighs what is spread by the class that it is spread to.
    pub label_smoothing: f64,
    /// Seed of the dropout masks, and of what is done to images.
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
            optimizer: Optimizer::default(),
            schedule: Schedule::default(),
            warmup: 0,
            accumulate: 1,
            clip_norm: None,
            average: None,
            augmentation: Augmentation::default(),
            label_smoothing: 0.0,
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
            ("accumulate", self.accumulate),
        ] {
            if value == 0 {
                return Err(Error::value(name, "at least 1", value));
            }
        }
        let rate = self.adam.learning_rate;
        if !(rate > 0.0 && rate.is_finite()) {
            return Err(Error::value("learning rate", "a positive number", rate));
        }
        self.check_choices(architecture)?;
        if let Some(weights) = &self.class_weights {
            class_weights::check(weights, dataset)?;
        }
        self.layers.check(architecture)?;
        check_images(dataset)?;
        self.check_batches(architecture, dataset)
    }

    /// Refuses what the paper's training does not have and cannot be had so.
    fn check_choices(&self, architecture: &Architecture) -> Result<()> {
        self.optimizer.check()?;
        self.schedule.check(self.steps, self.warmup)?;
        self.augmentation.check(architecture.shape())?;
        check_label_smoothing(self.label_smoothing)?;
        if self.steps.checked_mul(self.accumulate).is_none() {
            let expected = format!("so few batches that {} steps of them can be counted", self.steps);
            return Err(Error::value("accumulate", expected, self.accumulate));
        }
        match (self.average, self.clip_norm) {
            (Some(decay), _) if !(decay > 0.0 && decay < 1.0) => {
                Err(Error::value("decay of the average", "above 0 and below 1", decay))
            }
            (_, Some(norm)) if !(norm > 0.0 && norm.is_finite()) => {
                Err(Error::value("norm to clip to", "a positive number", norm))
            }
            _ => Ok(()),
        }
    }

    /// The learning rate of an optimizer step, counted from 0.
    pub fn rate(&self, step: usize) -> f64 {
        self.schedule
            .rate(self.adam.learning_rate, step, self.steps, self.warmup)
    }

    /// What it has beyond the paper's training, by the names of the command line: nothing where all is as it was before there was a choice.
    ///
    /// ```
    /// use doubleback::train::{Schedule, TrainOptions};
    ///
    /// assert!(TrainOptions::default().choices().is_empty());
    /// let options = TrainOptions { steps: 400, schedule: Schedule::Cosine, ..TrainOptions::default() };
    /// assert_eq!(options.choices(), [("schedule", "cosine over 400 steps".to_owned())]);
    /// ```
    pub fn choices(&self) -> Vec<(&'static str, String)> {
        let mut choices = self.optimizer.facts();
        let mut add = |name, given: bool, value: String| {
            if given {
                choices.push((name, value));
            }
        };
        let scheduled = self.schedule != Schedule::default();
        // Another number of steps would be another training.
        add(
            "schedule",
            scheduled,
            format!("{} over {} steps", self.schedule, self.steps),
        );
        add("warmup", self.warmup > 0, self.warmup.to_string());
        add("accumulate", self.accumulate > 1, self.accumulate.to_string());
        let or_none = |value: Option<f64>| value.map(|value| value.to_string()).unwrap_or_default();
        add("clip-norm", self.clip_norm.is_some(), or_none(self.clip_norm));
        add("average", self.average.is_some(), or_none(self.average));
        let Augmentation { crop, flip } = self.augmentation;
        add("crop", crop > 0, crop.to_string());
        add("flip", flip, flip.to_string());
        let smoothing = self.label_smoothing;
        add("label-smoothing", smoothing > 0.0, smoothing.to_string());
        choices.extend(self.layers.settings());
        choices
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
