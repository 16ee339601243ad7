use std::f32::consts::TAU;
use std::fmt;
use std::str::FromStr;

use burn::tensor::Tensor;
use doubleback_ops::linf_step;
use rand::Rng;
use serde::{Deserialize, Serialize};

use super::Room;
use crate::nn::Classifier;
use crate::{Error, Result};

/// What eps bounds: the norm of the perturbation of each image.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Norm {
    /// The largest change of a value is at most eps.
    #[default]
    Linf,
    /// The Euclidean length of the change of the whole image is at most eps.
    L2,
}

/// From images, a gradient and the length of a step to the next images.
type Step<'a> = dyn Fn(Tensor<4>, Tensor<4>, f64) -> Result<Tensor<4>> + 'a;

impl Norm {
    /// All of them.
    pub const ALL: [Norm; 2] = [Norm::Linf, Norm::L2];

    /// `linf` or `l2`.
    pub fn name(self) -> &'static str {
        match self {
            Norm::Linf => "linf",
            Norm::L2 => "l2",
        }
    }

    /// `L∞` or `L2`, for a sentence.
    pub fn sign(self) -> &'static str {
        match self {
            Norm::Linf => "L∞",
            Norm::L2 => "L2",
        }
    }

    /// Whether a perturbation of this length is within eps: rounding in f32 may make it longer by a share of it.
    pub(crate) fn holds(length: f32, eps: f64) -> bool {
        const ROUNDING: f64 = 1e-5;
        f64::from(length) <= eps * (1.0 + ROUNDING)
    }

    /// The longest perturbation that the model's bounds leave room for.
    pub fn greatest_eps(self, model: &dyn Classifier) -> f64 {
        let bounds = model.bounds();
        let range = f64::from(bounds.high) - f64::from(bounds.low);
        match self {
            Norm::Linf => range,
            Norm::L2 => range * (model.shape().len() as f64).sqrt(),
        }
    }

    /// Of all changes of length 1, the one that the gradient climbs most; zero where the gradient of an image is exactly zero.
    pub(super) fn steepest(self, gradient: Tensor<4>) -> Tensor<4> {
        match self {
            Norm::Linf => gradient.sign(),
            Norm::L2 => {
                // First to a largest value of 1: the squares of a small gradient would underflow.
                let largest = of_images(gradient.clone().abs()).max_dim(1).reshape([-1, 1, 1, 1]);
                let gradient = gradient / largest.clamp_min(f32::MIN_POSITIVE);
                let length = lengths(gradient.clone()).clamp_min(f32::MIN_POSITIVE);
                gradient / length
            }
        }
    }

    /// Projects on the balls of radius `eps` around the images, then on their room: since the images are within it, the second step does not leave
    /// the ball.
    pub(super) fn projection<'a>(
        self,
        images: &Tensor<4>,
        eps: f64,
        room: &'a Room,
    ) -> Box<dyn Fn(Tensor<4>) -> Tensor<4> + 'a> {
        match self {
            Norm::Linf => {
                let [least, greatest] = room.around(images, eps);
                Box::new(move |x| x.max_pair(least.clone()).min_pair(greatest.clone()))
            }
            Norm::L2 => {
                let images = images.clone();
                Box::new(move |x| {
                    let change = x - images.clone();
                    let length = lengths(change.clone()).clamp_min(f32::MIN_POSITIVE);
                    let change = change * (length.recip() * eps).clamp_max(1.0);
                    room.clip(images.clone() + change)
                })
            }
        }
    }

    /// A step along the steepest direction of a gradient, of a length in the norm, and the [`projection`](Self::projection); in L∞ in one pass over memory.
    pub(super) fn steepest_step<'a>(self, images: &Tensor<4>, eps: f64, room: &'a Room) -> Box<Step<'a>> {
        match self {
            Norm::Linf => {
                let [least, greatest] = room.around(images, eps);
                Box::new(move |x, gradient, step| Ok(linf_step(x, gradient, step, least.clone(), greatest.clone())?))
            }
            Norm::L2 => {
                let project = self.projection(images, eps, room);
                Box::new(move |x, gradient, step| Ok(project(x + self.steepest(gradient) * step)))
            }
        }
    }

    /// Fills `change` with a point drawn uniformly from the ball of radius 1.
    pub(super) fn draw(self, change: &mut [f32], random: &mut impl Rng) {
        match self {
            Norm::Linf => change.fill_with(|| random.random::<f32>() * 2.0 - 1.0),
            // Normal values have no preferred direction.
            Norm::L2 => normal(change, random),
        }
        if self == Norm::L2 {
            let length = change.iter().map(|&v| f64::from(v).powi(2)).sum::<f64>().sqrt();
            let radius = random.random::<f64>().powf(1.0 / change.len().max(1) as f64);
            let scale = if length > 0.0 { radius / length } else { 0.0 };
            change.iter_mut().for_each(|v| *v = (f64::from(*v) * scale) as f32);
        }
    }
}

/// Fills `values` with independent normal ones of mean 0 and deviation 1 (Box & Muller 1958).
pub(super) fn normal(values: &mut [f32], random: &mut impl Rng) {
    values.fill_with(|| (-2.0 * (1.0 - random.random::<f32>()).ln()).sqrt() * (TAU * random.random::<f32>()).cos());
}

/// `[n, values]`.
fn of_images(images: Tensor<4>) -> Tensor<2> {
    images.flatten(1, 3)
}

/// Euclidean length of each image, `[n, 1, 1, 1]`.
fn lengths(images: Tensor<4>) -> Tensor<4> {
    of_images(images).square().sum_dim(1).sqrt().reshape([-1, 1, 1, 1])
}

impl fmt::Display for Norm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Norm {
    type Err = Error;

    fn from_str(name: &str) -> Result<Self> {
        let found = Norm::ALL.into_iter().find(|norm| norm.name() == name);
        found.ok_or_else(|| Error::unknown("norm", name, Norm::ALL.map(Norm::name)))
    }
}

#[cfg(test)]
mod tests {
    use rand::SeedableRng;
    use rand_chacha::ChaCha8Rng;

    use super::*;

    /// Of a uniform point of the ball in d dimensions, length^d is uniform in [0, 1], and every direction is as likely as its opposite.
    #[test]
    fn l2_draws_are_uniform_in_the_ball() {
        const DIMENSIONS: usize = 3;
        let mut random = ChaCha8Rng::seed_from_u64(5);
        let (mut volume, mut sum) = (0.0, [0.0; DIMENSIONS]);
        let draws = 4000;
        for _ in 0..draws {
            let mut point = [0f32; DIMENSIONS];
            Norm::L2.draw(&mut point, &mut random);
            let length = point.iter().map(|&v| f64::from(v).powi(2)).sum::<f64>().sqrt();
            assert!(length <= 1.0 + 1e-6);
            volume += length.powi(3);
            sum.iter_mut().zip(point).for_each(|(sum, v)| *sum += f64::from(v));
        }
        // Standard errors: 0.29 / sqrt(4000) = 0.005 and 0.45 / sqrt(4000) = 0.007.
        assert!((volume / f64::from(draws) - 0.5).abs() < 0.02);
        assert!(sum.iter().all(|sum| (sum / f64::from(draws)).abs() < 0.03));
    }
}
