//! Images on the processor, for attacks that work pixel by pixel in ways for which tensors have no operation: random windows, projections that look at
//! each value's own room.

use burn::tensor::{Tensor, TensorData};

use crate::data::Bounds;
use crate::nn::{Classifier, to_vec};
use crate::{Error, Result};

/// Images of a batch, one after the other, each `[channels, height, width]`.
pub(super) struct Pixels {
    values: Vec<f32>,
    /// Values of an image.
    pub length: usize,
}

impl Pixels {
    /// Reads images that fit the model.
    ///
    /// # Errors
    /// When they do not, or the device fails.
    pub fn of(images: &Tensor<4>, model: &dyn Classifier) -> Result<Self> {
        let (shape, dims) = (model.shape(), images.dims());
        let expected = [dims[0], shape.channels, shape.height, shape.width];
        if dims != expected {
            return Err(Error::shape("images", expected, dims));
        }
        Ok(Self {
            values: to_vec(images.clone())?,
            length: shape.len().max(1),
        })
    }

    /// Image by image.
    pub fn iter(&self) -> std::slice::ChunksExact<'_, f32> {
        self.values.chunks_exact(self.length)
    }

    /// From where to where each value may move.
    pub fn rooms(&self, bounds: Bounds) -> Vec<[f32; 2]> {
        self.values.iter().map(|&value| room(value, bounds)).collect()
    }
}

/// A batch of images on the device of others, with whose height and width they agree.
pub(super) fn batch<'a>(images: impl Iterator<Item = &'a [f32]>, like: &Tensor<4>) -> Tensor<4> {
    let [_, channels, height, width] = like.dims();
    let values: Vec<f32> = images.flatten().copied().collect();
    let count = values.len() / (channels * height * width).max(1);
    let data = TensorData::new(values, [count, channels, height, width]);
    Tensor::from_data(data, (&like.device(), like.dtype()))
}

/// From where to where a value of an image may move: within the bounds, and if it lies beyond them, from there to them, as [`Room`](super::Room) has it.
pub(super) fn room(value: f32, bounds: Bounds) -> [f32; 2] {
    [value.min(bounds.low), value.max(bounds.high)]
}
