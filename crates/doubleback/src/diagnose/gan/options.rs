use std::time::Duration;

use doubleback_ops::AdamOptions;
use serde::{Deserialize, Serialize};

use crate::{Error, Result};

/// What the class term asks generators to show of a latent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ClassTarget {
    /// The class that the classifier decides for.
    #[default]
    Decision,
    /// All classes as probable as the classifier has them, but of mixtures the decision. A classifier that is never sure, such as one trained
    /// with double backprop, then has generators draw what is torn between classes.
    Probabilities,
}

/// How generators are trained. The defaults are for MNIST.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct GanOptions {
    /// Steps: each is one of the discriminator and one of every generator.
    pub steps: usize,
    /// Steps before these in which Q learns the classes of real images, alone. Generators learn classes from Q: without them their first steps
    /// follow a judge that knows nothing.
    pub warm_up: usize,
    /// Real images a step, and about as many generated ones for the discriminator, half of them from generators of vectors.
    pub batch: usize,
    /// Images of the batch that each generator makes images for.
    pub generator_batch: usize,
    /// Share of the images for which generators of vectors get a mixture of two images' latents, with the class that the classifier
    /// decides for. Attacked images have latents between those of clean ones; without mixtures a generator has never seen any.
    pub mixed: f64,
    /// Values of `z`.
    pub noise: usize,
    /// Weight λ_c of the class terms.
    pub class_weight: f64,
    /// What they ask for.
    pub class_target: ClassTarget,
    /// Weight of the same terms when Q is trained. At 0 Q learns classes from real images alone, and generators cannot bring it to accept a
    /// code of their own.
    pub recognition_weight: f64,
    /// Weight λ_q of the anchor.
    pub anchor_weight: f64,
    /// Size of the FGSM, as a share of the data's range, with which half of the anchor's images are perturbed; without a choice 0.2, and 0.03 for
    /// images of three channels. Generators learn from Q's gradient, and that of a plainly trained network points to texture, not to strokes.
    pub anchor_eps: Option<f64>,
    /// Weight λ_z of the term that has Q recognise the noise in the images of vectors.
    pub noise_weight: f64,
    /// Values of the noise that Q recognises, at most all.
    pub recognised: usize,
    /// Weight λ_l of the latent term; 0 leaves it out.
    pub latent_weight: f64,
    /// Step size of the generators.
    pub generator_rate: f64,
    /// Step size of the discriminator.
    pub discriminator_rate: f64,
    /// Adam's decay of the first moment, of all.
    pub beta1: f64,
    /// Spectral normalization of the discriminator (Miyato et al. 2018); without a choice, for images of three channels.
    pub spectral: Option<bool>,
    /// Seed of starting values and noise.
    pub seed: u64,
    /// Steps between points of the history, and between grids.
    pub history_every: usize,
    /// Time between checkpoints.
    pub checkpoint_every: Duration,
}

impl Default for GanOptions {
    fn default() -> Self {
        Self {
            steps: 1500,
            warm_up: 300,
            batch: 64,
            generator_batch: 64,
            mixed: 0.5,
            noise: 32,
            class_weight: 2.0,
            class_target: ClassTarget::default(),
            recognition_weight: 0.0,
            anchor_weight: 1.0,
            anchor_eps: None,
            noise_weight: 0.2,
            recognised: 8,
            latent_weight: 0.0,
            generator_rate: 1e-3,
            discriminator_rate: 5e-4,
            beta1: 0.5,
            spectral: None,
            seed: 0,
            history_every: 100,
            checkpoint_every: Duration::from_secs(60),
        }
    }
}

impl GanOptions {
    /// # Errors
    /// Names the first option outside its range.
    pub fn check(&self) -> Result<()> {
        for (name, value) in [
            ("steps", self.steps),
            ("batch", self.batch),
            ("generator batch", self.generator_batch),
            ("noise", self.noise),
            ("history_every", self.history_every),
        ] {
            if value == 0 {
                return Err(Error::value(name, "at least 1", value));
            }
        }
        if self.generator_batch > self.batch {
            let expected = format!("at most the batch, {}", self.batch);
            return Err(Error::value("generator batch", expected, self.generator_batch));
        }
        for (name, value) in [
            ("class weight", self.class_weight),
            ("recognition weight", self.recognition_weight),
            ("anchor weight", self.anchor_weight),
            ("latent weight", self.latent_weight),
            ("noise weight", self.noise_weight),
        ] {
            if !(value >= 0.0 && value.is_finite()) {
                return Err(Error::value(name, "a number of at least 0", value));
            }
        }
        for (name, value) in [
            ("generator rate", self.generator_rate),
            ("discriminator rate", self.discriminator_rate),
        ] {
            if !(value > 0.0 && value.is_finite()) {
                return Err(Error::value(name, "a positive number", value));
            }
        }
        if self.recognised == 0 || self.recognised > self.noise {
            let expected = format!("1 to {}, the values of the noise", self.noise);
            return Err(Error::value("recognised", expected, self.recognised));
        }
        for (name, value) in [("mixed", self.mixed), ("anchor eps", self.anchor_eps.unwrap_or(0.0))] {
            if !(0.0..=1.0).contains(&value) {
                return Err(Error::value(name, "a share in [0, 1]", value));
            }
        }
        if !(0.0..1.0).contains(&self.beta1) {
            return Err(Error::value("beta1", "in [0, 1)", self.beta1));
        }
        Ok(())
    }

    /// Size of the anchor's FGSM for images of so many channels, as a share of the data's range.
    pub fn anchor_eps_of(&self, channels: usize) -> f64 {
        self.anchor_eps.unwrap_or(if channels == 3 { 0.03 } else { 0.2 })
    }

    pub(super) fn adam(&self, learning_rate: f64) -> AdamOptions {
        AdamOptions {
            learning_rate,
            beta1: self.beta1,
            beta2: 0.999,
            epsilon: 1e-8,
        }
    }
}
