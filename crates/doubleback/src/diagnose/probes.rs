//! Probes: what a small classifier reads from a latent. The check of the diagnosis that needs no generator (Alain & Bengio 2016).

use burn::tensor::activation::log_softmax;
use burn::tensor::{Device, Tensor};
use doubleback_ops::AdamOptions;
use serde::{Deserialize, Serialize};

use super::estimate::mean;
use super::images::training_batch;
use super::measurements::ProbeLayer;
use super::probe_input::ProbeInput;
use super::vulnerability::shares;
use crate::data::Split;
use crate::nn::layers::{Dense, Flatten, LayerKind, Relu};
use crate::nn::{
    Architecture, LayerSpec, Mode, Module, Network, Staged, TrainingPass, cross_entropy, predictions, to_vec,
};
use crate::progress::{Phase, Watch};
use crate::train::Adam;
use crate::{Error, Result};

/// How probes are trained: the same for every stage.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ProbeOptions {
    /// Optimizer steps.
    pub steps: usize,
    /// Images a step.
    pub batch: usize,
    /// Units of the hidden layer.
    pub units: usize,
    /// Adam's rate.
    pub learning_rate: f64,
    /// Seed of the starting values.
    pub seed: u64,
}

impl Default for ProbeOptions {
    /// 400 steps of 128 images, 128 units.
    fn default() -> Self {
        Self {
            steps: 400,
            batch: 128,
            units: 128,
            learning_rate: 1e-3,
            seed: 0,
        }
    }
}

/// One probe a stage: standardized latent → dense → ReLU → dense, trained on clean images with the cross-entropy of the true labels.
///
/// Latents are not pooled to a common size first. That would take more from the early, large ones than from the late ones, and average pooling
/// is itself among the things that a diagnosis compares. So probes of large latents have more weights, but the same hidden units and budget.
pub struct Probes {
    stages: Vec<usize>,
    probes: Vec<(ProbeInput, Network)>,
}

/// What the probes said of some images: by stage, then by image.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ProbeReading {
    /// Whether the probe took the image for another class than its own.
    pub wrong: Vec<Vec<bool>>,
    /// Cross-entropy of the true label, in nats. Its mean over held-out clean images bounds `H(Y | l_k)` from above.
    pub nats: Vec<Vec<f64>>,
}

impl Probes {
    /// Trains the probes of these stages (indices, ascending) on the first images of `train`, all in one pass over them: a step asks the
    /// classifier for all latents once. It starts again at the first image when there are no more.
    ///
    /// # Errors
    /// When the images do not fit the model, there are none, an option is 0, or `watch` breaks ([`Error::Interrupted`]).
    pub fn train(
        model: &dyn Staged,
        stages: &[usize],
        train: &Split,
        options: &ProbeOptions,
        device: &Device,
        watch: &mut dyn Watch,
    ) -> Result<Self> {
        options.check()?;
        let (shape, classes) = (model.shape(), model.classes());
        let inputs = ProbeInput::of_images(model, stages, train, device)?;
        let adam_options = AdamOptions {
            learning_rate: options.learning_rate,
            ..AdamOptions::default()
        };
        let mut probes = Vec::with_capacity(stages.len());
        for (input, &stage) in inputs.into_iter().zip(stages) {
            let probe = options.probe(input.len(), classes);
            // A seed of its own a stage: equal starting values would tie the stages' luck together.
            let network = Network::new(probe, options.seed.wrapping_add(stage as u64), device)?;
            let adam = Adam::new(&network, adam_options);
            probes.push((input, network, adam));
        }
        let mut phase = Phase::begin("probes", options.steps, watch);
        for step in 0..options.steps {
            let batch = training_batch(train, shape, classes, step, options.batch, device)?;
            let latents = model.latents(batch.images().clone(), stages)?;
            let mut losses = 0.0;
            for ((input, network, adam), latent) in probes.iter_mut().zip(latents) {
                let tracked = network.tracked();
                let mut pass = TrainingPass::new(options.seed, step);
                let logits = tracked.forward(input.column(latent), pass.mode())?;
                let loss = cross_entropy(&logits, &batch.targets);
                losses += f64::from(to_vec(loss.clone().inner())?[0]);
                let mut gradients = loss.backward();
                drop((loss, logits));
                adam.step(network, tracked, &mut gradients)?;
            }
            phase.tell(step + 1, Some(losses / stages.len() as f64))?;
        }
        Ok(Self {
            stages: stages.to_vec(),
            probes: probes.into_iter().map(|(input, network, _)| (input, network)).collect(),
        })
    }

