//! Images with labels, in memory.

use crate::error::DataError;
use crate::image_shape::ImageShape;

/// Images with one label each.
#[derive(Clone, Debug, PartialEq)]
pub struct Split {
    images: Vec<f32>,
    labels: Vec<u32>,
    image_len: usize,
}

impl Split {
    /// Images of `shape`, one after the other, each in channel, row, column order, and the class of each.
    ///
    /// # Errors
    /// [`DataError::ValueCount`] unless there is one whole image for each label, and an image has values at all.
    pub fn new(images: Vec<f32>, labels: Vec<u32>, shape: ImageShape) -> Result<Self, DataError> {
        let image_len = shape.len();
        if shape.is_empty() || labels.len().checked_mul(image_len) != Some(images.len()) {
            return Err(DataError::ValueCount {
                values: images.len(),
                labels: labels.len(),
                image_len,
            });
        }
        Ok(Self {
            images,
            labels,
            image_len,
        })
    }

    /// No images, of `shape`.
    pub fn empty(shape: ImageShape) -> Self {
        Self {
            images: Vec::new(),
            labels: Vec::new(),
            image_len: shape.len(),
        }
    }

    /// Number of images.
    pub fn len(&self) -> usize {
        self.labels.len()
    }

    /// Whether there are no images.
    pub fn is_empty(&self) -> bool {
        self.labels.is_empty()
    }

    /// All images: row-major [n, channels, height, width], within the data set's bounds.
    pub fn images(&self) -> &[f32] {
        &self.images
    }

    /// The class of each image, an index into the data set's classes.
    pub fn labels(&self) -> &[u32] {
        &self.labels
    }

    /// Replaces each label by the value at its place in `new`. Labels that are no places stay.
    pub(crate) fn relabel(&mut self, new: &[u32]) {
        for label in &mut self.labels {
            *label = new.get(*label as usize).copied().unwrap_or(*label);
        }
    }

    /// Values of one image.
    pub(crate) fn image_len(&self) -> usize {
        self.image_len
    }

    /// Image `index`, in channel, row, column order.
    ///
    /// # Panics
    /// If `index` is not less than [`len`](Self::len), as indexing a slice does.
    pub fn image(&self, index: usize) -> &[f32] {
        &self.images[index * self.image_len..][..self.image_len]
    }
}

/// An error if a label is not one of `classes` classes; `origin` says where the labels are from.
pub(crate) fn check_labels<L: Copy + Into<i64>>(
    labels: &[L],
    classes: usize,
    origin: impl Fn() -> String,
) -> Result<(), DataError> {
    check_labels_from(0, labels, classes, origin)
}

/// An error if a label is not one of `classes` classes, whose labels begin at `first`.
pub(crate) fn check_labels_from<L: Copy + Into<i64>>(
    first: usize,
    labels: &[L],
    classes: usize,
    origin: impl Fn() -> String,
) -> Result<(), DataError> {
    let is_class = |&label: &L| {
        let place = usize::try_from(label.into())
            .ok()
            .and_then(|label| label.checked_sub(first));
        place.is_some_and(|place| place < classes)
    };
    match labels.iter().position(|label| !is_class(label)) {
        Some(image) => Err(DataError::LabelRange {
            origin: origin(),
            image,
            label: labels[image].into(),
            first,
            classes,
        }),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SHAPE: ImageShape = ImageShape {
        channels: 1,
        height: 1,
        width: 2,
    };

    #[test]
    fn images_and_labels_must_fit() {
        let error = Split::new(vec![0.0; 3], vec![0, 1], SHAPE).unwrap_err();
        assert_eq!(
            error.to_string(),
            "3 pixel values for 2 labels, with 2 values an image: expected 4. Give one whole image for each label"
        );
        let flat = ImageShape { channels: 0, ..SHAPE };
        assert!(matches!(
            Split::new(vec![], vec![0], flat),
            Err(DataError::ValueCount { .. })
        ));
        let huge = ImageShape {
            channels: usize::MAX,
            height: 2,
            width: 2,
        };
        assert!(matches!(
            Split::new(vec![], vec![0, 1], huge),
            Err(DataError::ValueCount { .. })
        ));
    }
}
