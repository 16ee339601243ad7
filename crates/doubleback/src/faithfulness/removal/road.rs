use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use super::super::answers::Answer;
use super::super::explained::Explained;
use super::super::measured::Measured;
use super::super::metric::Metric;
use super::super::noise::normal;
use super::curve::Curves;
use super::impute::impute;
use super::order::Order;
use crate::random::Stream;
use crate::{Error, Result};

/// ROAD, remove and debias (Rong et al. 2022): whether the model still predicts the class once the most important pixels are made up from their neighbors, so
/// that what is missing cannot be seen by its edge. An image's number is the share of the `shares` at which it does, 0 to 1; the mean over images is the mean of
/// the paper's accuracies. Lower is better for the most important pixels, higher in the order [`Order::LeastFirst`].
///
/// A removed pixel becomes the weighted mean of its neighbors, 1/6 beside and above, 1/12 on the diagonals, of which those that are removed too are unknowns of
/// the same linear system; then noise is added to it. Neighbors beyond the image are left out, and the others count for all. If all pixels are removed, there
/// is nothing to make them up from, and they get the middle of the model's bounds. Made up values are not clipped to the bounds, as in the paper's program.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Road {
    /// Shares of the pixels that are removed, above 0 and at most 1, ascending; as many pixels as are whole in the share.
    pub shares: Vec<f64>,
    /// Deviation of the noise, as a share of the width of the model's bounds.
    pub noise: f64,
    /// Which pixels are removed first.
    pub order: Order,
    /// What is read off the model: the paper counts predictions.
    pub answer: Answer,
    /// Seed of the noise.
    pub seed: u64,
}

impl Default for Road {
    /// A tenth to nine tenths of the pixels, noise of 0.01.
    fn default() -> Self {
        Self {
            shares: (1..10).map(|tenths| f64::from(tenths) / 10.0).collect(),
            noise: 0.01,
            order: Order::MostFirst,
            answer: Answer::Predicted,
            seed: 0,
        }
    }
}

impl Road {
    /// The answers at the shares; that to the image itself is not among them.
    ///
    /// # Errors
    /// When an option is out of range, or the model fails.
    pub fn curves(&self, explained: &Explained<'_>) -> Result<Curves> {
        self.check()?;
        let shape = explained.shape();
        let (pixels, points) = (shape.height * shape.width, self.shares.len());
        let bounds = explained.model().bounds();
        let noise = self.noise * f64::from(bounds.high - bounds.low);
        let orders: Vec<_> = (0..explained.len())
            .into_par_iter()
            .map(|image| self.order.of(explained, image))
            .collect();
        let fill = |row: usize, values: &mut [f32]| {
            let (image, point) = (row / points, row % points);
            values.copy_from_slice(explained.pixels(image));
            // So many pixels as a share written in decimals means: 0.29 of 100 are 29.
            let count = (self.shares[point] * pixels as f64 + 1e-9) as usize;
            let removed = &orders[image][..count.min(pixels)];
            for channel in values.chunks_exact_mut(pixels) {
                impute(
                    channel,
                    [shape.height, shape.width],
                    removed,
                    (bounds.low + bounds.high) / 2.0,
                );
            }
            let mut random = Stream::MetricNoise {
                image: explained.pixels(image),
                draw: point as u64,
            }
            .of(self.seed);
            for channel in values.chunks_exact_mut(pixels) {
                for &pixel in removed {
                    channel[pixel] += (noise * normal(&mut random)) as f32;
                }
            }
        };
        let rows = explained.len() * points;
        let answers = explained.answers(self.answer, rows, |row| row / points, fill)?;
        Ok(Curves {
            shares: self.shares.clone(),
            answers: answers.chunks_exact(points).map(<[f64]>::to_vec).collect(),
        })
    }

    fn check(&self) -> Result<()> {
        let inside = self.shares.iter().all(|&share| share > 0.0 && share <= 1.0);
        let ascending = self.shares.windows(2).all(|pair| pair[0] < pair[1]);
        if self.shares.is_empty() || !inside || !ascending {
            let expected = "one or more above 0 and at most 1, ascending";
            return Err(Error::value("shares", expected, format!("{:?}", self.shares)));
        }
        match self.noise.is_finite() && self.noise >= 0.0 {
            true => Ok(()),
            false => Err(Error::value("noise", "0 or a number above", self.noise)),
        }
    }
}

impl Metric for Road {
    fn measure(&self, explained: &Explained<'_>) -> Result<Measured> {
        let curves = self.curves(explained)?;
        let mean = |answers: &Vec<f64>| answers.iter().sum::<f64>() / answers.len() as f64;
        Ok(curves.answers.iter().map(mean).collect::<Vec<_>>().into())
    }
}