    /// Reads a batch of images with these true labels and adds what the probes say to `reading`.
    ///
    /// # Errors
    /// When the images do not fit the model or the labels the images.
    pub fn read(
        &self,
        model: &dyn Staged,
        images: Tensor<4>,
        labels: &[usize],
        reading: &mut ProbeReading,
    ) -> Result<()> {
        if images.dims()[0] != labels.len() {
            return Err(Error::shape("labels", images.dims()[0], labels.len()));
        }
        reading.wrong.resize(self.stages.len(), Vec::new());
        reading.nats.resize(self.stages.len(), Vec::new());
        let classes = model.classes();
        let latents = model.latents(images, &self.stages)?;
        for (place, ((input, network), latent)) in self.probes.iter().zip(latents).enumerate() {
            let logits = network.forward(input.column(latent), Mode::Inference)?;
            let wrong = predictions(&logits)?;
            let log_probabilities = to_vec(log_softmax(logits, 1))?;
            for (image, &label) in labels.iter().enumerate() {
                reading.wrong[place].push(wrong[image] != label);
                reading.nats[place].push(-f64::from(log_probabilities[image * classes + label]));
            }
        }
        Ok(())
    }
}

/// From what the probes said of clean and attacked images to what each stage adds to the error, with intervals over images.
///
/// # Errors
/// When there is not one list of answers for each stage, or they are not of as many images, at least one.
pub fn probe_layers(
    stages: &[impl AsRef<str>],
    [clean, attacked]: [&ProbeReading; 2],
    seed: u64,
) -> Result<Vec<ProbeLayer>> {
    let lengths = [&clean.wrong, &attacked.wrong].map(Vec::len);
    if lengths != [stages.len(); 2] || clean.nats.len() != stages.len() {
        return Err(Error::shape("stages that probes read", stages.len(), lengths));
    }
    let errors = |reading: &ProbeReading| -> Vec<Vec<f64>> {
        let stage = |wrong: &Vec<bool>| wrong.iter().map(|&wrong| f64::from(u8::from(wrong))).collect();
        reading.wrong.iter().map(stage).collect()
    };
    let shares = shares(&errors(clean), &errors(attacked), seed)?;
    let entropies: Vec<f64> = clean.nats.iter().map(|nats| mean(nats)).collect();
    let layer = |(place, name): (usize, &str)| ProbeLayer {
        layer: name.to_owned(),
        clean_error: shares.clean[place],
        attacked_error: shares.attacked[place],
        r: shares.damage[place],
        v: shares.vulnerability[place],
        entropy: entropies[place],
        entropy_loss: place.checked_sub(1).map(|before| entropies[place] - entropies[before]),
    };
    let names = stages.iter().map(AsRef::as_ref).enumerate();
    Ok(names.map(layer).collect())
}

impl ProbeOptions {
    fn check(&self) -> Result<()> {
        for (name, value) in [
            ("steps of a probe", self.steps),
            ("batch of a probe", self.batch),
            ("units of a probe", self.units),
        ] {
            if value == 0 {
                return Err(Error::value(name, "at least 1", value));
            }
        }
        Ok(())
    }

    fn probe(&self, values: usize, classes: usize) -> Architecture {
        let dense = |units| LayerKind::Dense(Dense { units, bias: true });
        Architecture {
            name: "probe".into(),
            input: [values, 1, 1],
            bounds: [f32::MIN, f32::MAX],
            classes,
            layers: vec![
                LayerSpec::new("flatten", LayerKind::Flatten(Flatten {})),
                LayerSpec::new("hidden", dense(self.units)),
                LayerSpec::new("hidden.relu", LayerKind::Relu(Relu {})),
                LayerSpec::new("logits", dense(classes)),
            ],
        }
    }
}
