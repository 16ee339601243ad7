use burn::tensor::Tensor;
use rayon::prelude::*;

use crate::data::ImageShape;
use crate::nn::{Classifier, check_images, to_vec};
use crate::{Error, Result};

/// What an image without its content is: where a path to the image begins, what stands where values are hidden. An attribution is relative to it.
#[derive(Clone, Debug, Default)]
#[allow(clippy::large_enum_variant, reason = "a method has one")]
pub enum Baseline {
    /// All values 0, wherever that lies within the bounds of the data.
    #[default]
    Zero,
    /// All values at the lower bound.
    Black,
    /// The image itself, blurred by a Gaussian of so many pixels; at the border its weights are those of the pixels that there are.
    Blur {
        /// Standard deviation in pixels, above 0.
        sigma: f64,
    },
    /// Images of your own, `[k, channels, height, width]`. Of several, attributions are averaged.
    Images(Tensor<4>),
}

impl Baseline {
    /// The mean of some images, `[k, channels, height, width]`.
    ///
    /// # Errors
    /// When there is none.
    pub fn mean_of(images: &Tensor<4>) -> Result<Self> {
        match images.dims()[0] {
            0 => Err(Error::value("images of a baseline", "at least one", 0)),
            _ => Ok(Self::Images(images.clone().mean_dim(0))),
        }
    }

    /// The baselines of `images`, one after the other, which a model takes.
    pub(super) fn of(&self, model: &dyn Classifier, images: &[f32]) -> Result<Baselines> {
        let shape = model.shape();
        let length = shape.len().max(1);
        let (values, own) = match self {
            Self::Zero => (vec![0.0; length], false),
            Self::Black => (vec![model.bounds().low; length], false),
            Self::Images(images) => {
                check_images(shape, None, images)?;
                (to_vec(images.clone())?, false)
            }
            Self::Blur { sigma } => {
                if !(*sigma > 0.0 && sigma.is_finite()) {
                    return Err(Error::value("blur of a baseline", "a positive number of pixels", sigma));
                }
                let blurred = images
                    .par_chunks_exact(length)
                    .flat_map_iter(|image| blur(image, shape, *sigma));
                (blurred.collect(), true)
            }
        };
        Ok(Baselines { values, length, own })
    }
}

/// Baselines of some images.
pub(super) struct Baselines {
    values: Vec<f32>,
    length: usize,
    /// Whether each image has its own, one; else all have all.
    own: bool,
}

impl Baselines {
    /// Baselines of an image.
    pub fn count(&self) -> usize {
        match self.own {
            true => 1,
            false => self.values.len() / self.length,
        }
    }

    /// One of them.
    pub fn of(&self, image: usize, number: usize) -> &[f32] {
        let place = if self.own { image } else { number };
        &self.values[place * self.length..][..self.length]
    }
}

fn blur(image: &[f32], shape: ImageShape, sigma: f64) -> Vec<f32> {
    let ImageShape {
        channels,
        height,
        width,
    } = shape;
    // Beyond four deviations a weight is less than one in a thousand of the greatest.
    let radius = (4.0 * sigma).ceil() as usize;
    let weights: Vec<f64> = (0..=radius)
        .map(|off| (-0.5 * (off as f64 / sigma).powi(2)).exp())
        .collect();
    let along = |values: &[f64], size: usize, stride: usize, start: usize, at: usize| {
        let window = at.saturating_sub(radius)..(at + radius + 1).min(size);
        let mut sums = [0.0; 2];
        for other in window {
            let weight = weights[other.abs_diff(at)];
            sums[0] += weight * values[start + other * stride];
            sums[1] += weight;
        }
        sums[0] / sums[1]
    };
    let mut values: Vec<f64> = image.iter().copied().map(f64::from).collect();
    for channel in 0..channels {
        let plane = &mut values[channel * height * width..][..height * width];
        let rows: Vec<f64> = (0..height * width)
            .map(|place| along(plane, width, 1, place / width * width, place % width))
            .collect();
        for (place, value) in plane.iter_mut().enumerate() {
            *value = along(&rows, height, width, place % width, place / width);
        }
    }
    values.into_iter().map(|value| value as f32).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_blur_keeps_constants_and_spreads_a_point_evenly() {
        let shape = ImageShape {
            channels: 2,
            height: 5,
            width: 7,
        };
        let constant = blur(&[0.5; 70], shape, 1.5);
        assert!(constant.iter().all(|value| (value - 0.5).abs() < 1e-6));
        let mut point = vec![0.0; 70];
        point[2 * 7 + 3] = 1.0;
        let found = blur(&point, shape, 1.0);
        assert_eq!(found[35..], [0.0; 35], "another channel");
        let ratio = found[2 * 7 + 4] / found[2 * 7 + 3];
        // One pixel off in the middle row, where weights of columns 3 and 4 have other sums.
        let sum = |at: i32| (0..7).map(|x| (-0.5 * f64::from(x - at).powi(2)).exp()).sum::<f64>();
        let expected = (-0.5f64).exp() * sum(3) / sum(4);
        assert!((f64::from(ratio) - expected).abs() < 1e-5, "{ratio} {expected}");
        assert_eq!(found[2 * 7 + 2], found[2 * 7 + 4]);
    }
}
