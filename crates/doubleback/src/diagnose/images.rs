use std::ops::Range;

use burn::tensor::{Device, Tensor};

use crate::Result;
use crate::batch::{Batch, tensor_of};
use crate::data::{ImageShape, Split};

/// Images a forward pass: few enough for a prompt answer to an interruption.
const BATCH: usize = 64;

/// The first `count` images of a split, with their labels and places, in batches.
pub fn batches(
    split: &Split,
    shape: ImageShape,
    count: usize,
    device: &Device,
) -> impl Iterator<Item = (Tensor<4>, Vec<usize>, Range<usize>)> {
    let count = count.min(split.len());
    (0..count).step_by(BATCH).map(move |start| {
        let range = start..(start + BATCH).min(count);
        let labels = split.labels()[range.clone()]
            .iter()
            .map(|&label| label as usize)
            .collect();
        (tensor_of(split, shape, range.clone(), device), labels, range)
    })
}

/// The images of a training step: the split is gone through in its order, again and again; the last batch of a round may be smaller.
pub fn training_batch(
    split: &Split,
    shape: ImageShape,
    classes: usize,
    step: usize,
    size: usize,
    device: &Device,
) -> Result<Batch> {
    let start = step % split.len().div_ceil(size).max(1) * size;
    Batch::new(split, shape, classes, start..(start + size).min(split.len()), device)
}
