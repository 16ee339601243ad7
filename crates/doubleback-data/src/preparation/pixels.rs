//! Images of unsigned bytes with labels, as files hold them, before they are values and parts.

use std::sync::Arc;

use crate::error::DataError;
use crate::image_shape::ImageShape;
use crate::split::Split;
use crate::stored::values;

/// Images of unsigned bytes with one label each.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Pixels {
    /// Shape of each image.
    pub shape: ImageShape,
    /// Row-major [n, channels, height, width].
    pub bytes: Arc<Vec<u8>>,
    /// The class of each image.
    pub labels: Vec<u32>,
}

impl Pixels {
    /// The bytes of image `index`.
    pub fn image(&self, index: usize) -> &[u8] {
        let len = self.shape.len();
        &self.bytes[index * len..][..len]
    }

    /// All images in their order; `value` says what a byte stands for.
    pub fn whole(&self, value: impl Fn(u8) -> f32) -> Result<Split, DataError> {
        let all: Vec<usize> = (0..self.labels.len()).collect();
        self.split(&all, value)
    }

    /// The images of `indices`, in this order; `value` says what a byte stands for. All parts share the bytes.
    pub fn split(&self, indices: &[usize], value: impl Fn(u8) -> f32) -> Result<Split, DataError> {
        let labels = indices.iter().map(|&index| self.labels[index]).collect();
        let bytes = Arc::clone(&self.bytes);
        Split::of_bytes(bytes, indices.to_vec(), values(value), labels, self.shape)
    }
}
