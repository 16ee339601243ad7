use burn::tensor::Tensor;
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use super::nearest::{Begun, begin, boundaries, found, settle};
use super::pixels::Pixels;
use super::{Found, Goal, Metric, MinimalAttack, Norm};
use crate::nn::Classifier;
use crate::{Error, Result};

/// DeepFool (Moosavi-Dezfooli, Fawzi & Frossard 2016, algorithm 2; in L∞ by their section 3.3): step by step to the nearest boundary, which is taken for a
/// plane, until the image is on its other side. The sum of the steps is lengthened by `overshoot`.
///
/// Each step takes a gradient for each class but one, at the lengthened point, as in the authors' program. Steps do not know of the data's bounds, of which
/// the paper says nothing; the sum of the steps is clipped to them, and so is the lengthened point: a value that was pushed against a bound may come back at
/// once. An image that is misclassified unperturbed is left as it is.
///
/// ```
/// use burn::tensor::{Device, Tensor};
/// use doubleback::attack::{DeepFool, Goal, run_minimal};
/// use doubleback::data::{Bounds, ImageShape};
/// use doubleback::nn::FromFunction;
///
/// let shape = ImageShape { channels: 1, height: 1, width: 2 };
/// let model = FromFunction::new(shape, Bounds::UNIT, 2, |x: Tensor<4>| x.reshape([-1, 2]));
/// let images = Tensor::<4>::from_floats([[[[0.6, 0.5]]]], &Device::flex());
/// let attacked = run_minimal(&model, &DeepFool::default(), &images, &Goal::AwayFrom(vec![0]))?;
/// // The boundary is 0.1 / √2 away.
/// assert!((attacked.by_eps[0].l2[0] - 1.02 * 0.0707).abs() < 1e-4);
/// # Ok::<(), doubleback::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct DeepFool {
    /// The norm in which examples are to be near.
    pub norm: Norm,
    /// The most steps, at least 1.
    pub steps: usize,
    /// Share by which the way is lengthened; 0 or above.
    pub overshoot: f64,
}

impl Default for DeepFool {
    /// At most 50 steps in L2, lengthened by 0.02, as in the paper.
    fn default() -> Self {
        Self {
            norm: Norm::L2,
            steps: 50,
            overshoot: 0.02,
        }
    }
}

impl MinimalAttack for DeepFool {
    fn nearest_in(&self) -> Option<Metric> {
        Some(self.norm.into())
    }

    fn search(&self, model: &dyn Classifier, images: &Tensor<4>, goal: &Goal) -> Result<Found> {
        if self.steps == 0 {
            return Err(Error::value("steps", "at least 1", self.steps));
        }
        if !(self.overshoot >= 0.0 && self.overshoot.is_finite()) {
            return Err(Error::value("overshoot", "0 or a number above", self.overshoot));
        }
        let pixels = Pixels::of(images, model)?;
        let rooms = pixels.rooms(model.bounds());
        if let Goal::Towards(_) = goal {
            return Err(Error::value("goal of DeepFool", "away from a class", "towards a class"));
        }
        let Begun {
            mut walks,
            mut standing,
            ..
        } = begin(model, images, goal, self.norm, (&pixels, &rooms))?;
        let mut ways: Vec<Vec<f64>> = vec![vec![0.0; pixels.length]; walks.len()];
        for _ in 0..self.steps {
            if standing.is_empty() {
                break;
            }
            let mut active = standing.select(&mut walks);
            let planes = boundaries(model, images, self.norm, None, &mut active)?;
            let of_active = active.par_iter_mut().zip(standing.select(&mut ways)).zip(&planes);
            of_active.for_each(|((walk, way), plane)| {
                let image = walk.image;
                let of_values = way.iter_mut().zip(plane.shortest(self.norm)).zip(image).zip(walk.room);
                for (((way, step), &image), &[low, high]) in of_values {
                    let [least, most] = [low, high].map(|bound| f64::from(bound) - f64::from(image));
                    *way = (*way + step).clamp(least, most);
                }
                let lengthened = |(&image, &way): (&f32, &f64)| f64::from(image) + (1.0 + self.overshoot) * way;
                walk.go(image.iter().zip(&*way).map(lengthened));
            });
            let reached = settle(model, images, &standing.goal(goal), self.norm, &mut active)?;
            standing.keep(&reached.iter().map(|reached| !reached).collect::<Vec<_>>());
        }
        Ok(found(&walks, images))
    }
}
