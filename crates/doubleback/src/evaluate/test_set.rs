use std::ops::Range;

use burn::tensor::{Device, Tensor};

use crate::batch::tensor_of;
use crate::data::{ImageShape, Split};
use crate::nn::Classifier;

/// Images a forward pass.
const BATCH: usize = 256;

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

/// The images that models are evaluated on: the first `count` of a split.
#[derive(Clone, Copy)]
pub struct TestSet<'a> {
    /// Images and labels.
    pub split: &'a Split,
    /// Shape of an image.
    pub shape: ImageShape,
    /// How many of them to use, at most all.
    pub count: usize,
    /// Where to compute.
    pub device: &'a Device,
}

impl TestSet<'_> {
    /// Batches of images with their labels and their place in the split.
    pub fn batches(&self) -> impl Iterator<Item = (Tensor<4>, Vec<usize>, Range<usize>)> + '_ {
        let count = self.count();
        (0..count).step_by(BATCH).map(move |start| {
            let range = start..(start + BATCH).min(count);
            let labels = self.split.labels()[range.clone()]
                .iter()
                .map(|&label| label as usize)
                .collect();
            (
                tensor_of(self.split, self.shape, range.clone(), self.device),
                labels,
                range,
            )
        })
    }

    /// Images used.
    pub fn count(&self) -> usize {
        self.count.min(self.split.len())
    }
}
