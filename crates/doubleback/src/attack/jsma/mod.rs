mod pairs;

use burn::tensor::{Tensor, TensorData};
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use super::{Cost, Found, Goal, MinimalAttack, Standing};
use crate::nn::{Classifier, one_hot, predictions, to_vec};
use crate::{Error, Result};
use pairs::{best_pair, best_single};

/// Jacobian-based saliency map attack (Papernot et al. 2016), on the logits `z`: changes few values by much.
///
/// With `a = ∂z_t/∂x` and `b = Σ_{k≠t} ∂z_k/∂x` for the target `t`, each step takes, among the pairs of values with
/// `a_i + a_j > 0` and `b_i + b_j < 0`, the one with the greatest `-(a_i + a_j)(b_i + b_j)`, and adds `theta` to both (below zero, the signs
/// of both conditions turn around), clipped to the model's bounds. Values at the bound that theta leads to are left out, and each value is
/// taken once. An image is done when it is taken for the target, when there is no such pair, or when the budget of
/// `⌊gamma · values / 2⌋` pairs is spent. A color image has a value for each channel.
///
/// Of pairs with equal products the first is taken, by the place of the first value, then of the second.
///
/// ```
/// use burn::tensor::{Device, Tensor};
/// use doubleback::attack::{Goal, Jsma, run_minimal};
/// use doubleback::data::{Bounds, ImageShape};
/// use doubleback::nn::FromFunction;
///
/// let shape = ImageShape { channels: 1, height: 1, width: 4 };
/// let weight = Tensor::<2>::from_floats([[2.0, 0.0], [1.0, -1.0], [0.0, 3.0], [-1.0, 2.0]], &Device::flex());
/// let model = FromFunction::new(shape, Bounds::UNIT, 2, |x: Tensor<4>| x.reshape([-1, 4]).matmul(weight.clone()));
/// let images = Tensor::<4>::from_floats([[[[0.8, 0.5, 0.0, 0.1]]]], &Device::flex());
/// let jsma = Jsma { gamma: 0.5, ..Jsma::default() };
/// let attacked = run_minimal(&model, &jsma, &images, &Goal::Towards(vec![1]))?;
/// let example = &attacked.by_eps[0];
/// assert_eq!(example.success, [true]);
/// assert_eq!(example.images.clone().into_data().try_to_vec::<f32>().unwrap(), [0.8, 0.5, 1.0, 1.0]);
/// # Ok::<(), doubleback::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Jsma {
    /// What is added to a value, in the units of the data; not 0.
    pub theta: f64,
    /// Share of the values that may be changed, above 0, at most 1.
    pub gamma: f64,
    /// Changes single values, at most `⌊gamma · values⌋`, each that with the greatest `-a_i · b_i`, instead of pairs.
    pub single_pixels: bool,
}

impl Default for Jsma {
    /// Pairs, theta 1, gamma 0.25, as in the paper.
    fn default() -> Self {
        Self {
            theta: 1.0,
            gamma: 0.25,
            single_pixels: false,
        }
    }
}

impl Jsma {
    /// The most steps for images of so many values: of one pair each, or of one value if single.
    ///
    /// # Errors
    /// When theta or gamma is out of range, or gamma does not allow one step.
    pub fn steps(&self, values: usize) -> Result<usize> {
        if !self.theta.is_finite() || self.theta == 0.0 {
            return Err(Error::value("theta", "a number other than 0", self.theta));
        }
        if !(self.gamma > 0.0 && self.gamma <= 1.0) {
            return Err(Error::value("gamma", "above 0 and at most 1", self.gamma));
        }
        let (size, name) = if self.single_pixels { (1, "value") } else { (2, "pair") };
        // 0.58 · 100 is a little below 58 in f64.
        let steps = (values as f64 * self.gamma / size as f64 + 1e-9).floor() as usize;
        if steps == 0 {
            let least = size as f64 / values as f64;
            let expected = format!("enough for one {name} of {values} values: give at least {least:.4}");
            return Err(Error::value("gamma", expected, self.gamma));
        }
        Ok(steps)
    }

    /// Places of the values to change next, of those that are free.
    fn choose(&self, free: &[bool], toward: &[f32], others: &[f32]) -> Vec<usize> {
        // Both derivatives turned such that larger is better.
        let sign = if self.theta > 0.0 { 1.0 } else { -1.0 };
        let places: Vec<usize> = (0..free.len()).filter(|&place| free[place]).collect();
        let a: Vec<f32> = places.iter().map(|&place| sign * toward[place]).collect();
        let c: Vec<f32> = places.iter().map(|&place| -sign * others[place]).collect();
        let chosen = if self.single_pixels {
            best_single(&a, &c).into_iter().collect()
        } else {
            best_pair(&a, &c).map(Vec::from).unwrap_or_default()
        };
        chosen.into_iter().map(|place| places[place]).collect()
    }
}

