use std::ops::Range;

use burn::tensor::{Device, Tensor};
use rayon::prelude::*;

use super::sample::Sample;
use crate::batch::{gather, tensor_of};
use crate::data::{ImageShape, Split, sha256};
use crate::nn::Classifier;

/// Images a forward pass, at most.
pub(super) const BATCH: usize = 256;
/// Pixel values a forward pass, at most: 256 images of 3 x 64 x 64. A network keeps some hundred times as many values for the pullback.
const VALUES: usize = BATCH * 3 * 64 * 64;

/// Images of a shape that are computed at once, at most, when models are evaluated.
pub fn batch_size(shape: ImageShape) -> usize {
    (VALUES / shape.len().max(1)).clamp(1, BATCH)
}

/// A model with the name that results call it by.
#[derive(Clone, Copy)]
pub struct Named<'a> {
    /// Name.
    pub name: &'a str,
    /// Model.
    pub model: &'a dyn Classifier,
}

impl Named<'_> {
    /// Whether both are the same model under the same name: at the same place, and of the same type, since a model that wraps another may begin
    /// where that begins. It may say no of one model, never yes of two.
    pub(super) fn is(&self, other: &Named<'_>) -> bool {
        self.name == other.name && std::ptr::eq(self.model, other.model)
    }
}

/// The images that models are evaluated on: some of a split.
#[derive(Clone, Copy)]
pub struct TestSet<'a> {
    /// Images and labels.
    pub split: &'a Split,
    /// Shape of an image.
    pub shape: ImageShape,
    /// Which of them to use.
    pub chosen: Chosen<'a>,
    /// Where to compute.
    pub device: &'a Device,
}

/// Which images of a split are used.
#[derive(Clone, Copy, Debug)]
pub enum Chosen<'a> {
    /// So many from the first, at most all.
    First(usize),
    /// Those of a sample, in its order; such that the split does not have are left out.
    Sample(&'a Sample),
}

impl Chosen<'_> {
    /// All images.
    pub const ALL: Chosen<'static> = Chosen::First(usize::MAX);
}

impl<'a> TestSet<'a> {
    /// Batches of images with their labels and their places among those used.
    pub fn batches(&self) -> impl Iterator<Item = (Tensor<4>, Vec<usize>, Range<usize>)> + '_ {
        self.ranges().map(move |places| {
            let (images, labels) = self.batch(&places);
            (images, labels, places)
        })
    }

    /// Places of the batches.
    pub(super) fn ranges(&self) -> impl Iterator<Item = Range<usize>> + use<> {
        let (count, batch) = (self.count(), self.batch_size());
        (0..count)
            .step_by(batch)
            .map(move |start| start..(start + batch).min(count))
    }

    /// Images of a batch, at most.
    pub(crate) fn batch_size(&self) -> usize {
        batch_size(self.shape)
    }

    /// Images at these places of the split, each below its length.
    pub(crate) fn gather(&self, index: &[usize]) -> Tensor<4> {
        gather(self.split, self.shape, index, self.device)
    }

    /// Images and labels at places below [`count`](Self::count).
    pub(super) fn batch(&self, places: &Range<usize>) -> (Tensor<4>, Vec<usize>) {
        let images = match self.chosen {
            Chosen::First(_) => tensor_of(self.split, self.shape, places.clone(), self.device),
            Chosen::Sample(sample) => gather(self.split, self.shape, &sample.indices()[places.clone()], self.device),
        };
        (images, places.clone().map(|place| self.label(place)).collect())
    }

    /// Images used.
    pub fn count(&self) -> usize {
        match self.chosen {
            Chosen::First(count) => count.min(self.split.len()),
            Chosen::Sample(sample) => sample.indices().partition_point(|&index| index < self.split.len()),
        }
    }

    /// Where the image at a place below [`count`](Self::count) is in the split.
    pub fn index(&self, place: usize) -> usize {
        match self.chosen {
            Chosen::First(_) => place,
            Chosen::Sample(sample) => sample.indices()[place],
        }
    }

    /// Label of the image at a place below [`count`](Self::count).
    pub fn label(&self, place: usize) -> usize {
        self.split.labels()[self.index(place)] as usize
    }

    /// The sample, if the images are one.
    pub fn sample(&self) -> Option<&'a Sample> {
        match self.chosen {
            Chosen::First(_) => None,
            Chosen::Sample(sample) => Some(sample),
        }
    }

    /// SHA-256 of the images used and their labels, in lower-case hexadecimal.
    pub fn checksum(&self) -> String {
        let digests: Vec<String> = (0..self.count())
            .into_par_iter()
            .map(|place| {
                let image = self.split.image(self.index(place));
                let pixels: Vec<u8> = image.iter().flat_map(|pixel| pixel.to_le_bytes()).collect();
                let label = (self.label(place) as u64).to_le_bytes();
                sha256([label.as_slice(), pixels.as_slice()].into_iter())
            })
            .collect();
        sha256(digests.iter().map(String::as_bytes))
    }
}

#[cfg(test)]
mod tests {
    use doubleback_test_device::test_device;

    use super::*;
    use crate::nn::to_vec;

    #[test]
    fn a_sample_has_its_images_labels_and_indices_together() {
        let shape = ImageShape {
            channels: 1,
            height: 1,
            width: 1,
        };
        let labels: Vec<u32> = (0..600).map(|index| index % 3).collect();
        let split = Split::new((0..600).map(|index| index as f32).collect(), labels, shape).unwrap();
        let sample = Sample::stratified(split.labels(), 300, 1);
        let device = test_device();
        let all = TestSet {
            split: &split,
            shape,
            chosen: Chosen::ALL,
            device: &device,
        };
        let some = TestSet {
            chosen: Chosen::Sample(&sample),
            ..all
        };
        let mut seen = Vec::new();
        for (images, labels, places) in some.batches() {
            let indices: Vec<usize> = places.clone().map(|place| some.index(place)).collect();
            let expected: Vec<f32> = indices.iter().map(|&index| index as f32).collect();
            assert_eq!(to_vec(images).unwrap(), expected);
            assert!(indices.iter().zip(&labels).all(|(index, label)| index % 3 == *label));
            seen.extend(indices);
        }
        assert_eq!(seen, sample.indices());
        let apart = sample.select(&split, shape).unwrap();
        assert_eq!((apart.len(), apart.image(7)[0]), (300, sample.indices()[7] as f32));
        assert_eq!((some.count(), all.count()), (300, 600));
        assert_ne!(some.checksum(), all.checksum());

        let few = Split::new(vec![0.0; 5], vec![0; 5], shape).unwrap();
        let beyond = TestSet { split: &few, ..some };
        assert!(beyond.count() <= 5);
        assert_eq!(
            beyond.batches().map(|(_, labels, _)| labels.len()).sum::<usize>(),
            beyond.count()
        );
    }
}
