use burn::tensor::{Tensor, TensorData};

use super::gradient_steps::{GradientSteps, ZeroGradient, check_step_size};
use super::{BoundedAttack, Cost, Ensemble, Goal, Norm, Perturbation, Room};
use crate::nn::{Classifier, Loss, to_vec};
use crate::random::Stream;
use crate::{Error, Result};

/// Projected gradient descent (Madry et al. 2018) in the L∞ or the L2 ball of radius `eps`: `x ← Π(x + step · d)`, where `d` is the sign of
/// `∇x loss(x, y)` or, in L2, the gradient over its length, and `Π` projects on the ball around the image and then on the data's bounds. The
/// last step's images are the examples. Without a random start it is the basic iterative method (BIM).
///
/// With [`restarts`](Pgd::restarts) an image that was not fooled is attacked again from another random start.
///
/// ```
/// use burn::tensor::{Device, Tensor};
/// use doubleback::attack::{Goal, Norm, Pgd, run};
/// use doubleback::data::{Bounds, ImageShape};
/// use doubleback::nn::FromFunction;
///
/// let shape = ImageShape { channels: 1, height: 1, width: 2 };
/// let model = FromFunction::new(shape, Bounds::UNIT, 2, |x: Tensor<4>| x.reshape([-1, 2]));
/// let images = Tensor::<4>::from_floats([[[[0.6, 0.5]]]], &Device::flex());
/// let pgd = Pgd { norm: Norm::L2, ..Pgd::default() }.restarts(3)?;
/// let attacked = run(&model, &pgd, &images, &Goal::AwayFrom(vec![0]), &[0.1])?;
/// assert!((attacked.by_eps[0].l2[0] - 0.1).abs() < 1e-4);
/// assert_eq!(attacked.by_eps[0].success, [true]);
/// # Ok::<(), doubleback::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Pgd {
    /// What to climb.
    pub loss: Loss,
    /// The norm that eps bounds.
    pub norm: Norm,
    /// Gradients to follow, at least 1.
    pub steps: usize,
    /// Length of a step in the norm, in the units of the data; without one, `2.5 · eps / steps`.
    pub step_size: Option<f64>,
    /// Seed of a start drawn uniformly from the ball; without one, the attack starts at the image. The start depends on the seed, the restart
    /// and the image alone, not on the batch that it is in.
    pub random_start: Option<u64>,
    /// Which of the random starts of this seed it is, from 0.
    pub restart: u64,
}

impl Default for Pgd {
    /// 40 steps on the cross-entropy from a random start in L∞.
    fn default() -> Self {
        Self {
            loss: Loss::default(),
            norm: Norm::default(),
            steps: 40,
            step_size: None,
            random_start: Some(0),
            restart: 0,
        }
    }
}

impl BoundedAttack for Pgd {
    fn norm(&self) -> Norm {
        self.norm
    }

    fn perturb(&self, model: &dyn Classifier, images: &Tensor<4>, goal: &Goal, eps: &[f64]) -> Result<Perturbation> {
        check_step_size(self.step_size)?;
        let steps = GradientSteps {
            model,
            loss: self.loss,
            goal,
            steps: self.steps,
        };
        let room = Room::of(images, model.bounds())?;
        // A point of the ball of radius 1 for each image.
        let start = match self.random_start {
            Some(seed) => Some(self.draw(images, seed)?),
            None => None,
        };
        let mut zero_gradient = ZeroGradient::default();
        let mut examples = Vec::with_capacity(eps.len());
        for &eps in eps {
            let project = self.norm.projection(images, eps, &room);
            let step = self.step_size.unwrap_or(2.5 * eps / self.steps as f64);
            let start = match &start {
                Some(start) => project(images.clone() + start.clone() * eps),
                None => images.clone(),
            };
            let advance = self.norm.steepest_step(images, eps, &room);
            examples.push(steps.advance(start, step, advance, &mut zero_gradient, |_| ())?);
        }
        let n = goal.classes().len();
        Ok(Perturbation {
            images: examples,
            zero_gradient: zero_gradient.by_image(n)?,
            cost: vec![Cost::of_each(n, self.steps); eps.len()],
        })
    }
}

impl Pgd {
    /// The best of so many random starts of each image, as [`Ensemble`] has it.
    ///
    /// # Errors
    /// When there are none, or more than one without a random start: these would all be the same.
    pub fn restarts(self, restarts: usize) -> Result<Ensemble> {
        if let (2.., None) = (restarts, self.random_start) {
            let expected =
                "1, and without a random start all restarts are the same: leave them out, or start at random";
            return Err(Error::value("restarts", expected, restarts));
        }
        Ensemble::of_starts(restarts, self.loss, move |number| {
            let restart = self.restart.wrapping_add(number);
            Box::new(Pgd { restart, ..self })
        })
    }

    /// A point of the ball of radius 1 for each image.
    fn draw(&self, images: &Tensor<4>, seed: u64) -> Result<Tensor<4>> {
        let dims = images.dims();
        let mut values = to_vec(images.clone())?;
        let length = (values.len() / dims[0].max(1)).max(1);
        for image in values.chunks_exact_mut(length) {
            let restart = self.restart;
            let mut random = Stream::AttackStart { image, restart }.of(seed);
            self.norm.draw(image, &mut random);
        }
        let data = TensorData::new(values, dims);
        Ok(Tensor::from_data(data, (&images.device(), images.dtype())))
    }
}
