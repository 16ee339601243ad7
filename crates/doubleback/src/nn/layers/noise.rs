use burn::tensor::{Tensor, TensorData};
use rand::Rng;
use rand_chacha::ChaCha8Rng;
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use super::layer::{Context, LARGEST, Layer, LayerPullback, Size};
use crate::random::Stream;
use crate::{Error, Result};

/// What is drawn.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum Distribution {
    /// Of this mean and standard deviation.
    Normal {
        /// Mean.
        mean: f32,
        /// Standard deviation.
        deviation: f32,
    },
    /// From `low` up to `high`, all values alike.
    Uniform {
        /// Least value.
        low: f32,
        /// Greatest value.
        high: f32,
    },
    /// 1 with the probabilities of a second input, else 0.
    Bernoulli,
}

/// Random values that a network adds, multiplies or compares something with. Its first input is the images, of which they do not depend in any way
/// that could be differentiated: the gradient is zero.
///
/// The values are a function of `seed` and the bits of each image alone ([`Stream::LayerNoise`]): an image gets the same ones whenever it is asked
/// about and whatever stands beside it, and one that differs in a bit gets others. To know the bits, the images are read to the host.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Noise {
    /// What is drawn.
    pub distribution: Distribution,
    /// Height, width and channels of the values.
    pub size: Size,
    /// Layers with other seeds draw other values.
    pub seed: u64,
}

impl Noise {
    fn count(&self) -> Option<usize> {
        let count = self
            .size
            .iter()
            .try_fold(1usize, |count, &size| count.checked_mul(size));
        count.filter(|count| (1..=LARGEST).contains(count))
    }

    /// One value; of [`Distribution::Bernoulli`] between 0 and 1, to be compared with the probability.
    fn draw(&self, random: &mut ChaCha8Rng) -> f32 {
        match self.distribution {
            Distribution::Normal { mean, deviation } => {
                // Box & Muller 1958. The radius is not infinite: 1 minus a number below 1 is not 0.
                let [radius, angle] = [1.0 - random.random::<f64>(), random.random::<f64>()];
                let normal = (-2.0 * radius.ln()).sqrt() * (std::f64::consts::TAU * angle).cos();
                mean + deviation * normal as f32
            }
            Distribution::Uniform { low, high } => low + (high - low) * random.random::<f32>(),
            Distribution::Bernoulli => random.random(),
        }
    }
}

impl Layer for Noise {
    fn output(&self, inputs: &[Size]) -> std::result::Result<Size, String> {
        if self.count().is_none() {
            return Err(format!("{:?} values: there must be some, at most {LARGEST}", self.size));
        }
        match (self.distribution, inputs) {
            (Distribution::Bernoulli, &[_, probabilities]) if probabilities == self.size => Ok(self.size),
            (Distribution::Bernoulli, &[_, probabilities]) => Err(format!(
                "{probabilities:?} probabilities are not for {:?} values",
                self.size
            )),
            (Distribution::Bernoulli, _) => Err(format!("takes images and probabilities, not {} inputs", inputs.len())),
            (_, &[_]) => Ok(self.size),
            _ => Err(format!("takes the images, not {} inputs", inputs.len())),
        }
    }

    /// The images and the values on the host.
    fn workspace(&self, inputs: &[Size]) -> usize {
        let images = inputs.first().map_or(0, |size| {
            size.iter().fold(1, |count: usize, &size| count.saturating_mul(size))
        });
        images.saturating_add(self.count().unwrap_or(0))
    }

    fn forward(&self, inputs: Vec<Tensor<4>>, _: &mut Context<'_, '_>) -> Result<(Tensor<4>, LayerPullback)> {
        let dims: Vec<[usize; 4]> = inputs.iter().map(|input| input.dims()).collect();
        let wanted = if self.distribution == Distribution::Bernoulli {
            2
        } else {
            1
        };
        let count = self.count().filter(|_| inputs.len() == wanted);
        let (images, count) = inputs
            .first()
            .zip(count)
            .ok_or_else(|| Error::shape("inputs of a layer", wanted, inputs.len()))?;
        let ([n, ..], dtype) = (images.dims(), images.dtype());
        let pixels = images.clone().detach().try_into_vec_as::<f32>();
        let pixels = pixels.map_err(|e| Error::device("reading images", e))?;
        let mut values = vec![0f32; n * count];
        let of_image = pixels.par_chunks((pixels.len() / n.max(1)).max(1));
        values.par_chunks_mut(count).zip(of_image).for_each(|(values, image)| {
            let mut random = Stream::LayerNoise { image }.of(self.seed);
            values.fill_with(|| self.draw(&mut random));
        });
        let [height, width, channels] = self.size;
        let data = TensorData::new(values, [n, height, width, channels]);
        let drawn = Tensor::from_data(data, (&images.device().inner(), dtype));
        let y = match inputs.get(1) {
            Some(probabilities) => drawn.lower(probabilities.clone().inner()).float().cast(dtype),
            None => drawn,
        };
        let pullback = move |g: Tensor<4>| {
            let zeros = |&dims: &[usize; 4]| Tensor::zeros(dims, (&g.device().inner(), g.dtype()));
            Ok(dims.iter().map(zeros).collect())
        };
        Ok((y, Box::new(pullback)))
    }
}
