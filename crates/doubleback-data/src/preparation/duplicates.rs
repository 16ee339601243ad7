//! Images that a data set holds more than once, within a part and in several: a test image that was trained on says little.

use std::collections::{HashMap, HashSet};

use rayon::prelude::*;
use sha2::{Digest, Sha256};
use strum::{EnumCount, EnumString, IntoStaticStr};

use crate::dataset::Dataset;
use crate::part::Part;
use crate::split::Split;
use crate::unknown_name::UnknownName;
use crate::words::count;

/// What becomes of images that a data set holds more than once.
#[derive(Clone, Copy, Debug, PartialEq, Eq, EnumCount, EnumString, IntoStaticStr)]
#[strum(serialize_all = "kebab-case", parse_err_ty = UnknownName, parse_err_fn = unknown)]
pub enum DuplicatePolicy {
    /// All are kept.
    Keep,
    /// One of equal images is kept: that of the test part before that of validation before that of training, and the first within a part.
    Remove,
}

impl DuplicatePolicy {
    /// All policies.
    pub const ALL: [Self; Self::COUNT] = [Self::Keep, Self::Remove];

    /// `keep` or `remove`.
    pub fn name(self) -> &'static str {
        self.into()
    }
}

fn unknown(name: &str) -> UnknownName {
    UnknownName::new(
        "treatment of duplicates",
        name,
        DuplicatePolicy::ALL.map(DuplicatePolicy::name),
    )
}

/// How often a part of a data set repeats images.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PartDuplicates {
    /// The part.
    pub part: Part,
    /// Its images.
    pub images: usize,
    /// How many of them differ from one another.
    pub distinct: usize,
    /// Its images that are in the training, validation and test part as well; 0 for the part itself.
    pub shared: [usize; 3],
    /// Its images of which an equal one, in any part, has another label.
    pub contradictory: usize,
}

/// Counts images with exactly the same pixel values, part by part.
///
/// ```
/// use doubleback_data::{LoadOptions, duplicates, load};
/// let [train, _, test] = duplicates(&load("mnist-mini", &LoadOptions::default())?);
/// assert_eq!((train.images, train.distinct), (10_000, 10_000));
/// assert_eq!(test.shared, [0, 0, 0]);
/// # Ok::<(), doubleback_data::DataError>(())
/// ```
pub fn duplicates(dataset: &Dataset) -> [PartDuplicates; 3] {
    let hashes = Part::ALL.map(|part| hashes(dataset.split(part)));
    let mut groups: HashMap<Hash, Group> = HashMap::new();
    for (part, hashes) in Part::ALL.into_iter().zip(&hashes) {
        for (hash, &label) in hashes.iter().zip(dataset.split(part).labels()) {
            let group = groups.entry(*hash).or_insert(Group {
                counts: [0; 3],
                label,
                contradictory: false,
            });
            group.counts[part as usize] += 1;
            group.contradictory |= group.label != label;
        }
    }
    Part::ALL.map(|part| {
        let mine = part as usize;
        let mut found = PartDuplicates {
            part,
            images: dataset.split(part).len(),
            distinct: 0,
            shared: [0; 3],
            contradictory: 0,
        };
        for group in groups.values().filter(|group| group.counts[mine] > 0) {
            found.distinct += 1;
            for other in (0..3).filter(|&other| other != mine && group.counts[other] > 0) {
                found.shared[other] += group.counts[mine];
            }
            if group.contradictory {
                found.contradictory += group.counts[mine];
            }
        }
        found
    })
}

/// The data set with one of equal images, see [`DuplicatePolicy::Remove`]. What was removed is noted.
pub(crate) fn remove(mut dataset: Dataset) -> Dataset {
    dataset.deduplicated = true;
    let mut seen = HashSet::new();
    for part in [Part::Test, Part::Validation, Part::Train] {
        let split = dataset.split(part);
        let hashes = hashes(split);
        let keep: Vec<usize> = (0..split.len()).filter(|&index| seen.insert(hashes[index])).collect();
        let removed = split.len() - keep.len();
        if removed == 0 {
            continue;
        }
        let kept = split.select(&keep);
        match part {
            Part::Train => dataset.train = kept,
            Part::Validation => dataset.validation = kept,
            Part::Test => dataset.test = kept,
        }
        let what = count(removed, "repeated image");
        dataset.notes.push(format!("{part} images: {what} left out"));
    }
    dataset
}

type Hash = [u8; 32];

struct Group {
    /// Images in each part.
    counts: [usize; 3],
    /// The first label.
    label: u32,
    contradictory: bool,
}

fn hashes(split: &Split) -> Vec<Hash> {
    let hash = |index: usize| {
        let mut hash = Sha256::new();
        for value in split.image(index) {
            hash.update(value.to_le_bytes());
        }
        hash.finalize().into()
    };
    (0..split.len()).into_par_iter().map(hash).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Bounds, ImageShape};

    /// Images of one pixel.
    fn dataset() -> Dataset {
        let shape = ImageShape {
            channels: 1,
            height: 1,
            width: 1,
        };
        let part = |pixels: &[u8], labels: &[u32]| {
            Split::new(pixels.iter().map(|&v| f32::from(v)).collect(), labels.to_vec(), shape).unwrap()
        };
        let train = part(&[1, 2, 2, 3, 4], &[0, 0, 0, 0, 0]);
        let validation = part(&[3, 5], &[0, 0]);
        let test = part(&[4, 6, 6], &[1, 1, 1]);
        let bounds = Bounds { low: 0.0, high: 9.0 };
        let classes = vec!["a".into(), "b".into()];
        Dataset::new("tiny", classes, shape, bounds, train, validation, test).unwrap()
    }

    #[test]
    fn repeats_are_counted_within_and_between_parts() {
        let [train, validation, test] = duplicates(&dataset());
        assert_eq!(
            (train.images, train.distinct, train.shared, train.contradictory),
            (5, 4, [0, 1, 1], 1)
        );
        assert_eq!(
            (validation.distinct, validation.shared, validation.contradictory),
            (2, [1, 0, 0], 0)
        );
        assert_eq!((test.distinct, test.shared, test.contradictory), (2, [1, 0, 0], 1));
    }

    #[test]
    fn test_images_stay_and_training_images_go() {
        let clean = remove(dataset());
        assert_eq!(clean.train.images(), [1.0, 2.0]);
        assert_eq!(clean.validation.images(), [3.0, 5.0]);
        assert_eq!(
            (clean.test.images(), clean.test.labels()),
            (vec![4.0, 6.0], &[1, 1][..])
        );
        assert_eq!(
            clean.notes,
            [
                "test images: 1 repeated image left out",
                "train images: 3 repeated images left out"
            ]
        );
        assert!(
            duplicates(&clean)
                .iter()
                .all(|part| part.images == part.distinct && part.shared == [0; 3])
        );
    }
}
