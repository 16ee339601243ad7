use std::collections::BTreeMap;
use std::path::PathBuf;

use super::profile::{Budget, Profile};
use doubleback::data::{Dataset, Split};
use doubleback::diagnose::InformationOptions;
use doubleback::diagnose::ProbeOptions;
use doubleback::diagnose::{ClassTarget, GanOptions};
use doubleback::evaluate::Sample;

/// What to diagnose, and where.
#[derive(Clone, Debug)]
pub struct Options {
    /// How much work to spend, for the record.
    pub profile: Profile,
    /// How much work to spend, in numbers; [`Profile::budget`] has those of the profiles.
    pub budget: Budget,
    /// The sample that the test images of the data set are, if they are one.
    pub sample: Option<Sample>,
    /// Seed of oracle, generators, probes, decoders, noise and intervals.
    pub seed: u64,
    /// Name of the attack, which has its default settings.
    pub attack: String,
    /// Its perturbation size; without one, it is found by a sweep on the first model. Not for minimal attacks.
    pub eps: Option<f64>,
    /// Names of the stages to study, of which the first and the last always are; without any, all.
    pub layers: Vec<String>,
    /// Output folder.
    pub out: PathBuf,
    /// Name of the device, for the record.
    pub device_name: String,
    /// Worker threads, for the record.
    pub threads: usize,
}

impl Options {
    pub(super) fn count(&self, test: &Split) -> usize {
        self.budget.images.min(test.len())
    }

    /// Where the test image at a place is in the data set's own test part.
    pub(super) fn index(&self, place: usize) -> usize {
        let indices = self.sample.as_ref().map(Sample::indices);
        indices.and_then(|indices| indices.get(place).copied()).unwrap_or(place)
    }

    pub(super) fn gan(&self) -> GanOptions {
        let (steps, default) = (self.budget.generator_steps, GanOptions::default());
        GanOptions {
            steps,
            warm_up: default.warm_up.min(steps),
            seed: self.seed,
            ..default
        }
    }

    pub(super) fn probes(&self) -> ProbeOptions {
        ProbeOptions {
            steps: self.budget.reader_steps,
            seed: self.seed,
            ..ProbeOptions::default()
        }
    }

    pub(super) fn decoders(&self) -> InformationOptions {
        InformationOptions {
            steps: self.budget.reader_steps,
            seed: self.seed,
            ..InformationOptions::default()
        }
    }

    /// Settings in words, for the record.
    pub(super) fn settings(&self, dataset: &Dataset) -> BTreeMap<String, String> {
        let (gan, probes, decoders) = (self.gan(), self.probes(), self.decoders());
        [
        (
            "InterpretGAN",
            format!(
                "{} steps of {} images ({} a generator) after {} of Q alone, noise of {}, class weight {} ({}), anchor weight {} (FGSM {}), recognition weight {}, noise weight {} on {} values, \
                 latent weight {}, {} of the vectors mixed, rates {} and {}",
                gan.steps,
                gan.batch,
                gan.generator_batch,
                gan.warm_up,
                gan.noise,
                gan.class_weight,
                match gan.class_target {
                    ClassTarget::Decision => "the model's decision",
                    ClassTarget::Probabilities => "the model's probabilities",
                },
                gan.anchor_weight,
                gan.anchor_eps_of(dataset.shape.channels),
                gan.recognition_weight,
                gan.noise_weight,
                gan.recognised,
                gan.latent_weight,
                gan.mixed,
                gan.generator_rate,
                gan.discriminator_rate
            ),
        ),
        ("draws of noise", self.budget.draws.to_string()),
        (
            "probes",
            format!("{} steps of {} images, {} hidden units", probes.steps, probes.batch, probes.units),
        ),
        ("decoders", format!("{} steps of {} images", decoders.steps, decoders.batch)),
        ("preparation", dataset.preparation.to_string()),
        (
            "duplicates",
            if dataset.deduplicated { "removed" } else { "kept" }.to_owned(),
        ),
    ]
    .map(|(name, value)| (name.to_owned(), value))
    .into()
    }
}
