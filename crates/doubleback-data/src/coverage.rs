//! Whether the parts of a data set have images of the same classes.

use crate::dataset::Dataset;
use crate::part::Part;
use crate::split::Split;
use crate::words::{classes, first_few, grouped};

impl Dataset {
    /// What a reader should know of classes that one part has images of and another has not, in sentences: accuracies on such a part say nothing
    /// of them, and a network is not trained on what its training images lack. A part without images is not looked at.
    ///
    /// ```
    /// use doubleback_data::{Bounds, Dataset, ImageShape, Split};
    ///
    /// let shape = ImageShape { channels: 1, height: 1, width: 1 };
    /// let split = |labels: Vec<u32>| Split::new(vec![0.5; labels.len()], labels, shape);
    /// let classes = ["cat", "dog", "owl"].map(str::to_owned).into();
    /// let (train, validation) = (split(vec![0, 1, 2])?, split(vec![1, 1])?);
    /// let animals = Dataset::new("animals", classes, shape, Bounds::UNIT, train, validation, Split::empty(shape))?;
    /// assert_eq!(
    ///     animals.missing_classes(),
    ///     ["the validation images are of 1 class alone; those to train on have 2 others, too: cat, owl. Their accuracy says nothing of these"]
    /// );
    /// # Ok::<(), doubleback_data::DataError>(())
    /// ```
    #[must_use]
    pub fn missing_classes(&self) -> Vec<String> {
        let [train, validation, test] = Part::ALL.map(|part| self.present(self.split(part)));
        let mut notes = Vec::new();
        for (part, found) in [(Part::Validation, &validation), (Part::Test, &test)] {
            let missing = self.lacking(found, &train);
            if found.contains(&true) && !missing.is_empty() {
                let present = found.iter().filter(|&&present| present).count();
                notes.push(format!(
                    "the {part} images are of {} alone; those to train on have {}, too: {}. Their accuracy says nothing of these",
                    classes(present),
                    others(missing.len()),
                    listed(&missing)
                ));
            }
        }
        let measured: Vec<bool> = validation.iter().zip(&test).map(|(a, b)| *a || *b).collect();
        let missing = self.lacking(&train, &measured);
        if train.contains(&true) && !missing.is_empty() {
            notes.push(format!(
                "there are no images to train on of {} that validation or test images have: {}",
                classes(missing.len()),
                listed(&missing)
            ));
        }
        notes
    }

    /// Whether a part has images, by class.
    fn present(&self, split: &Split) -> Vec<bool> {
        let mut present = vec![false; self.classes.len()];
        for &label in split.labels() {
            if let Some(present) = present.get_mut(label as usize) {
                *present = true;
            }
        }
        present
    }

    /// Names of the classes that one part has and another has not.
    fn lacking(&self, part: &[bool], other: &[bool]) -> Vec<&str> {
        let both = part.iter().zip(other).zip(&self.classes);
        both.filter(|((here, there), _)| !**here && **there)
            .map(|(_, class)| class.as_str())
            .collect()
    }
}

fn others(count: usize) -> String {
    format!("{} other{}", grouped(count), if count == 1 { "" } else { "s" })
}

fn listed(names: &[&str]) -> String {
    first_few(names.iter().map(|&name| name.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dataset::Bounds;
    use crate::image_shape::ImageShape;

    const SHAPE: ImageShape = ImageShape {
        channels: 1,
        height: 1,
        width: 1,
    };

    fn notes(parts: [Vec<u32>; 3]) -> Vec<String> {
        let [train, validation, test] = parts.map(|labels| Split::new(vec![0.5; labels.len()], labels, SHAPE).unwrap());
        let names = (0..40).map(|label| format!("c{label}")).collect();
        let dataset = Dataset::new("many", names, SHAPE, Bounds::UNIT, train, validation, test).unwrap();
        dataset.missing_classes()
    }

    #[test]
    fn parts_of_the_same_classes_need_no_note() {
        assert!(notes([vec![0, 1], vec![1, 0], vec![0, 1, 1]]).is_empty());
        // Without images there is nothing to say, and a class that no part has is nobody's loss.
        assert!(notes([vec![0, 1], vec![], vec![1, 0]]).is_empty());
        assert!(notes([vec![], vec![0], vec![0]]).is_empty());
    }

    #[test]
    fn missing_classes_are_named_and_the_list_is_short() {
        let found = notes([(0..40).collect(), vec![9; 5], (0..39).collect()]);
        assert_eq!(
            found,
            [
                "the validation images are of 1 class alone; those to train on have 39 others, too: c0, c1, c2, c3, c4 and 34 more. \
                 Their accuracy says nothing of these",
                "the test images are of 39 classes alone; those to train on have 1 other, too: c39. Their accuracy says nothing of these"
            ]
        );
        assert_eq!(
            notes([vec![0, 1], vec![0, 1, 2], vec![0, 1, 3]]),
            ["there are no images to train on of 2 classes that validation or test images have: c2, c3"]
        );
    }
}
