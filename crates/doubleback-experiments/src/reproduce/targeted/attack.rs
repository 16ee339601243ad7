use burn::tensor::Tensor;

use doubleback::Result;
use doubleback::attack::{Attacked, Goal, Ifgsm, Jsma, run, run_minimal};
use doubleback::nn::Classifier;

/// A targeted attack with all but its target, which is every class in turn.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum TargetedAttack {
    /// JSMA.
    Jsma(Jsma),
    /// Iterated TGSM.
    Itgsm {
        /// Loss and steps.
        attack: Ifgsm,
        /// Length of a step.
        eps: f64,
    },
}

impl TargetedAttack {
    /// `jsma` or `itgsm`.
    pub fn name(&self) -> &'static str {
        match self {
            TargetedAttack::Jsma(_) => "jsma",
            TargetedAttack::Itgsm { .. } => "itgsm",
        }
    }

    /// JSMA's theta, or the length of a step.
    pub fn step_size(&self) -> f64 {
        match self {
            TargetedAttack::Jsma(jsma) => jsma.theta,
            TargetedAttack::Itgsm { eps, .. } => *eps,
        }
    }

    /// The most steps on an image of so many values.
    pub(super) fn steps(&self, values: usize) -> Result<usize> {
        match self {
            TargetedAttack::Jsma(jsma) => jsma.steps(values),
            TargetedAttack::Itgsm { attack, .. } => Ok(attack.steps),
        }
    }

    /// Attacks a batch, each image with its target.
    pub(super) fn run(&self, model: &dyn Classifier, images: &Tensor<4>, targets: &[usize]) -> Result<Attacked> {
        let goal = Goal::Towards(targets.to_vec());
        match self {
            TargetedAttack::Jsma(jsma) => run_minimal(model, jsma, images, &goal),
            TargetedAttack::Itgsm { attack, eps } => run(model, attack, images, &goal, &[*eps]),
        }
    }

    /// The images after every step, for attacks that have something to show.
    pub(super) fn frames(&self, model: &dyn Classifier, images: &Tensor<4>, target: usize) -> Result<Vec<Tensor<4>>> {
        let goal = Goal::Towards(vec![target; images.dims()[0]]);
        match self {
            TargetedAttack::Jsma(_) => Ok(Vec::new()),
            TargetedAttack::Itgsm { attack, eps } => attack.frames(model, images, &goal, *eps),
        }
    }
}
