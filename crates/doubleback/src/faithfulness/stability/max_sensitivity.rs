use rand::Rng;
use serde::{Deserialize, Serialize};

use super::super::explained::Explained;
use super::super::measured::Measured;
use super::super::metric::Metric;
use crate::random::Stream;
use crate::{Error, Result};

/// Max-sensitivity (Yeh et al. 2019, definition 3.1): the greatest L2 distance of the map of the image to those of images nearby, each value of which differs by
/// uniform noise of at most `radius`. Lower is better.
///
/// It is the greatest of so many draws, so it grows with `samples`: an estimate from below. Divided by the length of the map (`relative`), as Quantus 0.6 and
/// Captum do, it has no units, and methods can be compared that differ in scale; the paper's own is in those of the map. Noisy values are not clipped to the
/// model's bounds, as there.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct MaxSensitivity {
    /// Greatest change of a value, above 0, in the units of the data.
    pub radius: f64,
    /// Images nearby, at least 1.
    pub samples: usize,
    /// Divides by the length of the map.
    pub relative: bool,
    /// Seed of what is drawn.
    pub seed: u64,
}

impl Default for MaxSensitivity {
    fn default() -> Self {
        Self {
            radius: 0.02,
            samples: 50,
            relative: true,
            seed: 0,
        }
    }
}

impl Metric for MaxSensitivity {
    fn measure(&self, explained: &Explained<'_>) -> Result<Measured> {
        if !(self.radius.is_finite() && self.radius > 0.0) {
            return Err(Error::value("radius", "above 0, in the units of the data", self.radius));
        }
        if self.samples == 0 {
            return Err(Error::value("samples", "at least 1", self.samples));
        }
        let samples = self.samples;
        let radius = self.radius as f32;
        let fill = |row: usize, values: &mut [f32]| {
            let (image, draw) = (explained.pixels(row / samples), (row % samples) as u64);
            let mut random = Stream::MetricNoise { image, draw }.of(self.seed);
            for (value, &pixel) in values.iter_mut().zip(image) {
                *value = pixel + radius * (2.0 * random.random::<f32>() - 1.0);
            }
        };
        let square = |a: f64, b: f64| (a - b) * (a - b);
        let distance = |row: usize, maps: &super::super::relevance::Maps, at: usize| {
            let pairs = explained.maps().map(row / samples).iter().zip(maps.map(at));
            pairs.map(|(&a, &b)| square(a.into(), b.into())).sum::<f64>().sqrt()
        };
        let rows = explained.len() * samples;
        let model = explained.model();
        let distances = explained.explanations(model, rows, |row| row / samples, fill, distance)?;
        let greatest = |(image, distances): (usize, &[f64])| {
            let greatest = distances.iter().copied().fold(0.0, f64::max);
            let map = explained.maps().map(image).iter();
            let length = map.map(|&value| square(value.into(), 0.0)).sum::<f64>().sqrt();
            if self.relative { greatest / length } else { greatest }
        };
        Ok(distances
            .chunks_exact(samples)
            .enumerate()
            .map(greatest)
            .collect::<Vec<_>>()
            .into())
    }
}
