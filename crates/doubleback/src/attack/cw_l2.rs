use burn::tensor::Tensor;
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use super::nearest::{Begun, Nearest, ahead, begin, found, slopes};
use super::pixels::Pixels;
use super::{Found, Goal, Metric, MinimalAttack};
use crate::nn::Classifier;
use crate::{Error, Result};

/// Decays of Adam's means, and what keeps it from dividing by zero.
const DECAY: [f64; 2] = [0.9, 0.999];
const ADAM_EPS: f32 = 1e-8;
/// An image leaves a search if the objective has not fallen to this share of its value a tenth of the steps ago.
const FALLING: f64 = 0.9999;
/// While nothing is found, the weight of the classes grows by this factor.
const GROWTH: f64 = 10.0;

/// Carlini & Wagner's attack in L2 (2017, "Towards evaluating the robustness of neural networks", section VI-A): minimizes `‖δ‖² + c · f(x + δ)` by Adam, where
/// `f = max(z_y - max_{k≠y} z_k, -confidence)` of the logits `z`, and searches for the least `c` that gives an example: ten times as much while there is none,
/// then by halves.
///
/// Bounds are kept by projection, the first of the paper's three ways (section V-B), not by `tanh`: under that a value at a bound hardly moves, as those of
/// most handwritten digits are. The nearest of all examples on the way is given, of all searches. An image leaves a search when its own objective no longer
/// falls, whatever the others do. `f` is of differences of logits alone: log-probabilities do as well, and all of them may be negative.
///
/// ```
/// use burn::tensor::{Device, Tensor};
/// use doubleback::attack::{CwL2, Goal, run_minimal};
/// use doubleback::data::{Bounds, ImageShape};
/// use doubleback::nn::FromFunction;
///
/// let shape = ImageShape { channels: 1, height: 1, width: 2 };
/// let model = FromFunction::new(shape, Bounds::UNIT, 2, |x: Tensor<4>| x.reshape([-1, 2]));
/// let images = Tensor::<4>::from_floats([[[[0.6, 0.5]]]], &Device::flex());
/// let cw = CwL2 { steps: 100, ..CwL2::default() };
/// let attacked = run_minimal(&model, &cw, &images, &Goal::AwayFrom(vec![0]))?;
/// // The boundary is 0.1 / √2 away.
/// assert!((attacked.by_eps[0].l2[0] - 0.0707).abs() < 1e-3);
/// # Ok::<(), doubleback::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct CwL2 {
    /// The most gradients of a search, at least 1.
    pub steps: usize,
    /// The step size that Adam is given, in the units of the data.
    pub step_size: f64,
    /// How far the logit of another class is to be ahead; 0 or above.
    pub confidence: f64,
    /// Searches, each with another weight `c`, at least 1.
    pub searches: usize,
    /// The first weight, above 0.
    pub initial_weight: f64,
}

impl Default for CwL2 {
    /// 9 searches of at most 1,000 steps of 0.01 from a weight of 0.001, without confidence; the authors' program has at most 10,000.
    fn default() -> Self {
        Self {
            steps: 1000,
            step_size: 0.01,
            confidence: 0.0,
            searches: 9,
            initial_weight: 0.001,
        }
    }
}

impl CwL2 {
    fn check(&self) -> Result<()> {
        let positive = |what: &'static str, value: f64| match value > 0.0 && value.is_finite() {
            true => Ok(()),
            false => Err(Error::value(what, "a positive number", value)),
        };
        if self.steps == 0 {
            return Err(Error::value("steps", "at least 1", self.steps));
        }
        if self.searches == 0 {
            return Err(Error::value("searches", "at least 1", self.searches));
        }
        if !(self.confidence >= 0.0 && self.confidence.is_finite()) {
            return Err(Error::value("confidence", "0 or a number above", self.confidence));
        }
        positive("step size", self.step_size)?;
        positive("initial weight", self.initial_weight)
    }

    /// `-f` without its floor: how far another class is ahead, towards a class how far that one is. Where that is enough the gradient is zero.
    fn ahead(&self, logits: &[f32], class: usize, sign: f64, cotangent: &mut [f32]) -> f64 {
        let ahead = sign * ahead(logits, class, cotangent);
        // Of equal logits the first is taken, which may be the own one.
        if ahead >= self.confidence && ahead != 0.0 {
            cotangent.fill(0.0);
        }
        ahead
    }
}

