//! Whether images lie within the bounds of a model.

use super::file_model::FileModel;
use crate::data::{Bounds, Dataset, Split, words};
use crate::{Error, Result};

/// Part of the range of a model's bounds. Images of the same scale that it was not trained on go a little beyond, and few of them.
const FAR: f32 = 0.1;
/// Images whose range is less than this part of the model's are of another scale.
const NARROW: f32 = 0.05;

/// How many images of a split lie beyond bounds.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Beyond {
    images: usize,
    /// By more than [`FAR`] of the range.
    far: usize,
    /// The greatest distance of a value from the bounds.
    excess: f32,
}

impl Beyond {
    fn of(split: &Split, bounds: Bounds) -> Self {
        let far = FAR * (bounds.high - bounds.low);
        let mut found = Self::default();
        for image in 0..split.len() {
            let outside = |&value: &f32| (bounds.low - value).max(value - bounds.high);
            let excess = split.image(image).iter().map(outside).fold(0f32, f32::max);
            found.images += usize::from(excess > 0.0);
            found.far += usize::from(excess > far);
            found.excess = found.excess.max(excess);
        }
        found
    }

    /// What to know of test images beyond the bounds of a model, if there are any.
    ///
    /// # Errors
    /// When the images are of another scale than those that the model was trained on.
    pub fn check(one: &FileModel<'_>, dataset: &Dataset) -> Result<Option<String>> {
        let (of_model, of_data) = (one.model.bounds(), dataset.bounds);
        let between = |bounds: Bounds| format!("between {} and {}", bounds.low, bounds.high);
        let other_scale = |found: String| {
            let problem = format!(
                "takes pixel values {}; those of {} lie {}{found}: they are of another scale than the model was trained on. Scale them alike{}",
                between(of_model),
                dataset.name,
                between(of_data),
                // Of a model of another program nothing is known but what was said.
                if one.card.is_empty() {
                    ", or say with `--bounds` and `--normalize` what the model takes"
                } else {
                    ""
                }
            );
            Err(Error::file(one.path, problem))
        };
        let range = |bounds: Bounds| bounds.high - bounds.low;
        if range(of_data) < NARROW * range(of_model) {
            return other_scale(String::new());
        }
        if of_data.low >= of_model.low && of_data.high <= of_model.high {
            return Ok(None);
        }
        let found = Self::of(&dataset.test, of_model);
        let [images, far, all] = [found.images, found.far, dataset.test.len()].map(words::grouped);
        if 2 * found.far > dataset.test.len() {
            return other_scale(format!(", and {far} of {all} test images go far beyond"));
        }
        Ok((found.images > 0).then(|| {
            format!(
                "{images} of the {all} test images of {} have values beyond the bounds of {} ({} to {}), by up to {:.3}. They are evaluated as they \
                 are; an attack moves such values towards the bounds alone",
                dataset.name,
                one.path.display(),
                of_model.low,
                of_model.high,
                found.excess
            )
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::ImageShape;

    #[test]
    fn images_beyond_bounds_are_counted_with_the_greatest_distance() {
        let shape = ImageShape {
            channels: 1,
            height: 1,
            width: 2,
        };
        let split = Split::new(vec![0.0, 1.0, -0.05, 0.5, 0.5, 1.5, 2.0, -3.0], vec![0; 4], shape).unwrap();
        let expected = Beyond {
            images: 3,
            far: 2,
            excess: 3.0,
        };
        assert_eq!(Beyond::of(&split, Bounds::UNIT), expected);
    }
}
