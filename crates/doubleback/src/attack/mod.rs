//! Attacks: one file each, reading like its equation.
//!
//! An attack is told what to reach, a [`Goal`], and knows nothing else of labels: away from the true class, or towards another one. It is of one
//! of two kinds. A [`BoundedAttack`] is given an epsilon; [`run`] does what these share. A [`MinimalAttack`] looks for a small perturbation of its
//! own accord; [`run_minimal`] runs it. Both check what they are given, clip to the model's bounds, predict again, take success from that, and
//! count images whose gradient is exactly zero. [`Ensemble`] wraps attacks, or restarts of one, such that each is tried on the images that are
//! still [`Standing`].
//!
//! [`AttackSpec`] is the table of all attacks: names, options with their defaults and limits, and from these an [`Attack`], of either kind.
//!
//! | name | attack | kind |
//! |---|---|---|
//! | `fgsm`, `tgsm` | [`Fgsm`], away from the true class or towards another: one step of length eps | bounded |
//! | `ifgsm`, `itgsm` | [`Ifgsm`], the same: `steps` steps of length eps **each** | bounded by steps times eps |
//! | `mi-fgsm` | [`MiFgsm`]: steps with momentum, projected on the L∞ ball of radius eps | bounded |
//! | `pgd` | [`Pgd`]: steps projected on the L∞ or L2 ball of radius eps, with restarts | bounded |
//! | `bim` | the same from the image itself | bounded |
//! | `apgd-ce`, `apgd-dlr`, `apgd-t` | [`Apgd`]: PGD that chooses its steps, on the cross-entropy, the difference of logits ratio, or that of one target after the other | bounded |
//! | `square` | [`Square`]: a random search without gradients | bounded |
//! | `fab`, `fab-t` | [`Fab`]: the nearest example, towards the nearest class or one target after the other; an eps is what it must be within | bounded |
//! | `cw-l2` | [`CwL2`]: the shortest change that another class is ahead with, by Adam | minimal, nearest |
//! | `deepfool` | [`DeepFool`]: to the nearest boundary, step by step | minimal, nearest |
//! | `ddn` | [`Ddn`]: along the gradient, at a length that shrinks and grows | minimal, nearest |
//! | `fmn` | [`Fmn`]: along the gradient, within a ball that shrinks and grows, in L2, L∞ or L1 | minimal, nearest |
//! | `jsma` | [`Jsma`]: few values, changed by theta each, towards a class | minimal |
mod adversarial;
mod apgd;
mod apgd_loss;
mod cw_l2;
mod ddn;
mod deepfool;
mod divergence;
mod ensemble;
mod eps;
mod examples;
mod fab;
mod fgsm;
mod fmn;
mod goal;
mod gradient_steps;
mod ifgsm;
mod jsma;
mod metric;
mod mi_fgsm;
mod nearest;
mod norm;
mod option_help;
mod pgd;
mod pixels;
mod plane;
mod room;
mod settings;
mod sign_step;
mod spec;
mod square;
mod standing;
mod target;

use burn::tensor::Tensor;

use crate::nn::Classifier;
use crate::{Error, Result};

pub use adversarial::{Adversarial, Attacked, check_eps, run, run_minimal, run_within};
pub use apgd::Apgd;
pub use apgd_loss::ApgdLoss;
pub use cw_l2::CwL2;
pub use ddn::Ddn;
pub use deepfool::DeepFool;
pub(crate) use divergence::DivergenceAscent;
pub use ensemble::Ensemble;
pub use eps::{deserialize_eps, deserialize_eps_list, parse_eps};
pub use examples::{Example, ExampleBatch, Examples};
pub use fab::Fab;
pub use fgsm::Fgsm;
pub use fmn::Fmn;
pub use goal::Goal;
pub use ifgsm::Ifgsm;
pub use jsma::Jsma;
pub use metric::Metric;
pub use mi_fgsm::MiFgsm;
pub use norm::Norm;
pub(crate) use option_help::option_help;
pub use pgd::Pgd;
pub use room::Room;
pub use settings::{ApgdSpec, ApgdTSpec, BimSpec, FabSpec, FabTSpec, JsmaSpec, PgdSpec, SquareSpec};
pub use sign_step::sign_step;
pub use spec::{AttackOption, AttackSpec, OptionKind};
pub use square::Square;
pub use standing::Standing;
pub use target::{Target, TargetClass};

/// What an attack computed for each image of a batch.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Cost {
    /// By image: gradients.
    pub gradients: Vec<usize>,
    /// By image: forward passes besides those of the gradients.
    pub forwards: Vec<usize>,
}

