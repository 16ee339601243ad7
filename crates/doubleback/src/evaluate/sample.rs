//! A part of the test images that stands for all of them.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use rand::Rng;

use crate::data::{ImageShape, Split};
use crate::random::Stream;
use crate::{Error, Result};

/// Some images of a part of a data set, drawn by a seed such that each class has its share of them.
///
/// ```
/// use doubleback::evaluate::Sample;
///
/// let labels = [0, 0, 0, 1, 0, 0, 0, 1];
/// let sample = Sample::stratified(&labels, 4, 0);
/// let of_class_1 = sample.indices().iter().filter(|&&index| labels[index] == 1).count();
/// assert_eq!((sample.indices().len(), of_class_1), (4, 1));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sample {
    seed: u64,
    indices: Vec<usize>,
}

impl Sample {
    /// `count` images, at most all, of these labels. Each class gets its share of them, rounded by largest remainders (of equal ones the first class)
    /// and, if there are as many images as classes, at least one. Which images of a class these are, its seed says: a larger sample of the
    /// same seed holds those of a smaller one, but for classes whose part shrinks in the rounding.
    pub fn stratified(labels: &[u32], count: usize, seed: u64) -> Self {
        let mut by_class: BTreeMap<u32, Vec<usize>> = BTreeMap::new();
        for (index, &label) in labels.iter().enumerate() {
            by_class.entry(label).or_default().push(index);
        }
        let sizes: Vec<usize> = by_class.values().map(Vec::len).collect();
        let mut indices = Vec::with_capacity(count.min(labels.len()));
        for ((&class, members), part) in by_class.iter_mut().zip(shares(&sizes, count)) {
            let mut random = Stream::TestSample { class }.of(seed);
            // The first places of Fisher & Yates's shuffle.
            for place in 0..part {
                let other = random.random_range(place..members.len());
                members.swap(place, other);
            }
            indices.extend(&members[..part]);
        }
        indices.sort_unstable();
        Self { seed, indices }
    }

    /// The images at these places of a part of `len` images: a choice, not drawn by any seed. In their order in the data, each once.
    ///
    /// # Errors
    /// When the part does not have one of them, or there is none.
    pub fn at(places: impl IntoIterator<Item = usize>, len: usize) -> Result<Self> {
        let mut indices: Vec<usize> = places.into_iter().collect();
        indices.sort_unstable();
        indices.dedup();
        match indices.last() {
            None => Err(Error::value("indices of images", "at least one", "none")),
            Some(&last) if last >= len => Err(Error::value(
                "index of an image",
                format!("below the {len} that there are"),
                last,
            )),
            Some(_) => Ok(Self { seed: 0, indices }),
        }
    }

    /// What it was drawn by.
    pub fn seed(&self) -> u64 {
        self.seed
    }

    /// Places of the images in the part of the data set, ascending.
    pub fn indices(&self) -> &[usize] {
        &self.indices
    }

    /// The images of a part, of this shape, that are in it, as a part of their own.
    ///
    /// # Errors
    /// When the images are of another shape.
    pub fn select(&self, part: &Split, shape: ImageShape) -> Result<Split> {
        let indices = self.indices.iter().copied().filter(|&index| index < part.len());
        if part.image_len() != shape.len() {
            return Err(Error::shape("values of an image", shape.len(), part.image_len()));
        }
        Ok(part.select(&indices.collect::<Vec<_>>()))
    }
}

