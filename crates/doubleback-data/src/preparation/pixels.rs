//! Images of unsigned bytes with labels, as files hold them, before they are values and parts.

use crate::error::DataError;
use crate::image_shape::ImageShape;
use crate::split::Split;

/// Images of unsigned bytes with one label each.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Pixels {
    /// Shape of each image.
    pub shape: ImageShape,
    /// Row-major [n, channels, height, width].
    pub bytes: Vec<u8>,
    /// The class of each image.
    pub labels: Vec<u32>,
}

impl Pixels {
    /// No images, of `shape`.
    pub fn empty(shape: ImageShape) -> Self {
        Self {
            shape,
            bytes: Vec::new(),
            labels: Vec::new(),
        }
    }

    /// The bytes of image `index`.
    pub fn image(&self, index: usize) -> &[u8] {
        let len = self.shape.len();
        &self.bytes[index * len..][..len]
    }

    /// The images of `indices`, in this order, each byte turned into a value.
    pub fn split(&self, indices: &[usize], value: impl Fn(u8) -> f32) -> Result<Split, DataError> {
        let values: Vec<f32> = (0..=u8::MAX).map(value).collect();
        let mut images = Vec::with_capacity(indices.len() * self.shape.len());
        for &index in indices {
            images.extend(self.image(index).iter().map(|&byte| values[usize::from(byte)]));
        }
        let labels = indices.iter().map(|&index| self.labels[index]).collect();
        Split::new(images, labels, self.shape)
    }
}