impl Cost {
    /// So many gradients and no other forward pass for each of `images` images.
    pub fn of_each(images: usize, gradients: usize) -> Self {
        Self {
            gradients: vec![gradients; images],
            forwards: vec![0; images],
        }
    }
}

/// Perturbed images, of which those that leave the model's bounds are yet to be clipped.
pub struct Perturbation {
    /// One tensor an epsilon, shaped as the images.
    pub images: Vec<Tensor<4>>,
    /// By image: its loss gradient was exactly zero in every pixel wherever the attack asked for it, so it had no direction to move the image in.
    pub zero_gradient: Vec<bool>,
    /// What was computed for each epsilon; what serves several of them counts for each.
    pub cost: Vec<Cost>,
}

/// An attack that is given an epsilon: how far it may move a pixel, or, for the iterated sign methods, how far in one step.
pub trait BoundedAttack: Send + Sync {
    /// What epsilon bounds: of the iterated sign methods each step, of others the whole perturbation.
    fn norm(&self) -> Norm {
        Norm::Linf
    }

    /// The longest perturbation, in [`norm`](Self::norm), that it may make of an epsilon.
    fn reach(&self, eps: f64) -> f64 {
        eps
    }

    /// Perturbs images towards a goal, once for each epsilon (in units of the model's bounds).
    ///
    /// # Errors
    /// When images or goal do not fit the model, or a setting is out of range.
    fn perturb(&self, model: &dyn Classifier, images: &Tensor<4>, goal: &Goal, eps: &[f64]) -> Result<Perturbation>;
}

/// Examples of an attack that chooses the size of their perturbation itself.
pub struct Found {
    /// Shaped as the images.
    pub images: Tensor<4>,
    /// By image: the gradient was exactly zero in every pixel, so the attack had no direction to move the image in.
    pub zero_gradient: Vec<bool>,
    /// What was computed.
    pub cost: Cost,
}

/// An attack that looks for a small perturbation of its own accord, without an epsilon.
pub trait MinimalAttack: Send + Sync {
    /// What stands as `eps` in results: the size of a change that the attack was told to make, as JSMA's theta; 0 if there is none.
    fn size(&self) -> f64 {
        0.0
    }

    /// The norm in which it looks for the nearest example, if it does: then it answers for any epsilon.
    fn nearest_in(&self) -> Option<Metric> {
        None
    }

    /// What [`size`](Self::size) is called.
    fn size_name(&self) -> &'static str {
        "size"
    }

    /// Looks for a perturbation of each image that reaches the goal.
    ///
    /// # Errors
    /// When images or goal do not fit the model, or a setting is out of range.
    fn search(&self, model: &dyn Classifier, images: &Tensor<4>, goal: &Goal) -> Result<Found>;
}

/// An attack of either kind with the rule that chooses its goals, under the name that results call it by.
pub struct Attack {
    name: &'static str,
    spec: Option<AttackSpec>,
    kind: Kind,
    target: Option<Target>,
}

enum Kind {
    Bounded(Box<dyn BoundedAttack>),
    Minimal(Box<dyn MinimalAttack>),
}

impl Attack {
    /// An attack that is given an epsilon, away from the true classes.
    pub fn bounded(name: &'static str, attack: impl BoundedAttack + 'static) -> Self {
        Self::of(name, Kind::Bounded(Box::new(attack)))
    }

    /// An attack that is not given one, away from the true classes.
    pub fn minimal(name: &'static str, attack: impl MinimalAttack + 'static) -> Self {
        Self::of(name, Kind::Minimal(Box::new(attack)))
    }

    fn of(name: &'static str, kind: Kind) -> Self {
        Self {
            name,
            spec: None,
            kind,
            target: None,
        }
    }

    /// The same attack towards targets.
    #[must_use]
    pub fn towards(mut self, target: Target) -> Self {
        self.target = Some(target);
        self
    }

    /// The same attack, which says of itself what it was built from.
    #[must_use]
    pub fn built_from(mut self, spec: AttackSpec) -> Self {
        self.spec = Some(spec);
        self
    }

