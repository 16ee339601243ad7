use burn::tensor::Tensor;
use serde::{Deserialize, Serialize};

use super::gradient_steps::{GradientSteps, ZeroGradient, check_step_size};
use super::{BoundedAttack, Cost, Goal, Norm, Perturbation, Room};
use crate::nn::{Classifier, Loss};
use crate::{Error, Result};

/// Momentum iterative fast gradient sign method (Dong et al. 2018, algorithm 1), which transfers better than the plain iteration:
/// `g ← decay · g + ∇x loss(x, y) / ‖∇x loss(x, y)‖₁` and `x ← Π(x + step · sign(g))` from `g = 0` and the image itself, where `Π` projects on
/// the L∞ ball of radius `eps` around the image and then on the data's bounds.
///
/// Without momentum, `decay: 0.0`, it is the basic iterative method: [`Pgd`](super::Pgd) without a random start.
///
/// ```
/// use burn::tensor::{Device, Tensor};
/// use doubleback::attack::{Goal, MiFgsm, run};
/// use doubleback::data::{Bounds, ImageShape};
/// use doubleback::nn::FromFunction;
///
/// let shape = ImageShape { channels: 1, height: 1, width: 2 };
/// let model = FromFunction::new(shape, Bounds::UNIT, 2, |x: Tensor<4>| x.reshape([-1, 2]));
/// let images = Tensor::<4>::from_floats([[[[0.6, 0.5]]]], &Device::flex());
/// let attacked = run(&model, &MiFgsm::default(), &images, &Goal::AwayFrom(vec![0]), &[0.1])?;
/// assert!((attacked.by_eps[0].linf[0] - 0.1).abs() < 1e-6);
/// assert_eq!(attacked.by_eps[0].success, [true]);
/// # Ok::<(), doubleback::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct MiFgsm {
    /// What to climb.
    pub loss: Loss,
    /// Gradients to follow, at least 1.
    pub steps: usize,
    /// Length of a step, in the units of the data; without one, `eps / steps`.
    pub step_size: Option<f64>,
    /// Share of the momentum that is left at the next step; 0 or above.
    pub decay: f64,
}

impl Default for MiFgsm {
    /// Ten steps on the cross-entropy, and momentum that does not decay, as in the paper.
    fn default() -> Self {
        Self {
            loss: Loss::default(),
            steps: 10,
            step_size: None,
            decay: 1.0,
        }
    }
}

impl BoundedAttack for MiFgsm {
    fn perturb(&self, model: &dyn Classifier, images: &Tensor<4>, goal: &Goal, eps: &[f64]) -> Result<Perturbation> {
        check_step_size(self.step_size)?;
        if !(self.decay >= 0.0 && self.decay.is_finite()) {
            return Err(Error::value("decay", "0 or a number above", self.decay));
        }
        let steps = GradientSteps {
            model,
            loss: self.loss,
            goal,
            steps: self.steps,
        };
        let room = Room::of(images, model.bounds())?;
        let mut zero_gradient = ZeroGradient::default();
        let mut examples = Vec::with_capacity(eps.len());
        for &eps in eps {
            let step = self.step_size.unwrap_or(eps / self.steps as f64);
            let project = Norm::Linf.projection(images, eps, &room);
            let mut momentum: Option<Tensor<4>> = None;
            let direction = |gradient: Tensor<4>| {
                let gradient = of_unit_l1_norm(gradient);
                let sum = match momentum.take() {
                    Some(momentum) => momentum * self.decay + gradient,
                    None => gradient,
                };
                momentum = Some(sum.clone());
                sum.sign()
            };
            examples.push(steps.follow(images.clone(), step, direction, project, &mut zero_gradient, |_| ())?);
        }
        let n = goal.classes().len();
        Ok(Perturbation {
            images: examples,
            zero_gradient: zero_gradient.by_image(n)?,
            cost: vec![Cost::of_each(n, self.steps); eps.len()],
        })
    }
}

/// The gradient of each image over its L1 norm; zero stays zero.
fn of_unit_l1_norm(gradient: Tensor<4>) -> Tensor<4> {
    let norm = gradient
        .clone()
        .abs()
        .flatten::<2>(1, 3)
        .sum_dim(1)
        .reshape([-1, 1, 1, 1]);
    gradient / norm.clamp_min(f32::MIN_POSITIVE)
}
