use burn::tensor::{Device, Tensor};
use doubleback_ops::batch_norm_statistics;

use crate::batch::tensor_of;
use crate::data::Split;
use crate::nn::{Staged, to_vec};
use crate::{Error, Result};

/// Clean training images that the statistics are taken from.
const IMAGES: usize = 512;
/// Least deviation of a channel, as a share of the root mean square of all: a unit that hardly ever fires on clean images must not be the
/// loudest on attacked ones.
const LEAST: f32 = 0.1;

/// The latents of a stage as its probe takes them: brought to mean 0 and deviation 1 of each channel. Of each channel, not each value: at the border of an image, where
/// clean ones hardly differ, the smallest perturbation would be huge. Unlike [`Standard`](super::Standard), which generators need exact, quiet channels stay quiet.
pub(super) struct ProbeInput {
    /// Height, width and channels.
    size: [usize; 3],
    mean: Tensor<4>,
    /// One over the deviation.
    scale: Tensor<4>,
}

impl ProbeInput {
    /// For each of these stages, from the first images of `train`.
    pub fn of_images(model: &dyn Staged, stages: &[usize], train: &Split, device: &Device) -> Result<Vec<Self>> {
        if train.is_empty() {
            return Err(Error::value("training images", "at least one", 0));
        }
        let images = tensor_of(train, model.shape(), 0..IMAGES.min(train.len()), device);
        let of_stage = |latent: Tensor<4>| {
            let [_, height, width, channels] = latent.dims();
            let statistics = to_vec(batch_norm_statistics(latent)?)?;
            let (mean, variance) = statistics.split_at(channels);
            let least = LEAST * (variance.iter().sum::<f32>() / channels as f32).sqrt();
            let scale: Vec<f32> = variance
                .iter()
                .map(|variance| variance.sqrt().max(least))
                .map(|deviation| if deviation > 0.0 { 1.0 / deviation } else { 1.0 })
                .collect();
            let row = |values: &[f32]| Tensor::<1>::from_floats(values, device).reshape([1, 1, 1, channels]);
            Ok(Self {
                size: [height, width, channels],
                mean: row(mean),
                scale: row(&scale),
            })
        };
        model.latents(images, stages)?.into_iter().map(of_stage).collect()
    }

    /// Values of a latent.
    pub fn len(&self) -> usize {
        self.size.iter().product()
    }

    /// Latents, standardized, as columns, `[n, values, 1, 1]`: images of one pixel, as a dense network takes them.
    pub fn column(&self, latent: Tensor<4>) -> Tensor<4> {
        let n = latent.dims()[0];
        ((latent - self.mean.clone()) * self.scale.clone()).reshape([n, self.len(), 1, 1])
    }
}
