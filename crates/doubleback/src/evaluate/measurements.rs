//! What is measured of models: plain, serializable values that hold no tensor.

use serde::{Deserialize, Serialize};

/// Accuracy of a model on unperturbed test images.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CleanAccuracy {
    /// Model.
    pub model: String,
    /// Share of images classified rightly, in [0, 1].
    pub accuracy: f64,
    /// Lower end of the 95 % Wilson interval.
    pub low: f64,
    /// Upper end.
    pub high: f64,
    /// Images.
    pub count: usize,
}

/// Accuracy of one model on the examples crafted on another (or on itself).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TransferCell {
    /// Label of the attack, such as `fgsm` or `pgd-l2`.
    pub attack: String,
    /// The model whose gradients made the examples.
    pub crafted_on: String,
    /// The model that classifies them.
    pub evaluated_on: String,
    /// Perturbation size, in the data's units; of an attack that takes none, the size of its change, such as JSMA's theta.
    pub eps: f64,
    /// Share of examples still classified as their true label, in [0, 1].
    pub accuracy: f64,
    /// Lower end of the 95 % Wilson interval.
    pub low: f64,
    /// Upper end.
    pub high: f64,
    /// Images.
    pub count: usize,
}

/// How many images an attack left alone because the gradient of their loss is exactly zero.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Masking {
    /// Images whose gradient is zero in every pixel.
    pub zero_gradient_images: usize,
    /// Images attacked.
    pub count: usize,
}

/// White-box accuracy under one-step attacks on two losses: a model that withstands only the first masks its gradients.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct MarginCheck {
    /// Model, attacked with its own gradients.
    pub model: String,
    /// Perturbation size.
    pub eps: f64,
    /// Accuracy under FGSM on the cross-entropy (the paper's form).
    pub cross_entropy_accuracy: f64,
    /// Accuracy under FGSM on the logit margin.
    pub margin_accuracy: f64,
    /// Images.
    pub count: usize,
}

/// Distribution over images of the L2 norm of an input gradient, of one image's loss.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct GradientDistribution {
    /// Model.
    pub model: String,
    /// `fgsm`: gradient of the cross-entropy with the true label; `tgsm`: with the next label.
    pub loss: String,
    /// Distribution of the norm, floored at 1e-20 as in the paper.
    pub norm: Distribution,
    /// Median over images of the roughness of the gradient: mean absolute difference of neighboring pixels over mean absolute value.
    /// White noise has about 1.41, a smooth picture less. `None` where every gradient is zero.
    pub roughness: Option<f64>,
}

/// On how many images a model's input gradient is smoother (has less roughness) than the normal model's on the same image.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Smoothness {
    /// Model.
    pub model: String,
    /// Share of images, in [0, 1].
    pub smoother: f64,
    /// Lower end of the 95 % Wilson interval.
    pub low: f64,
    /// Upper end.
    pub high: f64,
    /// Images on which both gradients are not zero.
    pub count: usize,
}

/// Distribution of log-probabilities over all images and classes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LogProbabilities {
    /// Model.
    pub model: String,
    /// Histogram of -log p (natural logarithm) on a log10 axis, floored at 1e-20.
    pub negative_log: Distribution,
}

/// A distribution of positive values that span many decades.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Distribution {
    /// Arithmetic mean.
    pub mean: f64,
    /// The 5, 25, 50, 75 and 95 % quantiles.
    pub quantiles: [f64; 5],
    /// Values at or below the floor of 1e-20.
    pub floored: usize,
    /// Values.
    pub count: usize,
    /// Histogram of log10 of the values above the floor.
    pub log10: Histogram,
}

/// Equal-width histogram.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Histogram {
    /// Left edge of the first bin.
    pub low: f64,
    /// Right edge of the last bin.
    pub high: f64,
    /// Values in each bin.
    pub counts: Vec<usize>,
}
