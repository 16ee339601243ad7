use burn::tensor::Tensor;
use rand::Rng;

use super::variants::Variants;
use super::{Attribution, Explainer, Gradient, InternalBatch};
use crate::nn::{Classifier, check_images, to_vec};
use crate::random::Stream;
use crate::{Error, Result};

/// Expected gradients (Erion et al. 2021, eq. 2): integrated gradients from baselines that are drawn from the data. Each draw takes one image of the background
/// and one point of the path from there, uniformly; the values sum to the target's logit less its mean over the background, but for what few draws miss: the
/// [`gap`](Attribution::gap).
///
/// What is drawn for an image depends on the seed and the image alone.
#[derive(Clone, Debug)]
pub struct ExpectedGradients {
    /// Images to draw baselines from, `[k, channels, height, width]`: mostly some of the training images.
    pub background: Tensor<4>,
    /// Draws for an image, at least 1.
    pub draws: usize,
    /// Seed of the draws.
    pub seed: u64,
    /// Draws at once.
    pub internal_batch: InternalBatch,
}

impl ExpectedGradients {
    /// 200 draws.
    pub fn from(background: Tensor<4>) -> Self {
        Self {
            background,
            draws: 200,
            seed: 0,
            internal_batch: InternalBatch::AUTO,
        }
    }
}

impl Explainer for ExpectedGradients {
    fn explain(&self, model: &dyn Classifier, images: &Tensor<4>, targets: &[usize]) -> Result<Attribution> {
        if self.draws == 0 {
            return Err(Error::value("draws", "at least 1", self.draws));
        }
        check_images(model.shape(), None, &self.background)?;
        let variants = Variants::of(model, images, targets, self.internal_batch)?;
        let (background, length) = (to_vec(self.background.clone())?, variants.length());
        let count = background.len() / length;
        // The start and the share of its way to the image.
        let drawn = |image: usize, number: usize| {
            let stream = Stream::AttributionDraw {
                image: variants.image(image),
                draw: number as u64,
            };
            let mut random = stream.of(self.seed);
            let start = &background[random.random_range(0..count) * length..][..length];
            (start, random.random::<f32>())
        };
        let on_path = |image: usize, number: usize, point: &mut [f32]| {
            let (start, share) = drawn(image, number);
            for ((point, &end), &start) in point.iter_mut().zip(variants.image(image)).zip(start) {
                *point = start + share * (end - start);
            }
        };
        let gradients =
            |points: &Tensor<4>, targets: &[usize]| to_vec(Gradient.explain(model, points, targets)?.values);
        let mut values = vec![0f64; variants.values().len()];
        variants.each(self.draws, on_path, gradients, |image, number, gradient| {
            let (start, _) = drawn(image, number);
            let values = &mut values[image * length..][..length];
            for (((value, &slope), &start), &end) in
                values.iter_mut().zip(gradient).zip(start).zip(variants.image(image))
            {
                *value += f64::from(slope) * (f64::from(end) - f64::from(start)) / self.draws as f64;
            }
        })?;

        let mut mean = vec![0f64; model.classes()];
        for start in (0..count).step_by(self.internal_batch.images(model.shape())) {
            let end = (start + self.internal_batch.images(model.shape())).min(count);
            let logits = to_vec(model.logits(variants.tensor(background[start * length..end * length].to_vec()))?)?;
            for logits in logits.chunks_exact(mean.len().max(1)) {
                mean.iter_mut()
                    .zip(logits)
                    .for_each(|(mean, &logit)| *mean += f64::from(logit) / count as f64);
            }
        }
        let mut gap: Vec<f64> = values.chunks_exact(length).map(|values| values.iter().sum()).collect();
        let themselves = |image: usize, _: usize, row: &mut [f32]| row.copy_from_slice(variants.image(image));
        let logits = |images: &Tensor<4>, _: &[usize]| to_vec(model.logits(images.clone())?);
        variants.each(1, themselves, logits, |image, _, logits| {
            gap[image] -= f64::from(logits[targets[image]]) - mean[targets[image]];
        })?;
        Ok(Attribution {
            values: variants.tensor(values.into_iter().map(|value| value as f32).collect()),
            gap: Some(gap),
        })
    }
}
