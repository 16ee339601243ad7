//! Images with labels, in memory.

use std::ops::Range;
use std::sync::Arc;

use crate::error::DataError;
use crate::image_shape::ImageShape;
use crate::stored::Stored;

/// Images with one label each. Those of files of bytes are held as bytes, and become values when they are asked for.
#[derive(Clone, Debug)]
pub struct Split {
    images: Stored,
    labels: Vec<u32>,
    image_len: usize,
}

/// Equal values and labels, however they are held.
impl PartialEq for Split {
    fn eq(&self, other: &Self) -> bool {
        let same = self.image_len == other.image_len && self.labels == other.labels;
        same && (0..self.len()).all(|index| self.image(index) == other.image(index))
    }
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
            images: Stored::Floats(images),
            labels,
            image_len,
        })
    }

    /// The images at `places` among those of some bytes, as many as there are labels, in this order; `values` says what each byte stands for.
    pub(crate) fn of_bytes(
        bytes: Arc<Vec<u8>>,
        places: Vec<usize>,
        values: Arc<[f32; 256]>,
        labels: Vec<u32>,
        shape: ImageShape,
    ) -> Result<Self, DataError> {
        let image_len = shape.len();
        let whole = bytes.len().checked_div(image_len).unwrap_or(0);
        if labels.len() != places.len() || places.iter().any(|&place| place >= whole) {
            return Err(DataError::ValueCount {
                values: bytes.len(),
                labels: labels.len(),
                image_len,
            });
        }
        Ok(Self {
            images: Stored::Bytes { bytes, places, values },
            labels,
            image_len,
        })
    }

    /// No images, of `shape`.
    pub fn empty(shape: ImageShape) -> Self {
        Self {
            images: Stored::Floats(Vec::new()),
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

    /// The values of all images, made anew: row-major [n, channels, height, width], within the data set's bounds. Of many images that is much;
    /// [`values`](Self::values) gives those of some.
    pub fn images(&self) -> Vec<f32> {
        self.values(0..self.len())
    }

    /// The values of some images, one after the other, each in channel, row, column order.
    ///
    /// # Panics
    /// If the range ends beyond [`len`](Self::len), as indexing a slice does.
    pub fn values(&self, range: Range<usize>) -> Vec<f32> {
        let mut values = Vec::with_capacity(range.len() * self.image_len);
        for index in range {
            self.images.append(index, self.image_len, &mut values);
        }
        values
    }

    /// The images at these places with their labels, in this order, as a split of its own.
    ///
    /// # Panics
    /// If a place is not less than [`len`](Self::len), as indexing a slice does.
    #[must_use]
    pub fn select(&self, places: &[usize]) -> Self {
        Self {
            images: self.images.select(places, self.image_len),
            labels: places.iter().map(|&place| self.labels[place]).collect(),
            image_len: self.image_len,
        }
    }

    /// The first image with a value for which `wrong` is true, and this value.
    pub fn find(&self, wrong: impl Fn(f32) -> bool + Sync) -> Option<(usize, f32)> {
        self.images.first(self.image_len, wrong)
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
    pub fn image_len(&self) -> usize {
        self.image_len
    }

    /// The values of image `index`, in channel, row, column order.
    ///
    /// # Panics
    /// If `index` is not less than [`len`](Self::len), as indexing a slice does.
    pub fn image(&self, index: usize) -> Vec<f32> {
        self.values(index..index + 1)
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
    use crate::stored::values;

    const SHAPE: ImageShape = ImageShape {
        channels: 1,
        height: 1,
        width: 2,
    };

    #[test]
    fn bytes_are_what_they_stand_for() {
        let bytes = Arc::new(vec![0, 255, 51, 102, 9, 9]);
        let table = values(|byte| f32::from(byte) / 255.0);
        let of =
            |places: Vec<usize>, labels| Split::of_bytes(Arc::clone(&bytes), places, Arc::clone(&table), labels, SHAPE);
        let split = of(vec![1, 0], vec![7, 8]).unwrap();
        assert_eq!(split.images(), [0.2, 0.4, 0.0, 1.0]);
        assert_eq!(split.image(1), [0.0, 1.0]);
        let floats = Split::new(vec![0.2, 0.4, 0.0, 1.0], vec![7, 8], SHAPE).unwrap();
        assert_eq!(split, floats);
        for split in [&split, &floats] {
            let last = split.select(&[1]);
            assert_eq!((last.images(), last.labels()), (vec![0.0, 1.0], &[8][..]));
            assert_eq!(split.find(|value| value > 0.5), Some((1, 1.0)));
            assert_eq!(split.find(|value| value > 1.0), None);
        }
        assert_ne!(split, of(vec![1, 2], vec![7, 8]).unwrap());
        assert!(of(vec![3], vec![0]).is_err() && of(vec![0], vec![0, 1]).is_err());
    }

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
