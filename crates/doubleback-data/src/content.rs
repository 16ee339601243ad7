//! One checksum of all that a data set holds, whatever files it came from and however they were read.

use sha2::{Digest, Sha256};

use crate::checksum::hex;
use crate::dataset::Dataset;
use crate::part::Part;
use crate::split::Split;

/// Labels that are hashed at a time.
const CHUNK: usize = 4096;

impl Dataset {
    /// SHA-256 of the classes' names, the shape of the images, and of every image with its label, part by part, in lower-case hexadecimal.
    /// Another picture, label, class, size, order or preparation gives another; the name of the data set and its files do not enter.
    ///
    /// ```
    /// use doubleback_data::{Bounds, Dataset, ImageShape, Split};
    ///
    /// let shape = ImageShape { channels: 1, height: 1, width: 2 };
    /// let of = |labels| {
    ///     let train = Split::new(vec![0.0, 1.0, 1.0, 0.0], labels, shape)?;
    ///     let classes = vec!["right".to_owned(), "left".to_owned()];
    ///     Dataset::new("tiny", classes, shape, Bounds::UNIT, train, Split::empty(shape), Split::empty(shape))
    /// };
    /// assert_ne!(of(vec![0, 1])?.content_sha256(), of(vec![1, 1])?.content_sha256());
    /// # Ok::<(), doubleback_data::DataError>(())
    /// ```
    #[must_use]
    pub fn content_sha256(&self) -> String {
        let mut hash = Sha256::new();
        number(&mut hash, self.classes.len());
        for class in &self.classes {
            number(&mut hash, class.len());
            hash.update(class);
        }
        for size in [self.shape.channels, self.shape.height, self.shape.width] {
            number(&mut hash, size);
        }
        for bound in [self.bounds.low, self.bounds.high] {
            hash.update(bound.to_le_bytes());
        }
        for part in Part::ALL {
            split(&mut hash, self.split(part));
        }
        hex(&hash.finalize())
    }
}

fn number(hash: &mut Sha256, value: usize) {
    hash.update((value as u64).to_le_bytes());
}

fn split(hash: &mut Sha256, split: &Split) {
    let mut bytes = Vec::with_capacity(4 * CHUNK);
    number(hash, split.len());
    for index in 0..split.len() {
        bytes.clear();
        bytes.extend(split.image(index).iter().flat_map(|value| value.to_le_bytes()));
        hash.update(&bytes);
    }
    for labels in split.labels().chunks(CHUNK) {
        bytes.clear();
        bytes.extend(labels.iter().flat_map(|label| label.to_le_bytes()));
        hash.update(&bytes);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dataset::Bounds;
    use crate::image_shape::ImageShape;

    const SHAPE: ImageShape = ImageShape {
        channels: 1,
        height: 1,
        width: 2,
    };

    struct Tiny {
        classes: [&'static str; 2],
        values: [f32; 4],
        first_label: bool,
        in_training: bool,
        bounds: Bounds,
    }

    const TINY: Tiny = Tiny {
        classes: ["a", "b"],
        values: [0.0, 0.25, 0.5, 1.0],
        first_label: false,
        in_training: false,
        bounds: Bounds::UNIT,
    };

    impl Tiny {
        fn sum(&self) -> String {
            let filled = Split::new(self.values.to_vec(), vec![self.first_label.into(), 1], SHAPE).unwrap();
            let empty = Split::empty(SHAPE);
            let (train, test) = if self.in_training {
                (filled, empty)
            } else {
                (empty, filled)
            };
            let classes = self.classes.map(str::to_owned).into();
            let (shape, bounds) = (SHAPE, self.bounds);
            let dataset = Dataset::new("tiny", classes, shape, bounds, train, Split::empty(SHAPE), test).unwrap();
            dataset.content_sha256()
        }
    }

    #[test]
    fn whatever_differs_in_the_data_gives_another_checksum() {
        let known = TINY.sum();
        assert_eq!((known.len(), TINY.sum() == known), (64, true));
        let wide = Bounds { low: -1.0, high: 1.0 };
        let others = [
            (
                "a class",
                Tiny {
                    classes: ["a", "c"],
                    ..TINY
                },
            ),
            (
                "class names of the same letters",
                Tiny {
                    classes: ["", "ab"],
                    ..TINY
                },
            ),
            (
                "a pixel",
                Tiny {
                    values: [0.0, 0.25, 0.5, 0.99],
                    ..TINY
                },
            ),
            (
                "a label",
                Tiny {
                    first_label: true,
                    ..TINY
                },
            ),
            (
                "a part",
                Tiny {
                    in_training: true,
                    ..TINY
                },
            ),
            ("the bounds", Tiny { bounds: wide, ..TINY }),
        ];
        for (what, other) in others {
            assert_ne!(other.sum(), known, "{what}");
        }
    }
}
