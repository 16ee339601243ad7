//! A data set in memory: images with labels, in three parts.

use std::collections::{HashMap, HashSet};
use std::fmt;

use crate::error::DataError;
use crate::image_shape::ImageShape;
use crate::part::Part;
use crate::preparation::background::Background;
use crate::preparation::grayscale::Grayscale;
use crate::preparation::preprocess::Preprocess;
use crate::split::{Split, check_labels};

/// Images with labels in three parts, the names of the classes, and where all of it came from.
///
/// ```
/// use doubleback_data::{Bounds, Dataset, ImageShape, Split};
///
/// let shape = ImageShape { channels: 1, height: 1, width: 2 };
/// let train = Split::new(vec![0.0, 1.0, 1.0, 0.0], vec![0, 1], shape)?;
/// let test = Split::new(vec![0.1, 0.9], vec![0], shape)?;
/// let classes = vec!["right".to_owned(), "left".to_owned()];
/// let tiny = Dataset::new("tiny", classes, shape, Bounds::UNIT, train, Split::empty(shape), test)?;
/// assert_eq!(tiny.train.image(1), [1.0, 0.0]);
/// assert_eq!(tiny.classes[tiny.train.labels()[1] as usize], "left");
/// # Ok::<(), doubleback_data::DataError>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Dataset {
    /// Name, such as `mnist-mini`.
    pub name: String,
    /// Names of the classes; a label is an index into them.
    pub classes: Vec<String>,
    /// Shape of every image.
    pub shape: ImageShape,
    /// Between these lie all pixel values, and those of any perturbed image.
    pub bounds: Bounds,
    /// Images to train on.
    pub train: Split,
    /// Images to choose settings by.
    pub validation: Split,
    /// Images to report on.
    pub test: Split,
    /// The files it was read from.
    pub sources: Vec<Source>,
    /// What was done to the images of the files, beyond scaling.
    pub preparation: Preparation,
    /// Whether of equal images all but one were left out.
    pub deduplicated: bool,
    /// What was left out or changed when it was read, in sentences.
    pub notes: Vec<String>,
}

impl Dataset {
    /// A data set of the given parts, with no sources.
    ///
    /// # Errors
    /// [`DataError`] if the bounds are empty, a part's images have another size than `shape`, a label is not a class, or a pixel
    /// value is outside of the bounds.
    pub fn new(
        name: impl Into<String>,
        classes: Vec<String>,
        shape: ImageShape,
        bounds: Bounds,
        train: Split,
        validation: Split,
        test: Split,
    ) -> Result<Self, DataError> {
        let Bounds { low, high } = bounds;
        if !(low.is_finite() && high.is_finite() && low < high) {
            return Err(DataError::Bounds { low, high });
        }
        let dataset = Self {
            name: name.into(),
            classes,
            shape,
            bounds,
            train,
            validation,
            test,
            sources: Vec::new(),
            preparation: Preparation::default(),
            deduplicated: false,
            notes: Vec::new(),
        };
        for part in Part::ALL {
            dataset.check(part)?;
        }
        Ok(dataset)
    }

    /// One of the three parts.
    pub fn split(&self, part: Part) -> &Split {
        match part {
            Part::Train => &self.train,
            Part::Validation => &self.validation,
            Part::Test => &self.test,
        }
    }

    /// The same images and names with the classes in another order, such as that of a model: labels follow their names. Nothing if `order` does
    /// not have exactly the names of the classes.
    ///
    /// ```
    /// # use doubleback_data::{Bounds, Dataset, ImageShape, Split};
    /// # let shape = ImageShape { channels: 1, height: 1, width: 1 };
    /// # let train = Split::new(vec![0.1, 0.9], vec![0, 1], shape)?;
    /// # let classes = vec!["right".to_owned(), "left".to_owned()];
    /// # let tiny = Dataset::new("tiny", classes, shape, Bounds::UNIT, train, Split::empty(shape), Split::empty(shape))?;
    /// assert_eq!((tiny.classes[0].as_str(), tiny.train.labels()), ("right", &[0, 1][..]));
    /// let tiny = tiny.in_order(&["left".into(), "right".into()]).unwrap();
    /// assert_eq!((tiny.classes[0].as_str(), tiny.train.labels()), ("left", &[1, 0][..]));
    /// assert!(tiny.in_order(&["left".into(), "up".into()]).is_none());
    /// # Ok::<(), doubleback_data::DataError>(())
    /// ```
    pub fn in_order(mut self, order: &[String]) -> Option<Self> {
        let places: HashMap<&str, u32> = order.iter().map(String::as_str).zip(0..).collect();
        let place = |name: &String| places.get(name.as_str()).copied();
        let new: Vec<u32> = self.classes.iter().map(place).collect::<Option<_>>()?;
        let taken: HashSet<u32> = new.iter().copied().collect();
        if [order.len(), places.len(), taken.len()] != [self.classes.len(); 3] {
            return None;
        }
        for part in [&mut self.train, &mut self.validation, &mut self.test] {
            part.relabel(&new);
        }
        self.classes = order.to_vec();
        Some(self)
    }

    /// Images of each class in a part, in the order of the classes.
    ///
    /// ```
    /// use doubleback_data::{LoadOptions, Part, load};
    /// let counts = load("mnist-mini", &LoadOptions::default())?.class_counts(Part::Validation);
    /// assert_eq!((counts.len(), counts.iter().sum::<usize>()), (10, 1_000));
    /// # Ok::<(), doubleback_data::DataError>(())
    /// ```
    pub fn class_counts(&self, part: Part) -> Vec<usize> {
        let mut counts = vec![0; self.classes.len()];
        for &label in self.split(part).labels() {
            if let Some(count) = counts.get_mut(label as usize) {
                *count += 1;
            }
        }
        counts
    }