    /// Name in results.
    pub fn name(&self) -> &'static str {
        self.name
    }

    /// What it was built from, if it is one of the table.
    pub fn spec(&self) -> Option<&AttackSpec> {
        self.spec.as_ref()
    }

    /// The rule that chooses its targets, if it has targets.
    pub fn target(&self) -> Option<Target> {
        self.target
    }

    /// Settings in words, such as `10 steps of length eps each, cross-entropy`; empty for an attack that is not of the table.
    pub fn settings(&self) -> String {
        self.spec.as_ref().map(AttackSpec::in_words).unwrap_or_default()
    }

    /// Whether it is given an epsilon, without which it does nothing.
    pub fn takes_eps(&self) -> bool {
        matches!(self.kind, Kind::Bounded(_))
    }

    /// The norm in which it looks for the nearest example, if it does: then it may be given epsilons too, of which it says who has an example within.
    pub fn nearest_in(&self) -> Option<Metric> {
        match &self.kind {
            Kind::Bounded(_) => None,
            Kind::Minimal(attack) => attack.nearest_in(),
        }
    }

    /// The norm that an epsilon bounds, or in which it looks for the nearest example; none if it does neither.
    pub fn norm(&self) -> Option<Metric> {
        match &self.kind {
            Kind::Bounded(attack) => Some(attack.norm().into()),
            Kind::Minimal(attack) => attack.nearest_in(),
        }
    }

    /// What stands as `eps` in results: `eps`, or for an attack that takes none what it has instead, as JSMA's `theta`.
    pub fn size_name(&self) -> &'static str {
        match &self.kind {
            Kind::Bounded(_) => "eps",
            Kind::Minimal(attack) if attack.nearest_in().is_some() => "eps",
            Kind::Minimal(attack) => attack.size_name(),
        }
    }

    /// The sizes that results have a row for: the epsilons given, or the one size of an attack that takes none.
    pub fn sizes(&self, eps: &[f64]) -> Vec<f64> {
        match &self.kind {
            Kind::Bounded(_) => eps.to_vec(),
            Kind::Minimal(attack) if attack.nearest_in().is_some() && !eps.is_empty() => eps.to_vec(),
            Kind::Minimal(attack) => vec![attack.size()],
        }
    }

    /// The longest perturbation that it may make of an epsilon, in the norm that this bounds; none if it takes no epsilon.
    pub fn reach(&self, eps: f64) -> Option<f64> {
        match &self.kind {
            Kind::Bounded(attack) => Some(attack.reach(eps)),
            Kind::Minimal(_) => None,
        }
    }

    /// What it wants of images of these true labels.
    ///
    /// # Errors
    /// When the model does not have the class that is its target.
    pub fn goal(&self, labels: &[usize], classes: usize) -> Result<Goal> {
        match self.target {
            Some(target) => target.goal(labels, classes),
            None => Ok(Goal::AwayFrom(labels.to_vec())),
        }
    }

    /// Refuses epsilons that [`run`] would not take.
    ///
    /// # Errors
    /// Names the first such epsilon.
    pub fn check_eps(&self, eps: &[f64], model: &dyn Classifier) -> Result<()> {
        match &self.kind {
            Kind::Bounded(attack) => adversarial::check_eps_in(attack.norm(), eps, model),
            Kind::Minimal(attack) => {
                let metric = attack.nearest_in().unwrap_or(Metric::Linf);
                adversarial::check_eps_in(metric, eps, model)
            }
        }
    }

    /// Attacks a batch of images of these true labels as [`run`] or [`run_minimal`] does.
    ///
    /// # Errors
    /// As these; and when a minimal attack is given epsilons.
    pub fn run(&self, model: &dyn Classifier, images: &Tensor<4>, labels: &[usize], eps: &[f64]) -> Result<Attacked> {
        self.run_to(model, images, &self.goal(labels, model.classes())?, eps)
    }

    /// Attacks a batch of images with a goal for each, whatever rule the attack has for these.
    ///
    /// # Errors
    /// As [`run`](Self::run).
    pub fn run_to(&self, model: &dyn Classifier, images: &Tensor<4>, goal: &Goal, eps: &[f64]) -> Result<Attacked> {
        match (&self.kind, eps) {
            (Kind::Bounded(attack), eps) => run(model, attack.as_ref(), images, goal, eps),
            (Kind::Minimal(attack), []) => run_minimal(model, attack.as_ref(), images, goal),
            (Kind::Minimal(attack), eps) if attack.nearest_in().is_some() => {
                run_within(model, attack.as_ref(), images, goal, eps)
            }
            (Kind::Minimal(_), [eps, ..]) => Err(self.refuse_eps(eps)),
        }
    }

    /// The error of an attack that takes no epsilon and is given one.
    pub fn refuse_eps(&self, eps: impl std::fmt::Display) -> Error {
        let expected = format!("for `{}`, which takes none: leave it out", self.name);
        Error::value("eps", expected, eps)
    }
}
