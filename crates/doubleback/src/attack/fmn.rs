use std::f64::consts::PI;

use burn::tensor::Tensor;
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use super::nearest::{Begun, Nearest, ahead, begin, found, settle, slopes};
use super::pixels::Pixels;
use super::{Found, Goal, Metric, MinimalAttack};
use crate::nn::Classifier;
use crate::{Error, Result};

/// The last step and the last share, as shares of the first ones.
const LAST_STEP: f64 = 0.01;
const LAST_GAMMA: f64 = 0.02;
/// Before an example is found a radius that is not greater than this times the last one brings the point no nearer to the boundary.
const STALLED: f64 = 1.001;

/// Fast minimum-norm attack (Pintor et al. 2021, "Fast minimum-norm adversarial attacks through adaptive norm constraints", algorithm 1): steps along the
/// gradient of how far the best other class is ahead, projected on a ball around the image whose radius shrinks by the share `gamma` where the point is
/// misclassified and grows by it where it is not.
///
/// As long as nothing is found, the radius is where the boundary seems to be: the length of the change and from there the distance `|f| / ‖∇f‖` to the
/// boundary, were it a plane, in the norm dual to that of the ball. It is never longer than the nearest example. Steps are of L2 length `step_size` in every norm, and fall to a
/// hundredth along a cosine, as `gamma` falls to a fiftieth. Projections are on the ball and on the data's bounds. The nearest misclassified point of all is the
/// example, the one after the last step too.
///
/// In one thing it departs from the paper: where nothing is found yet and the radius would stall, it grows by the share `gamma`, and by what f32 resolves.
/// Else a point may stay before the boundary: where the bounds cut a step short, or its distance is less than f32 resolves.
///
/// ```
/// use burn::tensor::{Device, Tensor};
/// use doubleback::attack::{Fmn, Goal, run_minimal};
/// use doubleback::data::{Bounds, ImageShape};
/// use doubleback::nn::FromFunction;
///
/// let shape = ImageShape { channels: 1, height: 1, width: 2 };
/// let model = FromFunction::new(shape, Bounds::UNIT, 2, |x: Tensor<4>| x.reshape([-1, 2]));
/// let images = Tensor::<4>::from_floats([[[[0.6, 0.5]]]], &Device::flex());
/// let fmn = Fmn { steps: 100, ..Fmn::default() };
/// let attacked = run_minimal(&model, &fmn, &images, &Goal::AwayFrom(vec![0]))?;
/// // The boundary is 0.1 / √2 away.
/// assert!((attacked.by_eps[0].l2[0] - 0.0707).abs() < 1e-3);
/// # Ok::<(), doubleback::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Fmn {
    /// The norm in which examples are to be near.
    pub norm: Metric,
    /// Gradients to follow, at least 1.
    pub steps: usize,
    /// L2 length of the first step, in the units of the data.
    pub step_size: f64,
    /// Share by which the first step changes the radius, above 0, below 1.
    pub gamma: f64,
}

impl Default for Fmn {
    /// 1,000 steps in L2, the first of length 1 and share 0.05. The authors' program has these two, and 10 steps, which are too few to settle.
    fn default() -> Self {
        Self {
            norm: Metric::L2,
            steps: 1000,
            step_size: 1.0,
            gamma: 0.05,
        }
    }
}

impl Fmn {
    fn check(&self) -> Result<()> {
        if self.steps == 0 {
            return Err(Error::value("steps", "at least 1", self.steps));
        }
        if !(self.step_size > 0.0 && self.step_size.is_finite()) {
            return Err(Error::value("step size", "a positive number", self.step_size));
        }
        if !(self.gamma > 0.0 && self.gamma < 1.0) {
            return Err(Error::value("gamma", "above 0 and below 1", self.gamma));
        }
        Ok(())
    }

