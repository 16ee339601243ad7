//! Attacks: one file each, reading like its equation. [`run`] does what they share: checks the epsilons, clips to the model's bounds,
//! predicts again, and counts images whose gradient is exactly zero.
mod arrays;
mod fgsm;
mod pgd;
mod run;
mod tgsm;

use burn::tensor::Tensor;

use crate::nn::Classifier;
use crate::{Error, Result};

pub use arrays::Examples;
pub use fgsm::Fgsm;
pub use pgd::Pgd;
pub use run::{Adversarial, Attacked, check_eps, run};
pub use tgsm::Tgsm;

/// Perturbed images before clipping.
pub struct Perturbation {
    /// One tensor an epsilon, shaped as the images.
    pub images: Vec<Tensor<4>>,
    /// By image: its loss gradient was exactly zero in every pixel wherever the attack asked for it, so it had no direction to move the image in.
    pub zero_gradient: Vec<bool>,
    /// Gradients computed an image for one epsilon.
    pub gradients: usize,
    /// Forward passes an image for one epsilon, besides those of the gradients.
    pub forwards: usize,
}

/// An attack that stays within a given epsilon.
pub trait BoundedAttack {
    /// Name on the command line and in results.
    fn name(&self) -> &'static str;

    /// The class that each example should be taken for, or `None` if any wrong one will do.
    fn targets(&self, _labels: &[usize], _classes: usize) -> Option<Vec<usize>> {
        None
    }

    /// Perturbs images of the given true labels, once for each epsilon (in units of the model's bounds).
    ///
    /// # Errors
    /// When images or labels do not fit the model.
    fn perturb(
        &self,
        model: &dyn Classifier,
        images: &Tensor<4>,
        labels: &[usize],
        eps: &[f64],
    ) -> Result<Perturbation>;
}

/// Names of the attacks, as on the command line.
pub const NAMES: [&str; 3] = ["fgsm", "tgsm", "pgd"];

/// The attack of a name, with its default settings.
///
/// # Errors
/// When there is none of this name; the message suggests the nearest.
pub fn by_name(name: &str) -> Result<Box<dyn BoundedAttack>> {
    match name {
        "fgsm" => Ok(Box::new(Fgsm::default())),
        "tgsm" => Ok(Box::new(Tgsm::default())),
        "pgd" => Ok(Box::new(Pgd::default())),
        _ => Err(Error::unknown("attack", name, NAMES)),
    }
}
