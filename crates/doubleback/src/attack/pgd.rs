use burn::tensor::{Int, Tensor, TensorData};

use super::run::zero_gradients;
use super::{Ball, BoundedAttack, Perturbation};
use crate::nn::{Classifier, Loss, predictions, to_vec};
use crate::random::Stream;
use crate::{Error, Result};

/// Projected gradient descent (Madry et al. 2018) in the L∞ or the L2 ball of radius `eps`: `x ← Π(x + step · d)`, where `d` is the sign of
/// `∇x loss(x, y)` or, in L2, the gradient over its length, and `Π` projects on the ball around the image and then on the data's bounds. The
/// last step's images are the examples.
///
/// With [`restarts`](Pgd::restarts) an image that was not fooled is attacked again from another random start: the example is that of its first
/// restart that fools the model, else that of the restart with the greatest loss.
///
/// ```
/// use burn::tensor::{Device, Tensor};
/// use doubleback::attack::{Ball, Pgd, run};
/// use doubleback::data::{Bounds, ImageShape};
/// use doubleback::nn::FromFunction;
///
/// let shape = ImageShape { channels: 1, height: 1, width: 2 };
/// let model = FromFunction::new(shape, Bounds::UNIT, 2, |x: Tensor<4>| x.reshape([-1, 2]));
/// let images = Tensor::<4>::from_floats([[[[0.6, 0.5]]]], &Device::flex());
/// let pgd = Pgd { norm: Ball::L2, restarts: 3, ..Pgd::default() };
/// let attacked = run(&model, &pgd, &images, &[0], &[0.1])?;
/// assert!((attacked.by_eps[0].l2[0] - 0.1).abs() < 1e-4);
/// assert_eq!(attacked.by_eps[0].success, [true]);
/// # Ok::<(), doubleback::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Pgd {
    /// What to climb.
    pub loss: Loss,
    /// The norm that eps bounds.
    pub norm: Ball,
    /// Gradients to follow, at least 1.
    pub steps: usize,
    /// Length of a step in the norm, in the units of the data; without one, `2.5 · eps / steps`.
    pub step_size: Option<f64>,
    /// Seed of a start drawn uniformly from the ball; without one, the attack starts at the image. The start depends on the seed, the restart
    /// and the image alone, not on the batch that it is in.
    pub random_start: Option<u64>,
    /// Starts to try, at least 1; without a random start they would all be the same.
    pub restarts: usize,
}

impl Default for Pgd {
    /// 40 steps on the cross-entropy from a random start in L∞.
    fn default() -> Self {
        Self {
            loss: Loss::default(),
            norm: Ball::default(),
            steps: 40,
            step_size: None,
            random_start: Some(0),
            restarts: 1,
        }
    }
}

impl BoundedAttack for Pgd {
    fn name(&self) -> &'static str {
        match (self.norm, self.loss) {
            (Ball::Linf, Loss::CrossEntropy) => "pgd",
            (Ball::Linf, Loss::Margin) => "pgd-margin",
            (Ball::L2, Loss::CrossEntropy) => "pgd-l2",
            (Ball::L2, Loss::Margin) => "pgd-l2-margin",
        }
    }

    fn norm(&self) -> Ball {
        self.norm
    }

    fn perturb(
        &self,
        model: &dyn Classifier,
        images: &Tensor<4>,
        labels: &[usize],
        eps: &[f64],
    ) -> Result<Perturbation> {
        self.check()?;
        let mut cost = Cost::default();
        let mut zero_gradient = vec![!eps.is_empty(); labels.len()];
        let mut examples = Vec::with_capacity(eps.len());
        for &eps in eps {
            let (found, zero) = match self.restarts {
                1 => {
                    cost.gradients += self.steps * labels.len();
                    self.climb(model, images, labels, eps, 0)?
                }
                _ => self.restarted(model, images, labels, eps, &mut cost)?,
            };
            for (always, zero) in zero_gradient.iter_mut().zip(zero) {
                *always &= zero;
            }
            examples.push(found);
        }
        let attacked = (labels.len() * eps.len()).max(1) as f64;
        Ok(Perturbation {
            images: examples,
            zero_gradient,
            gradients: cost.gradients as f64 / attacked,
            forwards: cost.forwards as f64 / attacked,
        })
    }
}

/// Passes, summed over images.
#[derive(Default)]
struct Cost {
    gradients: usize,
    forwards: usize,
}

