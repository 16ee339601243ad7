//! Attacks: one file each, reading like its equation.
//!
//! They are of two kinds. A [`BoundedAttack`] is given an epsilon; [`run`] does what these share. A [`MinimalAttack`] looks for a small
//! perturbation of its own accord; [`run_minimal`] runs it. Both check what they are given, clip to the model's bounds, predict again, take
//! success from that, and count images whose gradient is exactly zero. [`Attack`] is one of either kind, such as [`by_name`] finds.
//!
//! | name | attack | kind |
//! |---|---|---|
//! | `fgsm`, `tgsm` | [`Fgsm`], [`Tgsm`]: one step of length eps | bounded |
//! | `ifgsm`, `itgsm` | [`Ifgsm`], [`Itgsm`]: `steps` steps of length eps **each** | bounded by steps times eps |
//! | `pgd` | [`Pgd`]: steps projected on the L∞ or L2 ball of radius eps, with restarts | bounded |
//! | `jsma` | [`Jsma`]: few values, changed by theta each | minimal |
mod arrays;
mod ball;
mod fgsm;
mod ifgsm;
mod iterated;
mod itgsm;
mod jsma;
mod pairs;
mod pgd;
mod run;
mod target;
mod tgsm;

use burn::tensor::Tensor;

use crate::nn::Classifier;
use crate::{Error, Result};

pub use arrays::Examples;
pub use ball::Ball;
pub use fgsm::Fgsm;
pub use ifgsm::Ifgsm;
pub use itgsm::Itgsm;
pub use jsma::Jsma;
pub use pgd::Pgd;
pub use run::{Adversarial, Attacked, check_eps, run, run_minimal};
pub use target::Target;
pub use tgsm::Tgsm;

/// Perturbed images before clipping.
pub struct Perturbation {
    /// One tensor an epsilon, shaped as the images.
    pub images: Vec<Tensor<4>>,
    /// By image: its loss gradient was exactly zero in every pixel wherever the attack asked for it, so it had no direction to move the image in.
    pub zero_gradient: Vec<bool>,
    /// Gradients computed for one epsilon, mean of the images.
    pub gradients: f64,
    /// Forward passes for one epsilon, besides those of the gradients, mean of the images.
    pub forwards: f64,
}

/// An attack that is given an epsilon: how far it may move a pixel, or, for the iterated sign methods, how far in one step.
pub trait BoundedAttack {
    /// Name on the command line and in results.
    fn name(&self) -> &'static str;

    /// The class that each example should be taken for, or `None` if any wrong one will do.
    fn targets(&self, _labels: &[usize], _classes: usize) -> Option<Vec<usize>> {
        None
    }

    /// What epsilon bounds: of the iterated sign methods each step, of others the whole perturbation.
    fn norm(&self) -> Ball {
        Ball::Linf
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

/// Examples of an attack that chooses the size of their perturbation itself.
pub struct Found {
    /// Shaped as the images.
    pub images: Tensor<4>,
    /// By image: the gradient was exactly zero in every pixel, so the attack had no direction to move the image in.
    pub zero_gradient: Vec<bool>,
    /// By image: gradients computed.
    pub gradients: Vec<usize>,
    /// By image: forward passes, besides those of the gradients.
    pub forwards: Vec<usize>,
}

/// An attack that looks for a small perturbation of its own accord, without an epsilon.
pub trait MinimalAttack {
    /// Name on the command line and in results.
    fn name(&self) -> &'static str;

    /// What stands as `eps` in results: the size of a change that the attack was told to make, as JSMA's theta; 0 if there is none.
    fn size(&self) -> f64 {
        0.0
    }

    /// The class that each example should be taken for, or `None` if any wrong one will do.
    fn targets(&self, _labels: &[usize], _classes: usize) -> Option<Vec<usize>> {
        None
    }

    /// Looks for a perturbation of each image, given the true labels.
    ///
    /// # Errors
    /// When images or labels do not fit the model, or a setting is out of range.
    fn search(&self, model: &dyn Classifier, images: &Tensor<4>, labels: &[usize]) -> Result<Found>;
}

/// An attack of either kind.
pub enum Attack {
    /// One that is given an epsilon.
    Bounded(Box<dyn BoundedAttack>),
    /// One that is not.
    Minimal(Box<dyn MinimalAttack>),
}

impl Attack {
    /// Name on the command line and in results.
    pub fn name(&self) -> &'static str {
        match self {
            Attack::Bounded(attack) => attack.name(),
            Attack::Minimal(attack) => attack.name(),
        }
    }

    /// The class that each example should be taken for, or `None` if any wrong one will do.
    pub fn targets(&self, labels: &[usize], classes: usize) -> Option<Vec<usize>> {
        match self {
            Attack::Bounded(attack) => attack.targets(labels, classes),
            Attack::Minimal(attack) => attack.targets(labels, classes),
        }
    }

    /// Refuses epsilons that [`run`] would not take.
    ///
    /// # Errors
    /// Names the first such epsilon.
    pub fn check_eps(&self, eps: &[f64], model: &dyn Classifier) -> Result<()> {
        match self {
            Attack::Bounded(attack) => run::check_eps_in(attack.norm(), eps, model),
            Attack::Minimal(_) => check_eps(eps, model),
        }
    }

    /// Attacks a batch as [`run`] or [`run_minimal`] does.
    ///
    /// # Errors
    /// As these; and when a minimal attack is given epsilons.
    pub fn run(&self, model: &dyn Classifier, images: &Tensor<4>, labels: &[usize], eps: &[f64]) -> Result<Attacked> {
        match (self, eps) {
            (Attack::Bounded(attack), eps) => run(model, attack.as_ref(), images, labels, eps),
            (Attack::Minimal(attack), []) => run_minimal(model, attack.as_ref(), images, labels),
            (Attack::Minimal(attack), [eps, ..]) => {
                let expected = format!("for `{}`, which takes none: leave it out", attack.name());
                Err(Error::value("eps", expected, eps))
            }
        }
    }
}

/// Names of the attacks, as on the command line.
pub const NAMES: [&str; 6] = ["fgsm", "tgsm", "ifgsm", "itgsm", "pgd", "jsma"];

/// The attack of a name, with its default settings.
///
/// # Errors
/// When there is none of this name; the message suggests the nearest.
pub fn by_name(name: &str) -> Result<Attack> {
    let attack: Box<dyn BoundedAttack> = match name {
        "fgsm" => Box::new(Fgsm::default()),
        "tgsm" => Box::new(Tgsm::default()),
        "ifgsm" => Box::new(Ifgsm::default()),
        "itgsm" => Box::new(Itgsm::default()),
        "pgd" => Box::new(Pgd::default()),
        "jsma" => return Ok(Attack::Minimal(Box::new(Jsma::default()))),
        _ => return Err(Error::unknown("attack", name, NAMES)),
    };
    Ok(Attack::Bounded(attack))
}