    fn check(&self, part: Part) -> Result<(), DataError> {
        let split = self.split(part);
        if split.image_len() != self.shape.len() {
            return Err(DataError::PartShape {
                part: part.name(),
                found: split.image_len(),
                expected: self.shape.len(),
            });
        }
        check_labels(split.labels(), self.classes.len(), || {
            format!("{part} images of {}", self.name)
        })?;
        let Bounds { low, high } = self.bounds;
        match split.find(|value| !(low..=high).contains(&value)) {
            Some((image, value)) => Err(DataError::Value {
                part: part.name(),
                image,
                value,
                low,
                high,
            }),
            None => Ok(()),
        }
    }
}

/// Least and greatest value that a pixel can have; perturbed images are clipped to them.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Bounds {
    /// Least value.
    pub low: f32,
    /// Greatest value.
    pub high: f32,
}

impl Bounds {
    /// 0 to 1.
    pub const UNIT: Self = Self { low: 0.0, high: 1.0 };
}

/// What was done to the images of a data set, beyond scaling them: part of what makes two runs the same.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Preparation {
    /// Channels, if pictures were stored with another number of them: 1 for gray, 3 for the same gray thrice.
    pub channels: Option<usize>,
    /// How colors became gray.
    pub grayscale: Option<Grayscale>,
    /// What transparent pictures were put on.
    pub background: Option<Background>,
    /// What was done to make pictures of one size, if it was more than resizing them.
    pub preprocess: Option<Preprocess>,
    /// Global contrast normalization: each image has mean 0 and deviation 1 of its own, so that its values say nothing of its brightness.
    pub contrast_normalized: bool,
}

impl Preparation {
    /// What was done to either of two sets of images.
    pub(crate) fn or(self, other: Self) -> Self {
        Self {
            channels: self.channels.or(other.channels),
            grayscale: self.grayscale.or(other.grayscale),
            background: self.background.or(other.background),
            preprocess: self.preprocess.or(other.preprocess),
            contrast_normalized: self.contrast_normalized || other.contrast_normalized,
        }
    }

    /// Whether nothing was done.
    pub fn is_none(&self) -> bool {
        *self == Self::default()
    }
}

impl fmt::Display for Preparation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let steps: Vec<String> = [
            self.channels.map(|channels| format!("channels {channels}")),
            self.grayscale.map(|grayscale| format!("grayscale {grayscale}")),
            self.background.map(|color| format!("background {color}")),
            self.preprocess.map(|preprocess| format!("preprocess {preprocess}")),
            self.contrast_normalized
                .then(|| "global contrast normalization".to_owned()),
        ]
        .into_iter()
        .flatten()
        .collect();
        f.write_str(&if steps.is_empty() {
            "none".into()
        } else {
            steps.join(", ")
        })
    }
}

/// A file that a data set was read from.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Source {
    /// Its name without folders, such as `train-images-idx3-ubyte.gz`.
    pub file: String,
    /// SHA-256 of the file as it is (packed, if it is packed), in lower-case hexadecimal.
    pub sha256: String,
    /// Its size in bytes.
    pub bytes: u64,
    /// Whether these are the published bytes, packed or unpacked, or in another published form of the same images.
    pub official: bool,
    /// Who made the data, and under which license it is.
    pub notice: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    const SHAPE: ImageShape = ImageShape {
        channels: 1,
        height: 1,
        width: 2,
    };

    fn dataset(labels: Vec<u32>, values: Vec<f32>, bounds: Bounds) -> Result<Dataset, DataError> {
        let test = Split::new(values, labels, SHAPE)?;
        let classes = vec!["a".to_owned(), "b".to_owned()];
        Dataset::new(
            "tiny",
            classes,
            SHAPE,
            bounds,
            Split::empty(SHAPE),
            Split::empty(SHAPE),
            test,
        )
    }

    fn message(labels: Vec<u32>, values: Vec<f32>) -> String {
        dataset(labels, values, Bounds::UNIT).unwrap_err().to_string()
    }

    #[test]
    fn labels_must_be_classes() {
        assert_eq!(
            message(vec![0, 2], vec![0.0; 4]),
            "test images of tiny: label 2 of image 1 is not one of the 2 classes (0 to 1). \
             Correct or remove it, or get the file again"
        );
    }

    #[test]
    fn values_must_lie_in_the_bounds() {
        for value in [1.5, -0.1, f32::NAN, f32::INFINITY] {
            let text = message(vec![0, 1], vec![0.0, 1.0, 0.5, value]);
            assert!(text.starts_with("test image 1: pixel value"), "{text}");
        }
        for (low, high) in [(1.0, 0.0), (0.0, f32::NAN), (f32::NEG_INFINITY, 0.0)] {
            assert!(matches!(
                dataset(vec![], vec![], Bounds { low, high }),
                Err(DataError::Bounds { .. })
            ));
        }
    }

    #[test]
    fn parts_must_have_the_data_sets_shape() {
        let other = Split::empty(ImageShape { width: 3, ..SHAPE });
        let empty = Split::empty(SHAPE);
        let result = Dataset::new("tiny", vec![], SHAPE, Bounds::UNIT, empty.clone(), other, empty);
        assert_eq!(
            result.unwrap_err().to_string(),
            "validation images have 3 values, the data set's have 2. Give all parts the same shape"
        );
    }
}
