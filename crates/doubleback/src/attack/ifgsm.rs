use burn::tensor::Tensor;
use serde::{Deserialize, Serialize};

use super::gradient_steps::{GradientSteps, ZeroGradient};
use super::{BoundedAttack, Cost, Goal, Perturbation, Room, check_eps};
use crate::Result;
use crate::nn::{Classifier, Loss};

/// Iterated fast gradient sign method: `x ← clip(x + eps · sign(∇x loss(x, y)))`, `steps` times (Kurakin, Goodfellow & Bengio 2016, as
/// Ross & Doshi-Velez 2018 use it); towards a target, with a minus (their Figure 11).
///
/// **`eps` is the length of each step, and nothing but the model's bounds limits them together**: after `steps` steps a pixel may have moved by
/// `steps · eps`. For a total limit use [`Pgd`](super::Pgd).
///
/// ```
/// use burn::tensor::{Device, Tensor};
/// use doubleback::attack::{Goal, Ifgsm, run};
/// use doubleback::data::{Bounds, ImageShape};
/// use doubleback::nn::FromFunction;
///
/// let shape = ImageShape { channels: 1, height: 1, width: 2 };
/// let model = FromFunction::new(shape, Bounds::UNIT, 2, |x: Tensor<4>| x.reshape([-1, 2]));
/// let images = Tensor::<4>::from_floats([[[[0.6, 0.5]]]], &Device::flex());
/// let ifgsm = Ifgsm { steps: 3, ..Ifgsm::default() };
/// let attacked = run(&model, &ifgsm, &images, &Goal::AwayFrom(vec![0]), &[0.1])?;
/// assert!((attacked.by_eps[0].linf[0] - 0.3).abs() < 1e-6);
/// # Ok::<(), doubleback::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Ifgsm {
    /// What to climb.
    pub loss: Loss,
    /// Steps, at least 1.
    pub steps: usize,
}

impl Default for Ifgsm {
    /// Ten steps on the cross-entropy, as in the paper's figures; on SVHN these have 15.
    fn default() -> Self {
        Self {
            loss: Loss::default(),
            steps: 10,
        }
    }
}

impl Ifgsm {
    /// The images after every step of length `eps`, for an animation: as many as there are steps, and the last are the examples.
    ///
    /// # Errors
    /// When images, goal or eps do not fit the model.
    pub fn frames(&self, model: &dyn Classifier, images: &Tensor<4>, goal: &Goal, eps: f64) -> Result<Vec<Tensor<4>>> {
        check_eps(&[eps], model)?;
        let mut frames = Vec::with_capacity(self.steps);
        self.follow(model, images, goal, eps, &mut ZeroGradient::default(), |x| {
            frames.push(x.clone())
        })?;
        Ok(frames)
    }

    fn follow(
        &self,
        model: &dyn Classifier,
        images: &Tensor<4>,
        goal: &Goal,
        eps: f64,
        zero_gradient: &mut ZeroGradient,
        visit: impl FnMut(&Tensor<4>),
    ) -> Result<Tensor<4>> {
        let steps = GradientSteps {
            model,
            loss: self.loss,
            goal,
            steps: self.steps,
        };
        let room = Room::of(images, model.bounds())?;
        let clip = |x: Tensor<4>| room.clip(x);
        steps.follow(
            images.clone(),
            eps,
            |gradient| gradient.sign(),
            clip,
            zero_gradient,
            visit,
        )
    }
}

impl BoundedAttack for Ifgsm {
    fn reach(&self, eps: f64) -> f64 {
        self.steps as f64 * eps
    }

    fn perturb(&self, model: &dyn Classifier, images: &Tensor<4>, goal: &Goal, eps: &[f64]) -> Result<Perturbation> {
        let mut zero_gradient = ZeroGradient::default();
        let mut examples = Vec::with_capacity(eps.len());
        for &eps in eps {
            examples.push(self.follow(model, images, goal, eps, &mut zero_gradient, |_| ())?);
        }
        let n = goal.classes().len();
        Ok(Perturbation {
            images: examples,
            zero_gradient: zero_gradient.by_image(n)?,
            cost: vec![Cost::of_each(n, self.steps); eps.len()],
        })
    }
}
