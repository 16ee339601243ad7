//! The images of a report: originals, adversarial versions and saliency maps.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// Images of a run, with their adversarial versions and saliency maps.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Pictures {
    /// Channels, height, width of every pixel array.
    pub shape: [usize; 3],
    /// Least and greatest pixel value.
    pub bounds: [f32; 2],
    /// The images, one or more of each class.
    pub images: Vec<Picture>,
}

/// A test image and what was made from it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Picture {
    /// Index in the test set.
    pub index: usize,
    /// True class.
    pub label: usize,
    /// Pixels in channel, row, column order.
    pub pixels: Vec<f32>,
    /// Each model's prediction for the unperturbed image.
    pub predictions: BTreeMap<String, Prediction>,
    /// Adversarial versions.
    pub perturbed: Vec<Perturbed>,
    /// Saliency maps, one a model.
    pub saliency: Vec<Saliency>,
}

/// A class and its probability.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Prediction {
    /// Most probable class.
    pub class: usize,
    /// Its probability, in [0, 1].
    pub probability: f32,
}

/// An adversarial version of an image.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Perturbed {
    /// `fgsm` or `tgsm`.
    pub attack: String,
    /// The model whose gradients made it.
    pub crafted_on: String,
    /// Perturbation size.
    pub eps: f64,
    /// Pixels in channel, row, column order.
    pub pixels: Vec<f32>,
    /// Each model's prediction.
    pub predictions: BTreeMap<String, Prediction>,
}

/// Signed input gradient of the score function Σ_k log p_k (Figure 6).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Saliency {
    /// Model.
    pub model: String,
    /// One signed value a pixel, not scaled.
    pub values: Vec<f32>,
}
