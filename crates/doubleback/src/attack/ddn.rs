use std::f64::consts::PI;

use burn::tensor::Tensor;
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use super::apgd_loss::ApgdLoss;
use super::nearest::{Begun, begin, found, slopes};
use super::pixels::Pixels;
use super::{Found, Goal, Metric, MinimalAttack};
use crate::nn::Classifier;
use crate::{Error, Result};

/// The step at the end, as a share of the first one.
const LAST_STEP: f64 = 0.01;

/// Decoupled direction and norm (Rony et al. 2019, algorithm 1): follows the gradient of the cross-entropy, and after each step brings the change of the image to a
/// length of its own, which is `1 - gamma` times the last one where the point is misclassified, else `1 + gamma` times.
///
/// The first length is 1. Steps begin at length 1 and fall to 0.01 along a cosine, as in the paper; examples are not rounded to 8 bits on the way. The nearest
/// misclassified point is the example. In L2.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Ddn {
    /// Gradients to follow, at least 1.
    pub steps: usize,
    /// Share by which the length changes, above 0, below 1.
    pub gamma: f64,
}

impl Default for Ddn {
    /// 100 steps, 0.05.
    fn default() -> Self {
        Self {
            steps: 100,
            gamma: 0.05,
        }
    }
}

impl MinimalAttack for Ddn {
    fn nearest_in(&self) -> Option<Metric> {
        Some(Metric::L2)
    }

    fn search(&self, model: &dyn Classifier, images: &Tensor<4>, goal: &Goal) -> Result<Found> {
        if self.steps == 0 {
            return Err(Error::value("steps", "at least 1", self.steps));
        }
        if !(self.gamma > 0.0 && self.gamma < 1.0) {
            return Err(Error::value("gamma", "above 0 and below 1", self.gamma));
        }
        let pixels = Pixels::of(images, model)?;
        let rooms = pixels.rooms(model.bounds());
        let Begun {
            mut walks, standing, ..
        } = begin(model, images, goal, Metric::L2, (&pixels, &rooms))?;
        let mut lengths = vec![1.0; walks.len()];
        let mut active = standing.select(&mut walks);
        let goal = standing.goal(goal);
        let mut lengths = standing.select(&mut lengths);
        for step in 0..=self.steps {
            if active.is_empty() {
                break;
            }
            let loss = |logits: &[f32], class: usize, cotangent: &mut [f32]| {
                ApgdLoss::CrossEntropy.at(logits, class, None, cotangent)
            };
            let slopes = slopes(model, images, &goal, loss, &mut active)?;
            let share = (1.0 + (PI * step as f64 / self.steps as f64).cos()) / 2.0;
            let stride = (LAST_STEP + (1.0 - LAST_STEP) * share) * goal.sign();
            let of_active = active.par_iter_mut().zip(&mut lengths).zip(slopes.by_point());
            of_active.for_each(|((walk, to), (reached, _, gradient))| {
                if reached {
                    walk.keep(Metric::L2);
                }
                if step == self.steps {
                    return;
                }
                **to *= if reached { 1.0 - self.gamma } else { 1.0 + self.gamma };
                let scale = Metric::L2.length(gradient.iter().map(|&value| f64::from(value)));
                let scale = if scale > 0.0 { stride / scale } else { 0.0 };
                let changed = |((&x, &image), &gradient): ((&f32, &f32), &f32)| {
                    f64::from(x) - f64::from(image) + scale * f64::from(gradient)
                };
                let change: Vec<f64> = walk.x.iter().zip(walk.image).zip(gradient).map(changed).collect();
                let own = Metric::L2.length(change.iter().copied());
                let scale = if own > 0.0 { **to / own } else { 0.0 };
                let image = walk.image;
                walk.go(image
                    .iter()
                    .zip(change)
                    .map(|(&image, change)| f64::from(image) + scale * change));
            });
        }
        Ok(found(&walks, images))
    }
}
