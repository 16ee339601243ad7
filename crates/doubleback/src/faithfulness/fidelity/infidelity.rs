use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use super::super::answers::Answer;
use super::super::explained::Explained;
use super::super::fill::Fill;
use super::super::measured::Measured;
use super::super::metric::Metric;
use super::super::noise::normal;
use super::squares::{Squares, squares};
use crate::random::Stream;
use crate::{Error, Result};

/// Infidelity (Yeh et al. 2019, definition 2.1): the mean over perturbations `I` of `(Iᵀa - (f(x) - f(x - I)))²`, where `f` is the answer for the class. Lower is
/// better, 0 at best; in units of the answer squared.
///
/// Every perturbation is one of the image itself. (Quantus 0.6 blanks block after block and keeps the earlier ones blank.) A map with one value a pixel counts
/// for each channel alike.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Infidelity {
    /// What perturbations are.
    pub perturbation: Perturbation,
    /// Multiplies the map by the number that makes the infidelity least, so that maps that differ in scale alone are equal: the paper's optimal scaling,
    /// `β = Σ (Iᵀa)(f(x) - f(x - I)) / Σ (Iᵀa)²`.
    pub scaled: bool,
    /// What is read off the model.
    pub answer: Answer,
}

/// How images are perturbed.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Perturbation {
    /// Squares that give way to a black, mean or blurred one (the paper's square removal). All squares of this side are taken that a stride leaves, from the
    /// first row and column to the last, which is among them whatever the stride: nothing is drawn.
    Squares {
        /// Rows and columns of a square, at least 1; those of the image if it is smaller.
        side: usize,
        /// Rows or columns from one square to the next, at least 1.
        stride: usize,
        /// What stands in its place.
        fill: Fill,
    },
    /// Noise of this deviation is taken off all values (the paper's noisy baseline, about the image).
    Noise {
        /// Deviation, in the units of the data.
        deviation: f64,
        /// Perturbations of each image, at least 1.
        samples: usize,
        /// Seed of what is drawn.
        seed: u64,
    },
}

impl Default for Infidelity {
    /// Every black square of 4 by 4 pixels, of the logit.
    fn default() -> Self {
        Self {
            perturbation: Perturbation::Squares {
                side: 4,
                stride: 1,
                fill: Fill::Black,
            },
            scaled: false,
            answer: Answer::Logit,
        }
    }
}

/// Deviation of [`Fill::Blur`], in pixels.
const BLUR: f64 = 5.0;

impl Metric for Infidelity {
    fn measure(&self, explained: &Explained<'_>) -> Result<Measured> {
        let pairs = match self.perturbation {
            Perturbation::Squares { side, stride, fill } => {
                let shape = explained.shape();
                let squares = squares([shape.height, shape.width], side, stride)?;
                let fills: Vec<_> = (0..explained.len())
                    .into_par_iter()
                    .map(|image| fill.of(explained, image, BLUR))
                    .collect();
                Squares {
                    explained,
                    squares,
                    fills,
                }
                .changes(self.answer)?
            }
            Perturbation::Noise {
                deviation,
                samples,
                seed,
            } => self.under_noise(explained, deviation, samples, seed)?,
        };
        Ok(pairs.iter().map(|pairs| self.of(pairs)).collect::<Vec<_>>().into())
    }
}

impl Infidelity {
    /// Of an image, given for each perturbation what the map says of it, and what the model.
    fn of(&self, pairs: &[[f64; 2]]) -> f64 {
        let scale = match self.scaled {
            true => {
                let square: f64 = pairs.iter().map(|[said, _]| said * said).sum();
                let product: f64 = pairs.iter().map(|[said, change]| said * change).sum();
                // A map that says nothing of any perturbation stays as it is.
                if square > 0.0 { product / square } else { 1.0 }
            }
            false => 1.0,
        };
        let sum: f64 = pairs.iter().map(|[said, change]| (scale * said - change).powi(2)).sum();
        sum / pairs.len() as f64
    }

    fn under_noise(
        &self,
        explained: &Explained<'_>,
        deviation: f64,
        samples: usize,
        seed: u64,
    ) -> Result<Vec<Vec<[f64; 2]>>> {
        if !(deviation.is_finite() && deviation > 0.0) {
            return Err(Error::value(
                "deviation",
                "above 0, in the units of the data",
                deviation,
            ));
        }
        if samples == 0 {
            return Err(Error::value("samples", "at least 1", samples));
        }
        let moved = |row: usize, take: &mut dyn FnMut(usize, f32, f32)| {
            let image = explained.pixels(row / samples);
            let draw = (row % samples) as u64;
            let mut random = Stream::MetricNoise { image, draw }.of(seed);
            for (place, &pixel) in image.iter().enumerate() {
                take(place, pixel, pixel - (deviation * normal(&mut random)) as f32);
            }
        };
        let rows = explained.len() * samples;
        let fill = |row: usize, values: &mut [f32]| moved(row, &mut |place, _, to| values[place] = to);
        let perturbed = explained.answers(self.answer, rows, |row| row / samples, fill)?;
        let images = explained.answers_as_they_are(self.answer)?;
        let pair = |row: usize| {
            let image = row / samples;
            let map: Vec<f64> = explained.maps().of_values(image, explained.shape().channels).collect();
            let mut said = 0.0;
            moved(row, &mut |place, from, to| {
                said += map[place] * (f64::from(from) - f64::from(to))
            });
            [said, images[image] - perturbed[row]]
        };
        let pairs: Vec<_> = (0..rows).into_par_iter().map(pair).collect();
        Ok(pairs.chunks_exact(samples).map(<[_]>::to_vec).collect())
    }
}