/// The search for the weight of an image, and Adam's means in it.
struct Search {
    weight: f64,
    /// Between these is the least weight that gives an example.
    least: f64,
    most: f64,
    /// The present weight gave one.
    success: bool,
    /// As it was last looked at.
    objective: f64,
    mean: Vec<f32>,
    square: Vec<f32>,
}

impl Search {
    fn new(weight: f64) -> Self {
        Self {
            weight,
            least: 0.0,
            most: f64::INFINITY,
            success: false,
            objective: f64::INFINITY,
            mean: Vec::new(),
            square: Vec::new(),
        }
    }

    fn begin(&mut self, length: usize) {
        (self.success, self.objective) = (false, f64::INFINITY);
        for means in [&mut self.mean, &mut self.square] {
            means.clear();
            means.resize(length, 0.0);
        }
    }

    fn end(&mut self) {
        if self.success {
            self.most = self.weight;
        } else {
            self.least = self.weight;
        }
        self.weight = match self.most.is_finite() {
            true => (self.least + self.most) / 2.0,
            false => self.weight * GROWTH,
        };
    }

    /// Adam's step along the gradient of the objective. `pull` is what the gradient of how far another class is ahead counts.
    fn step(&mut self, size: f64, step: usize, pull: f64, walk: &mut Nearest<'_>, gradient: &[f32]) {
        let steps = i32::try_from(step + 1).unwrap_or(i32::MAX);
        let [first, second] = DECAY.map(|decay| 1.0 / (1.0 - decay.powi(steps)));
        let (stride, second, pull) = ((size * first) as f32, second as f32, pull as f32);
        let [slow, slower] = DECAY.map(|decay| decay as f32);
        let of_values = walk.x.iter_mut().zip(walk.image).zip(walk.room).zip(gradient);
        let with_means = of_values.zip(&mut self.mean).zip(&mut self.square);
        for (((((x, &image), &[low, high]), &gradient), mean), square) in with_means {
            let slope = 2.0 * (*x - image) - pull * gradient;
            *mean = slow * *mean + (1.0 - slow) * slope;
            *square = slower * *square + (1.0 - slower) * slope * slope;
            let to = *x - stride * *mean / ((second * *square).sqrt() + ADAM_EPS);
            *x = to.max(low).min(high);
        }
    }
}

impl MinimalAttack for CwL2 {
    fn nearest_in(&self) -> Option<Metric> {
        Some(Metric::L2)
    }

    fn search(&self, model: &dyn Classifier, images: &Tensor<4>, goal: &Goal) -> Result<Found> {
        self.check()?;
        let sign = goal.sign();
        let pixels = Pixels::of(images, model)?;
        let rooms = pixels.rooms(model.bounds());
        let Begun {
            mut walks, standing, ..
        } = begin(model, images, goal, Metric::L2, (&pixels, &rooms))?;
        let mut searches: Vec<Search> = walks.iter().map(|_| Search::new(self.initial_weight)).collect();
        let tenth = (self.steps / 10).max(1);
        let loss = |logits: &[f32], class: usize, cotangent: &mut [f32]| self.ahead(logits, class, sign, cotangent);
        for _ in 0..self.searches {
            let mut running = standing.clone();
            for (walk, search) in running
                .select(&mut walks)
                .into_iter()
                .zip(running.select(&mut searches))
            {
                walk.x.copy_from_slice(walk.image);
                search.begin(pixels.length);
            }
            for step in 0..self.steps {
                if running.is_empty() {
                    break;
                }
                let mut active = running.select(&mut walks);
                let slopes = slopes(model, images, &running.goal(goal), loss, &mut active)?;
                let of_active = active
                    .into_par_iter()
                    .zip(running.select(&mut searches))
                    .zip(slopes.by_point());
                let open: Vec<bool> = of_active
                    .map(|((walk, search), (reached, ahead, gradient))| {
                        if reached && ahead >= self.confidence {
                            walk.keep(Metric::L2);
                            search.success = true;
                        }
                        if step % tenth == 0 {
                            let objective =
                                walk.distance(Metric::L2).powi(2) + search.weight * (-ahead).max(-self.confidence);
                            if step > 0 && objective > FALLING * search.objective {
                                return false;
                            }
                            search.objective = objective;
                        }
                        search.step(self.step_size, step, search.weight * sign, walk, gradient);
                        true
                    })
                    .collect();
                running.keep(&open);
            }
            standing.select(&mut searches).into_iter().for_each(Search::end);
        }
        Ok(found(&walks, images))
    }
}