    /// A step along the gradient, to within the radius and the room.
    fn step(&self, radius: f64, stride: f64, walk: &mut Nearest<'_>, gradient: &[f32]) {
        let steep = Metric::L2.length(gradient.iter().map(|&value| f64::from(value)));
        let scale = if steep > 0.0 { stride / steep } else { 0.0 };
        let image = walk.image;
        let of_values = walk.x.iter().zip(image).zip(gradient);
        let mut change: Vec<f64> = of_values
            .map(|((&x, &image), &gradient)| f64::from(x) - f64::from(image) + scale * f64::from(gradient))
            .collect();
        self.norm.project(&mut change, radius);
        walk.go(image
            .iter()
            .zip(change)
            .map(|(&image, change)| f64::from(image) + change));
    }
}

/// The ball around an image that its example is looked for in.
struct Ball {
    norm: Metric,
    radius: f64,
    /// To the corner of the room that is farthest from the image: the greatest radius.
    farthest: f64,
    /// A change of this length is one in f32.
    finest: f64,
}

impl Ball {
    fn around(walk: &Nearest<'_>, norm: Metric) -> Self {
        let of_values = walk.image.iter().zip(walk.room);
        let farthest = of_values.map(|(&image, &[low, high])| f64::from((image - low).max(high - image)));
        let greatest = walk
            .room
            .iter()
            .flatten()
            .fold(0f32, |most, value| most.max(value.abs()));
        let ulps = walk.image.iter().map(|_| f64::from(greatest * f32::EPSILON));
        Self {
            norm,
            radius: 0.0,
            farthest: norm.length(farthest),
            finest: norm.length(ulps),
        }
    }

    /// To the next radius, by what the model says of the point.
    fn change(&mut self, gamma: f64, walk: &Nearest<'_>, (reached, ahead, gradient): (bool, f64, &[f32])) {
        let radius = if reached {
            (self.radius * (1.0 - gamma)).min(walk.found())
        } else if walk.example.is_some() {
            self.radius * (1.0 + gamma)
        } else {
            let (own, slope) = (walk.distance(self.norm), self.norm.dual_length(gradient));
            let farther = if slope > 0.0 { ahead.abs() / slope } else { 0.0 };
            let radius = own + farther;
            if radius > self.radius * STALLED + self.finest {
                radius
            } else {
                self.radius * (1.0 + gamma) + self.finest
            }
        };
        self.radius = radius.min(self.farthest);
    }
}

impl MinimalAttack for Fmn {
    fn nearest_in(&self) -> Option<Metric> {
        Some(self.norm)
    }

    fn search(&self, model: &dyn Classifier, images: &Tensor<4>, goal: &Goal) -> Result<Found> {
        self.check()?;
        let pixels = Pixels::of(images, model)?;
        let rooms = pixels.rooms(model.bounds());
        let Begun {
            mut walks, standing, ..
        } = begin(model, images, goal, self.norm, (&pixels, &rooms))?;
        let mut balls: Vec<Ball> = walks.iter().map(|walk| Ball::around(walk, self.norm)).collect();
        let mut active = standing.select(&mut walks);
        let mut balls = standing.select(&mut balls);
        let goal = standing.goal(goal);
        if active.is_empty() {
            return Ok(found(&walks, images));
        }
        for step in 0..self.steps {
            let slopes = slopes(model, images, &goal, ahead, &mut active)?;
            let share = (1.0 + (PI * step as f64 / self.steps as f64).cos()) / 2.0;
            let [stride, gamma] = [(self.step_size, LAST_STEP), (self.gamma, LAST_GAMMA)]
                .map(|(first, last)| first * (last + (1.0 - last) * share));
            let of_active = active.par_iter_mut().zip(&mut balls).zip(slopes.by_point());
            of_active.for_each(|((walk, ball), (reached, ahead, gradient))| {
                if reached {
                    walk.keep(self.norm);
                }
                ball.change(gamma, walk, (reached, ahead, gradient));
                self.step(ball.radius, stride * goal.sign(), walk, gradient);
            });
        }
        settle(model, images, &goal, self.norm, &mut active)?;
        Ok(found(&walks, images))
    }
}