impl Pgd {
    fn check(&self) -> Result<()> {
        if self.steps == 0 {
            return Err(Error::value("steps", "at least 1", self.steps));
        }
        match (self.restarts, self.random_start) {
            (0, _) => return Err(Error::value("restarts", "at least 1", 0)),
            (2.., None) => {
                let expected =
                    "1, and without a random start all restarts are the same: leave them out, or start at random";
                return Err(Error::value("restarts", expected, self.restarts));
            }
            _ => {}
        }
        match self.step_size {
            Some(size) if !(size > 0.0 && size.is_finite()) => {
                Err(Error::value("step size", "a positive number", size))
            }
            _ => Ok(()),
        }
    }

    /// One climb from one start. By image: its gradient was exactly zero at every step.
    fn climb(
        &self,
        model: &dyn Classifier,
        images: &Tensor<4>,
        labels: &[usize],
        eps: f64,
        restart: u64,
    ) -> Result<(Tensor<4>, Vec<bool>)> {
        let norm = self.norm;
        let project = norm.projection(images, eps, model.bounds());
        let step = self.step_size.unwrap_or(2.5 * eps / self.steps as f64);
        let mut zero_gradient = vec![true; labels.len()];
        let mut x = match self.random_start {
            Some(seed) => project(images.clone() + start(norm, images, seed, restart)? * eps),
            None => images.clone(),
        };
        for _ in 0..self.steps {
            let (gradient, _) = self.loss.input_gradient(model, &x, labels)?;
            for (always, zero) in zero_gradient.iter_mut().zip(zero_gradients(&gradient)?) {
                *always &= zero;
            }
            x = project(x + norm.steepest(gradient) * step);
        }
        Ok((x, zero_gradient))
    }

    /// The best of all restarts of each image; those that are fooled already are left out of further ones.
    fn restarted(
        &self,
        model: &dyn Classifier,
        images: &Tensor<4>,
        labels: &[usize],
        eps: f64,
        cost: &mut Cost,
    ) -> Result<(Tensor<4>, Vec<bool>)> {
        let dims = images.dims();
        let length = model.shape().len();
        let mut best = to_vec(images.clone())?;
        let mut greatest = vec![f64::NEG_INFINITY; labels.len()];
        let mut zero_gradient = vec![true; labels.len()];
        let mut left: Vec<usize> = (0..labels.len()).collect();
        for restart in 0..self.restarts as u64 {
            if left.is_empty() {
                break;
            }
            let rows: Vec<i64> = left.iter().map(|&i| i as i64).collect();
            let rows = Tensor::<1, Int>::from_data(TensorData::new(rows, [left.len()]), &images.device());
            let some_images = images.clone().select(0, rows);
            let some_labels: Vec<usize> = left.iter().map(|&i| labels[i]).collect();
            let (examples, zero) = self.climb(model, &some_images, &some_labels, eps, restart)?;
            let logits = model.logits(examples.clone())?;
            cost.gradients += self.steps * left.len();
            cost.forwards += left.len();
            let (found, losses) = (predictions(&logits)?, self.loss.values(&logits, &some_labels)?);
            let examples = to_vec(examples)?;
            let mut still = Vec::new();
            for (place, &i) in left.iter().enumerate() {
                zero_gradient[i] &= zero[place];
                let fooled = found[place] != labels[i];
                if fooled || losses[place] > greatest[i] {
                    greatest[i] = losses[place];
                    best[i * length..][..length].copy_from_slice(&examples[place * length..][..length]);
                }
                if !fooled {
                    still.push(i);
                }
            }
            left = still;
        }
        let best = Tensor::from_data(TensorData::new(best, dims), (&images.device(), images.dtype()));
        Ok((best, zero_gradient))
    }
}

/// A point of the ball of radius 1 for each image.
fn start(norm: Ball, images: &Tensor<4>, seed: u64, restart: u64) -> Result<Tensor<4>> {
    let dims = images.dims();
    let mut values = to_vec(images.clone())?;
    let length = (values.len() / dims[0].max(1)).max(1);
    for image in values.chunks_exact_mut(length) {
        let mut random = Stream::AttackStart { image, restart }.of(seed);
        norm.draw(image, &mut random);
    }
    let data = TensorData::new(values, dims);
    Ok(Tensor::from_data(data, (&images.device(), images.dtype())))
}