/// An image on its way to the target.
struct Walk {
    pixels: Vec<f32>,
    /// Values that may still be changed.
    free: Vec<bool>,
    gradients: usize,
    forwards: usize,
    zero_gradient: bool,
}

impl MinimalAttack for Jsma {
    fn size(&self) -> f64 {
        self.theta
    }

    fn size_name(&self) -> &'static str {
        "theta"
    }

    /// Needs [`Goal::Towards`]. Pairs are searched on the processor, so both derivatives go there at every step: a table of all pairs, which a
    /// device would want, is as large as the square of an image.
    fn search(&self, model: &dyn Classifier, images: &Tensor<4>, goal: &Goal) -> Result<Found> {
        let (shape, bounds, classes) = (model.shape(), model.bounds(), model.classes());
        let steps = self.steps(shape.len())?;
        let Goal::Towards(targets) = goal else {
            return Err(Error::value(
                "goal",
                "a class to reach, which JSMA needs",
                "away from a class",
            ));
        };
        let n = targets.len();
        let dims = |n: usize| [n, shape.channels, shape.height, shape.width];
        if images.dims() != dims(n) {
            return Err(Error::shape("images", dims(n), images.dims()));
        }
        let as_tensor = |walks: &mut dyn Iterator<Item = &Walk>, n: usize| -> Tensor<4> {
            let pixels = walks.flat_map(|walk| walk.pixels.iter().copied()).collect();
            let data = TensorData::new::<f32, _>(pixels, dims(n));
            Tensor::from_data(data, (&images.device(), images.dtype()))
        };
        let movable = |pixel: f32| {
            if self.theta > 0.0 {
                pixel < bounds.high
            } else {
                pixel > bounds.low
            }
        };
        let mut walks: Vec<Walk> = to_vec(images.clone())?
            .chunks_exact(shape.len())
            .map(|pixels| Walk {
                pixels: pixels.to_vec(),
                free: pixels.iter().map(|&pixel| movable(pixel)).collect(),
                gradients: 0,
                forwards: 0,
                zero_gradient: false,
            })
            .collect();
        let mut standing = Standing::all(n);
        for _ in 0..steps {
            if standing.is_empty() {
                break;
            }
            let mut active = standing.select(&mut walks);
            let goal = standing.goal(goal);
            let x = as_tensor(&mut active.iter().map(|walk| &**walk), active.len());
            let (logits, pullback) = model.logits_with_pullback(x.clone())?;
            let reached = goal.reached(&predictions(&logits)?);
            if reached.iter().all(|&reached| reached) {
                active.iter_mut().for_each(|walk| walk.forwards += 1);
                break;
            }
            let toward = one_hot(goal.classes(), classes, &x)?;
            let others = to_vec(pullback.apply(toward.clone() * -1.0 + 1.0)?)?;
            let toward = to_vec(pullback.apply(toward)?)?;
            drop(pullback);
            let moved: Vec<bool> = active
                .into_par_iter()
                .zip(toward.par_chunks_exact(shape.len()))
                .zip(others.par_chunks_exact(shape.len()))
                .zip(&reached)
                .map(|(((walk, toward), others), &reached)| {
                    walk.gradients += 2;
                    if reached {
                        return false;
                    }
                    let chosen = self.choose(&walk.free, toward, others);
                    for &value in &chosen {
                        // A value beyond the bounds moves towards them by no more than theta.
                        let own = walk.pixels[value];
                        let (low, high) = (bounds.low.min(own), bounds.high.max(own));
                        walk.pixels[value] = (own + self.theta as f32).clamp(low, high);
                        walk.free[value] = false;
                    }
                    walk.zero_gradient = walk.gradients == 2 && toward.iter().all(|&v| v == 0.0);
                    !chosen.is_empty()
                })
                .collect();
            standing.keep(&moved);
        }
        Ok(Found {
            images: as_tensor(&mut walks.iter(), n),
            zero_gradient: walks.iter().map(|walk| walk.zero_gradient).collect(),
            cost: Cost {
                gradients: walks.iter().map(|walk| walk.gradients).collect(),
                forwards: walks.iter().map(|walk| walk.forwards).collect(),
            },
        })
    }
}
