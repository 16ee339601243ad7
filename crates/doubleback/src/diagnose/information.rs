//! How much of the image each layer has lost, by what a decoder can make of its latents.
//!
//! This project's own formulation of Zheng et al. 2020, of which only the abstract is public: with decoders of one family, size and budget for every
//! stage k, `J_k = (D/2) log MSE_k` on held-out images of D values is, up to a constant, an upper bound of the conditional entropy of the image given
//! the latent, and `IL_k = J_k - J_{k-1}` what stage k adds to it. Both are given in nats a value, divided by D.

use burn::tensor::{Device, Tensor};

use super::decoder::LatentDecoder;
use super::estimate::{bootstrapped, mean};
use super::images::training_batch;
use super::measurements::InformationLayer;
use crate::batch::tensor_of;
use crate::data::Split;
use crate::nn::{Staged, to_vec};
use crate::progress::{Phase, Watch};
use crate::{Error, Result};

/// Clean training images that latents are standardized by.
const STANDARD: usize = 512;

/// How decoders are trained: the same for every stage.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct InformationOptions {
    /// Optimizer steps.
    pub steps: usize,
    /// Images a step.
    pub batch: usize,
    /// Seed of the starting values.
    pub seed: u64,
}

impl Default for InformationOptions {
    /// 400 steps of 64 images.
    fn default() -> Self {
        Self {
            steps: 400,
            batch: 64,
            seed: 0,
        }
    }
}

/// One decoder a stage, trained on clean images with the mean squared error.
pub struct Decoders {
    stages: Vec<usize>,
    decoders: Vec<LatentDecoder>,
}

impl Decoders {
    /// Trains the decoders of these stages (indices, ascending) on the first images of `train`, all in one pass over them.
    ///
    /// # Errors
    /// When the images do not fit the model, there are none, an option is 0, or `watch` breaks ([`Error::Interrupted`]).
    pub fn train(
        model: &dyn Staged,
        stages: &[usize],
        train: &Split,
        options: &InformationOptions,
        device: &Device,
        watch: &mut dyn Watch,
    ) -> Result<Self> {
        for (name, value) in [
            ("steps of a decoder", options.steps),
            ("batch of a decoder", options.batch),
            ("training images", train.len()),
        ] {
            if value == 0 {
                return Err(Error::value(name, "at least 1", value));
            }
        }
        let (shape, bounds) = (model.shape(), model.bounds());
        let first = tensor_of(train, shape, 0..STANDARD.min(train.len()), device);
        let mut decoders = Vec::with_capacity(stages.len());
        for (&stage, latents) in stages.iter().zip(model.latents(first, stages)?) {
            let [_, height, width, channels] = latents.dims();
            // A seed of its own a stage: equal starting values would tie the stages' luck together.
            let seed = options.seed.wrapping_add(stage as u64);
            let mut decoder = LatentDecoder::new([height, width, channels], shape, bounds, seed, device)?;
            decoder.standardize(&latents)?;
            let adam = decoder.adam();
            decoders.push((decoder, adam));
        }
        let mut phase = Phase::begin("decoders", options.steps, watch);
        for step in 0..options.steps {
            let batch = training_batch(train, shape, model.classes(), step, options.batch, device)?;
            let latents = model.latents(batch.images().clone(), stages)?;
            let mut losses = 0.0;
            for ((decoder, adam), latents) in decoders.iter_mut().zip(latents) {
                losses += decoder.train_step(adam, latents, batch.images().clone())?;
            }
            phase.tell(step + 1, Some(losses / stages.len().max(1) as f64))?;
        }
        Ok(Self {
            stages: stages.to_vec(),
            decoders: decoders.into_iter().map(|(decoder, _)| decoder).collect(),
        })
    }

    /// Mean squared error of what the decoders make of each image, in units of the data's range: by stage, then by image. Adds to `errors`.
    ///
    /// # Errors
    /// When the images do not fit the model.
    pub fn read(&self, model: &dyn Staged, images: &Tensor<4>, errors: &mut Vec<Vec<f64>>) -> Result<()> {
        errors.resize(self.stages.len(), Vec::new());
        let (n, values) = (images.dims()[0], model.shape().len());
        let bounds = model.bounds();
        let range = f64::from(bounds.high) - f64::from(bounds.low);
        let latents = model.latents(images.clone(), &self.stages)?;
        for ((decoder, latents), errors) in self.decoders.iter().zip(latents).zip(errors) {
            let difference = decoder.forward(latents)? - images.clone();
            let square = to_vec(difference.square().reshape([n, values]).mean_dim(1))?;
            errors.extend(square.iter().map(|&square| f64::from(square) / (range * range)));
        }
        Ok(())
    }
}

/// Variance of what rounding to 256 levels takes from a value, in units of the data's range: no decoder can be blamed for less.
pub fn quantisation_variance() -> f64 {
    (1.0f64 / 255.0).powi(2) / 12.0
}

/// `J_k / D` and `IL_k / D` from squared errors by stage and image ([`Decoders::read`]), with intervals over images.
///
/// ```
/// use doubleback::diagnose::information;
/// // Ten times the error is half of log 10 nats a value.
/// let layers = information(&["input", "conv1"], &[vec![0.001; 5], vec![0.01; 5]], 0)?;
/// assert!((layers[1].loss.unwrap().value - 10f64.ln() / 2.0).abs() < 1e-12);
/// # Ok::<(), doubleback::Error>(())
/// ```
///
/// # Errors
/// When there is not one list of errors for each stage, or they are not of as many images, at least one.
pub fn information(stages: &[impl AsRef<str>], errors: &[Vec<f64>], seed: u64) -> Result<Vec<InformationLayer>> {
    let lengths: Vec<usize> = errors.iter().map(Vec::len).collect();
    let count = lengths.first().copied().unwrap_or(0);
    if errors.len() != stages.len() || count == 0 || lengths.iter().any(|&length| length != count) {
        let expected = format!("{} stages of as many images, at least one", stages.len());
        return Err(Error::Shape {
            what: "errors of decoders".into(),
            expected,
            found: format!("{lengths:?}"),
        });
    }
    let drawn = |stage: usize, images: &[usize]| nats(drawn_mean(&errors[stage], images));
    let layer = |stage: usize, name: &str| {
        let mse = mean(&errors[stage]);
        let loss = stage.checked_sub(1).map(|before| {
            let value = nats(mse) - nats(mean(&errors[before]));
            bootstrapped(value, count, seed, |images| {
                Some(drawn(stage, images) - drawn(before, images))
            })
        });
        InformationLayer {
            layer: name.to_owned(),
            mse,
            j: nats(mse),
            loss,
        }
    };
    let names = stages.iter().map(AsRef::as_ref).enumerate();
    Ok(names.map(|(stage, name)| layer(stage, name)).collect())
}

/// The mean over images that were drawn.
pub fn drawn_mean(values: &[f64], images: &[usize]) -> f64 {
    images.iter().map(|&image| values[image]).sum::<f64>() / images.len().max(1) as f64
}

/// `J / D` of a mean squared error.
pub fn nats(mse: f64) -> f64 {
    mse.max(quantisation_variance()).ln() / 2.0
}
