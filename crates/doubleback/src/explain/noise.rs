use std::f32::consts::TAU;

use burn::tensor::{Tensor, TensorData};
use rand::Rng;

use super::variants::Variants;
use super::{Explainer, InternalBatch};
use crate::nn::{Classifier, to_vec};
use crate::random::Stream;
use crate::{Error, Result};

/// Gaussian noise on images, and what becomes of any method's values under it.
///
/// The noise on an image depends on the seed and the image alone. Noisy images are not clipped to the bounds of the data, as in Smilkov et al. 2017.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Noise {
    /// Noisy copies of an image.
    pub draws: usize,
    /// Standard deviation, as a share of the range of the data: that of its bounds, not of each image's own values, so that equal noise is equal for all
    /// images.
    pub share: f64,
    /// Seed of the noise.
    pub seed: u64,
    /// Noisy copies at once.
    pub internal_batch: InternalBatch,
}

impl Default for Noise {
    /// 50 draws of a deviation of 0.15 of the range: within what Smilkov et al. 2017 recommend, 0.1 to 0.2.
    fn default() -> Self {
        Self {
            draws: 50,
            share: 0.15,
            seed: 0,
            internal_batch: InternalBatch::AUTO,
        }
    }
}

/// Mean of a method's values over noisy images, and mean of their squared differences from it.
pub(super) struct Moments {
    dims: [usize; 4],
    mean: Vec<f64>,
    variance: Vec<f64>,
}

impl Noise {
    /// Of a method with at least `least` draws.
    pub(super) fn moments(
        &self,
        of: &dyn Explainer,
        least: usize,
        model: &dyn Classifier,
        images: &Tensor<4>,
        targets: &[usize],
    ) -> Result<Moments> {
        if self.draws < least {
            return Err(Error::value("draws", format!("at least {least}"), self.draws));
        }
        if !(self.share > 0.0 && self.share.is_finite()) {
            return Err(Error::value(
                "noise",
                "a share of the range of the data above 0",
                self.share,
            ));
        }
        let variants = Variants::of(model, images, targets, self.internal_batch)?;
        let bounds = model.bounds();
        let deviation = (self.share * (f64::from(bounds.high) - f64::from(bounds.low))) as f32;
        let noisy = |image: usize, number: usize, row: &mut [f32]| {
            let image = variants.image(image);
            let draw = number as u64;
            add(
                Stream::AttributionDraw { image, draw },
                self.seed,
                deviation,
                image,
                row,
            );
        };
        let n = targets.len();
        let mut found = Moments {
            dims: [0; 4],
            mean: Vec::new(),
            variance: Vec::new(),
        };
        let mut dims = [0; 4];
        let ask = |rows: &Tensor<4>, targets: &[usize]| {
            let values = of.explain(model, rows, targets)?.values;
            dims = values.dims();
            to_vec(values)
        };
        variants.each(self.draws, noisy, ask, |image, number, values| {
            let length = values.len();
            if found.mean.is_empty() {
                found.mean = vec![0.0; n * length];
                found.variance = vec![0.0; n * length];
            }
            // Welford 1962, which loses no digits to a large mean.
            let (mean, sum) = (
                &mut found.mean[image * length..][..length],
                &mut found.variance[image * length..][..length],
            );
            for ((mean, sum), &value) in mean.iter_mut().zip(sum).zip(values) {
                let value = f64::from(value);
                let before = value - *mean;
                *mean += before / (number + 1) as f64;
                *sum += before * (value - *mean);
            }
        })?;
        found.variance.iter_mut().for_each(|sum| *sum /= self.draws as f64);
        found.dims = [n, dims[1], dims[2], dims[3]];
        Ok(found)
    }
}

impl Moments {
    /// `value(mean, variance)` of each value, as a tensor like `like`.
    pub fn tensor(&self, like: &Tensor<4>, value: impl Fn(f64, f64) -> f64) -> Tensor<4> {
        let pairs = self.mean.iter().zip(&self.variance);
        let values: Vec<f32> = pairs.map(|(&mean, &variance)| value(mean, variance) as f32).collect();
        Tensor::from_data(TensorData::new(values, self.dims), (&like.device(), like.dtype()))
    }
}

/// The image with noise on it (Box & Muller 1958: two normal values of two uniform ones).
fn add(stream: Stream<'_>, seed: u64, deviation: f32, image: &[f32], row: &mut [f32]) {
    let mut random = stream.of(seed);
    for (row, image) in row.chunks_mut(2).zip(image.chunks(2)) {
        let length = deviation * (-2.0 * (1.0 - random.random::<f32>()).ln()).sqrt();
        let (sine, cosine) = (TAU * random.random::<f32>()).sin_cos();
        for ((row, &value), direction) in row.iter_mut().zip(image).zip([cosine, sine]) {
            *row = value + length * direction;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn noise_is_normal() {
        let image = vec![0.5f32; 20_001];
        let mut row = vec![0.0; image.len()];
        add(
            Stream::AttributionDraw { image: &image, draw: 3 },
            1,
            0.2,
            &image,
            &mut row,
        );
        let n = row.len() as f64;
        let moment = |power: i32| {
            row.iter()
                .map(|&v| ((f64::from(v) - 0.5) / 0.2).powi(power))
                .sum::<f64>()
                / n
        };
        // Standard errors 0.007, 0.01, 0.07: four of each.
        assert!(moment(1).abs() < 0.028, "{}", moment(1));
        assert!((moment(2) - 1.0).abs() < 0.04, "{}", moment(2));
        assert!((moment(4) - 3.0).abs() < 0.28, "{}", moment(4));
    }
}