/// How many of `count` things each of some groups gets, in proportion to their sizes, none of which it exceeds.
fn shares(sizes: &[usize], count: usize) -> Vec<usize> {
    let total: usize = sizes.iter().sum();
    let count = count.min(total);
    let product = |size: usize| size as u128 * count as u128;
    // A total of 0 has no groups, or groups of nothing.
    let total_or_one = total.max(1) as u128;
    let mut shares: Vec<usize> = sizes
        .iter()
        .map(|&size| (product(size) / total_or_one) as usize)
        .collect();
    let mut by_remainder: Vec<usize> = (0..sizes.len()).collect();
    by_remainder.sort_by_key(|&group| Reverse(product(sizes[group]) % total_or_one));
    let missing = count - shares.iter().sum::<usize>();
    for &group in by_remainder.iter().take(missing) {
        shares[group] += 1;
    }
    let groups = sizes.iter().filter(|&&size| size > 0).count();
    if count >= groups {
        for group in 0..sizes.len() {
            if sizes[group] == 0 || shares[group] > 0 {
                continue;
            }
            // There is a group with more than one, for there are at least as many things as groups; of equal ones the first.
            let most = (0..sizes.len()).max_by_key(|&other| (shares[other], Reverse(other)));
            if let Some(most) = most {
                shares[most] -= 1;
                shares[group] = 1;
            }
        }
    }
    shares
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn shares_are_in_proportion_with_largest_remainders_and_no_group_is_left_out() {
        // 10 of 60, 30 and 10: 6, 3 and 1. Of 7: 4.2, 2.1 and 0.7.
        assert_eq!(shares(&[60, 30, 10], 10), [6, 3, 1]);
        assert_eq!(shares(&[60, 30, 10], 7), [4, 2, 1]);
        assert_eq!(shares(&[1000, 8, 8], 10), [8, 1, 1]);
        assert_eq!(shares(&[1000, 8, 8], 2), [2, 0, 0]);
        assert_eq!(shares(&[5, 0, 5], 2), [1, 0, 1]);
        assert_eq!(shares(&[3, 4], 100), [3, 4]);
        assert_eq!(shares(&[], 3), [0; 0]);
    }

    proptest! {
        #[test]
        fn shares_add_up_and_fit(sizes in prop::collection::vec(0usize..50, 0..20), count in 0usize..400) {
            let found = shares(&sizes, count);
            let (total, groups): (usize, usize) = (sizes.iter().sum(), sizes.iter().filter(|&&size| size > 0).count());
            prop_assert_eq!(found.iter().sum::<usize>(), count.min(total));
            for (&share, &size) in found.iter().zip(&sizes) {
                prop_assert!(share <= size);
                prop_assert!(share > 0 || size == 0 || count.min(total) < groups);
                let exact = size as f64 * count.min(total) as f64 / total.max(1) as f64;
                prop_assert!(share as f64 <= exact + 1.0, "{} of {}", share, exact);
            }
        }
    }

    #[test]
    fn the_seed_says_which_images_and_nothing_else_does() {
        let labels: Vec<u32> = (0..1000).map(|index| u32::from(index % 10 == 0)).collect();
        let sample = Sample::stratified(&labels, 50, 3);
        assert_eq!(sample, Sample::stratified(&labels, 50, 3));
        assert_ne!(sample.indices(), Sample::stratified(&labels, 50, 4).indices());
        assert!(sample.indices().is_sorted_by(|a, b| a < b));
        let of_class_1 = sample.indices().iter().filter(|&&index| labels[index] == 1).count();
        assert_eq!(of_class_1, 5);
        let larger = Sample::stratified(&labels, 100, 3);
        assert!(sample.indices().iter().all(|index| larger.indices().contains(index)));
        // Not the first ones: data that is sorted in some other way is sampled as well.
        assert!(sample.indices().iter().any(|&index| index > 900));
        let all: Vec<usize> = (0..1000).collect();
        assert_eq!(Sample::stratified(&labels, 5000, 3).indices(), all);
    }

    /// Results name the images: another draw would be another result.
    #[test]
    fn draws_stay() {
        let labels: Vec<u32> = (0..20).map(|index| index % 2).collect();
        assert_eq!(Sample::stratified(&labels, 6, 0).indices(), DRAW);
    }

    const DRAW: [usize; 6] = [7, 9, 10, 14, 15, 16];
}
