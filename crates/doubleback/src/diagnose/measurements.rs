//! What is measured of a stage or an attack: plain, serializable numbers.

use serde::{Deserialize, Serialize};

/// A number with its 95 % interval.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Estimate {
    /// The measured value.
    pub value: f64,
    /// Lower end.
    pub low: f64,
    /// Upper end.
    pub high: f64,
}

/// One eps of a sweep.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct EpsPoint {
    /// Size of the perturbation.
    pub eps: f64,
    /// Share of the correctly classified images that the attack turned wrong.
    pub success: f64,
    /// Images looked at.
    pub count: usize,
}

/// A stage as a small classifier on its latents sees it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ProbeLayer {
    /// Name of the stage.
    pub layer: String,
    /// Error on clean test images.
    pub clean_error: Estimate,
    /// Error on attacked test images.
    pub attacked_error: Estimate,
    /// `r'_k`.
    pub r: Estimate,
    /// `v'_k`; of the first stage, `r'_0`.
    pub v: Estimate,
    /// Held-out cross-entropy in nats, an upper bound of `H(Y | l_k)`.
    pub entropy: f64,
    /// `H(Y | l_k) - H(Y | l_{k-1})`; nothing for the first stage.
    pub entropy_loss: Option<f64>,
}

/// What a decoder can make of a stage.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct InformationLayer {
    /// Name of the stage.
    pub layer: String,
    /// Mean squared error of the decoder on held-out images, data range 1.
    pub mse: f64,
    /// `J_k / D = log(MSE) / 2`, nats a pixel.
    pub j: f64,
    /// `IL_k / D`, nats a pixel; nothing for the first stage.
    pub loss: Option<Estimate>,
}

/// Losses of one step.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LossPoint {
    /// Steps done.
    pub step: usize,
    /// Of the discriminator.
    pub discriminator: f64,
    /// Of the recognition network on real labelled images.
    pub anchor: f64,
    /// Adversarial loss of each generator, in order of stages.
    pub generator: Vec<f64>,
    /// Class term of each generator.
    pub class: Vec<f64>,
}

/// Shares of (image, z) pairs whose explanation the oracle gives a certain class.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Agreement {
    /// Clean images: the model's prediction `f(x)`.
    pub clean_prediction: Estimate,
    /// Attacked images: the model's prediction under attack `f(x_adv)`.
    pub attacked_prediction: Estimate,
    /// Attacked images: the true class.
    pub attacked_truth: Estimate,
    /// Images that the attack turned wrong: the model's prediction under attack.
    pub fooled_prediction: Estimate,
}
