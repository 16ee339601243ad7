use burn::tensor::{Tensor, TensorData};
use rayon::prelude::*;

use super::{InternalBatch, check_targets};
use crate::Result;
use crate::nn::{Classifier, check_images, to_vec};

/// Images of which a method asks about many variants: points of a path, noisy copies.
///
/// What an image is given is summed up on the host, variant by variant in their order, so that it depends neither on how many are asked about at once nor on
/// the images around.
pub(super) struct Variants<'a> {
    images: &'a Tensor<4>,
    targets: &'a [usize],
    values: Vec<f32>,
    at_once: usize,
}

impl<'a> Variants<'a> {
    /// # Errors
    /// When images or targets do not fit the model.
    pub fn of(
        model: &dyn Classifier,
        images: &'a Tensor<4>,
        targets: &'a [usize],
        internal_batch: InternalBatch,
    ) -> Result<Self> {
        check_images(model.shape(), None, images)?;
        check_targets(model, images, targets)?;
        Ok(Self {
            images,
            targets,
            values: to_vec(images.clone())?,
            at_once: internal_batch.images(model.shape()),
        })
    }

    /// The images themselves, one after the other.
    pub fn values(&self) -> &[f32] {
        &self.values
    }

    /// The values of one.
    pub fn image(&self, image: usize) -> &[f32] {
        &self.values[image * self.length()..][..self.length()]
    }

    /// Values of an image.
    pub fn length(&self) -> usize {
        (self.values.len() / self.targets.len().max(1)).max(1)
    }

    /// `make(image, number, values)` writes a variant of an image, `ask(variants, targets)` gives equally many values of each of some variants, and
    /// `take(image, number, values)` is given those of one after the other: of the first image's variants from the first to the last, then of the next's.
    pub fn each(
        &self,
        of_each: usize,
        make: impl Fn(usize, usize, &mut [f32]) + Sync,
        mut ask: impl FnMut(&Tensor<4>, &[usize]) -> Result<Vec<f32>>,
        mut take: impl FnMut(usize, usize, &[f32]),
    ) -> Result<()> {
        let all = self.targets.len() * of_each;
        for start in (0..all).step_by(self.at_once) {
            let places = start..(start + self.at_once).min(all);
            let mut values = vec![0.0; places.len() * self.length()];
            values
                .par_chunks_exact_mut(self.length())
                .enumerate()
                .for_each(|(row, values)| make((start + row) / of_each, (start + row) % of_each, values));
            let targets: Vec<usize> = places.clone().map(|place| self.targets[place / of_each]).collect();
            let answers = ask(&self.tensor(values), &targets)?;
            let length = (answers.len() / targets.len()).max(1);
            for (place, answer) in places.zip(answers.chunks_exact(length)) {
                take(place / of_each, place % of_each, answer);
            }
        }
        Ok(())
    }

    /// Values of some images as a tensor like that of the images.
    pub fn tensor(&self, values: Vec<f32>) -> Tensor<4> {
        let [_, channels, height, width] = self.images.dims();
        let dims = [values.len() / self.length(), channels, height, width];
        let like = (&self.images.device(), self.images.dtype());
        Tensor::from_data(TensorData::new(values, dims), like)
    }
}
