use burn::tensor::activation::softmax;
use burn::tensor::{Tensor, TensorData};
use rand::Rng;
use rayon::prelude::*;

use super::{Attribution, Baseline, Explainer, InternalBatch, check_targets};
use crate::data::ImageShape;
use crate::nn::{Classifier, check_images, to_vec};
use crate::random::Stream;
use crate::{Error, Result};

/// RISE (Petsiuk, Das & Saenko 2018, eq. 6): the mean of the target's probability over randomly masked images, weighted by what each mask leaves of a value:
/// `Σ p(image ⊙ mask) mask / (masks · keep)`. It is not a logit that is attributed, but as in the paper the probability; channels have equal values.
///
/// A mask is a grid of zeros and ones, moved by less than a cell and bilinearly interpolated. In the paper the grid has as many nodes as cells, and masks near the
/// border are extrapolated; here the grid goes on beyond the image, so that every value is kept equally often. Masks depend on the seed alone, and are the
/// same for all images.
#[derive(Clone, Debug)]
pub struct Rise {
    /// Masks, at least 1.
    pub masks: usize,
    /// Cells of the grid along each side, at least 1.
    pub cells: usize,
    /// Share of the grid that is kept, above 0 and at most 1.
    pub keep: f64,
    /// What stands where a value is masked; of several baselines, the mean.
    pub baseline: Baseline,
    /// Seed of the masks.
    pub seed: u64,
    /// Masked images at once.
    pub internal_batch: InternalBatch,
}

impl Default for Rise {
    /// 4,000 masks of 7 by 7 cells, half of them kept, as in the paper for VGG-16.
    fn default() -> Self {
        Self {
            masks: 4000,
            cells: 7,
            keep: 0.5,
            baseline: Baseline::Zero,
            seed: 0,
            internal_batch: InternalBatch::AUTO,
        }
    }
}

impl Rise {
    fn check(&self) -> Result<()> {
        if self.masks == 0 {
            return Err(Error::value("masks", "at least 1", self.masks));
        }
        if self.cells == 0 {
            return Err(Error::value("cells", "at least 1", self.cells));
        }
        if !(self.keep > 0.0 && self.keep <= 1.0) {
            return Err(Error::value("keep", "above 0 and at most 1", self.keep));
        }
        Ok(())
    }

    /// What a mask leaves of each pixel.
    fn mask(&self, number: usize, shape: ImageShape) -> Vec<f32> {
        let stream = Stream::AttributionDraw {
            image: &[],
            draw: number as u64,
        };
        let mut random = stream.of(self.seed);
        let moved: [f64; 2] = [random.random(), random.random()];
        // Of a pixel: the node before it, and how far the way to the next it is.
        let places = |side: usize, moved: f64| -> Vec<(usize, f64)> {
            let place = |pixel: usize| pixel as f64 * self.cells as f64 / side as f64 + moved;
            (0..side)
                .map(|pixel| (place(pixel) as usize, place(pixel).fract()))
                .collect()
        };
        let (rows, columns) = (places(shape.height, moved[0]), places(shape.width, moved[1]));
        // Less than `cells + 1` away from the first node, and one node beyond.
        let nodes = self.cells + 2;
        let grid: Vec<f64> = (0..nodes * nodes)
            .map(|_| f64::from(u8::from(random.random::<f64>() < self.keep)))
            .collect();
        let mut mask = Vec::with_capacity(shape.height * shape.width);
        for &(row, down) in &rows {
            for &(column, right) in &columns {
                let along = |row: usize| {
                    let nodes = &grid[row * nodes + column..][..2];
                    nodes[0] + right * (nodes[1] - nodes[0])
                };
                mask.push((along(row) + down * (along(row + 1) - along(row))) as f32);
            }
        }
        mask
    }
}

impl Explainer for Rise {
    fn explain(&self, model: &dyn Classifier, images: &Tensor<4>, targets: &[usize]) -> Result<Attribution> {
        self.check()?;
        let shape = model.shape();
        check_images(shape, None, images)?;
        check_targets(model, images, targets)?;
        let values = to_vec(images.clone())?;
        let baselines = self.baseline.of(model, &values)?;
        let (length, plane, count) = (shape.len(), shape.height * shape.width, baselines.count());
        let like = (&images.device(), images.dtype());
        let mut sums = vec![0f64; targets.len() * plane];
        let at_once = self.internal_batch.images(shape);
        for start in (0..self.masks).step_by(at_once) {
            let numbers: Vec<usize> = (start..(start + at_once).min(self.masks)).collect();
            let masks: Vec<f32> = numbers
                .par_iter()
                .flat_map_iter(|&number| self.mask(number, shape))
                .collect();
            for (image, &target) in targets.iter().enumerate() {
                for number in 0..count {
                    let (own, baseline) = (&values[image * length..][..length], baselines.of(image, number));
                    let mut masked = vec![0f32; numbers.len() * length];
                    let rows = masked.par_chunks_exact_mut(length).zip(masks.par_chunks_exact(plane));
                    rows.for_each(|(row, mask)| {
                        for (place, value) in row.iter_mut().enumerate() {
                            *value = baseline[place] + mask[place % plane] * (own[place] - baseline[place]);
                        }
                    });
                    let dims = [numbers.len(), shape.channels, shape.height, shape.width];
                    let masked = Tensor::<4>::from_data(TensorData::new(masked, dims), like);
                    let probabilities = to_vec(softmax(model.logits(masked)?, 1))?;
                    let sums = &mut sums[image * plane..][..plane];
                    for (probabilities, mask) in probabilities
                        .chunks_exact(model.classes())
                        .zip(masks.chunks_exact(plane))
                    {
                        let weight = f64::from(probabilities[target]) / (self.masks as f64 * self.keep * count as f64);
                        sums.iter_mut()
                            .zip(mask)
                            .for_each(|(sum, &kept)| *sum += weight * f64::from(kept));
                    }
                }
            }
        }
        let found = sums.chunks_exact(plane).flat_map(|sums| {
            let sums: Vec<f32> = sums.iter().map(|&sum| sum as f32).collect();
            sums.repeat(shape.channels)
        });
        let data = TensorData::new(found.collect::<Vec<f32>>(), images.dims());
        Ok(Tensor::from_data(data, like).into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn masks_keep_every_pixel_equally_often() {
        let shape = ImageShape {
            channels: 1,
            height: 5,
            width: 9,
        };
        let rise = Rise {
            keep: 0.3,
            cells: 3,
            ..Rise::default()
        };
        let draws = 4000;
        let mut sums = vec![0f64; 45];
        for number in 0..draws {
            let mask = rise.mask(number, shape);
            assert!(mask.iter().all(|kept| (0.0..=1.0).contains(kept)));
            sums.iter_mut()
                .zip(mask)
                .for_each(|(sum, kept)| *sum += f64::from(kept));
        }
        // A standard error is at most sqrt(0.21 / 4000) = 0.007.
        assert!(
            sums.iter().all(|sum| (sum / draws as f64 - 0.3).abs() < 0.03),
            "{sums:?}"
        );
    }
}
