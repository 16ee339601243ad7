//! The order in which images are dealt out to parts: that of a SHA-256, of their pixels or of their files.
//!
//! It is as good as random: data that come sorted by class do not stay so. The same images fall into the same parts whatever the order or the names of their files. Equal images are
//! neighbors, so repeats are easily seen.

use rayon::prelude::*;
use sha2::{Digest, Sha256};

use crate::preparation::pixels::Pixels;

/// A SHA-256.
pub(crate) type Hash = [u8; 32];

/// What a data set says when its training images are not in the order of its files.
pub(crate) const NOTE: &str = "training and validation images are in the order of the SHA-256 of their pixels: that of files which are not the official ones is not trusted";

/// The places of all images of `image_len` bytes each in the order of their SHA-256.
pub(crate) fn order(images: &[u8], image_len: usize) -> Vec<usize> {
    let mut order: Vec<(Hash, usize)> = images
        .par_chunks_exact(image_len)
        .enumerate()
        .map(|(index, image)| (Sha256::digest(image).into(), index))
        .collect();
    order.par_sort_unstable();
    order.into_iter().map(|(_, index)| index).collect()
}

/// Images that have not been dealt out yet, in their order.
#[derive(Clone)]
pub(crate) struct Shuffled {
    cards: Vec<Card>,
    classes: usize,
}

#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Card {
    hash: Hash,
    label: u32,
    index: usize,
}

impl Shuffled {
    /// All images of `pixels`, whose labels are below `classes`, by the SHA-256 of their pixels.
    pub fn new(pixels: &Pixels, classes: usize) -> Self {
        let hash = |index| Sha256::digest(pixels.image(index)).into();
        let hashes: Vec<Hash> = (0..pixels.labels.len()).into_par_iter().map(hash).collect();
        Self::by(&hashes, &pixels.labels, classes)
    }

    /// Images with these hashes and labels.
    pub fn by(hashes: &[Hash], labels: &[u32], classes: usize) -> Self {
        let card = |(index, (&hash, &label))| Card { hash, label, index };
        let mut cards: Vec<Card> = hashes.iter().zip(labels).enumerate().map(card).collect();
        cards.par_sort_unstable();
        Self { cards, classes }
    }

    /// Keeps one of equal images, that with the least label; how many went.
    pub fn remove_repeats(&mut self) -> usize {
        let before = self.cards.len();
        self.cards.dedup_by(|second, first| second.hash == first.hash);
        before - self.cards.len()
    }

    /// Removes images that `others` has as well; how many went.
    pub fn remove_those_in(&mut self, others: &Self) -> usize {
        let before = self.cards.len();
        self.cards.retain(|card| {
            others
                .cards
                .binary_search_by(|other| other.hash.cmp(&card.hash))
                .is_err()
        });
        before - self.cards.len()
    }

    /// How many images each class has.
    pub fn counts(&self) -> Vec<usize> {
        let mut counts = vec![0; self.classes];
        for card in &self.cards {
            counts[card.label as usize] += 1;
        }
        counts
    }

    /// Deals out the first images of each class, as many as `wanted` says for it or there are: their indices.
    pub fn deal(&mut self, wanted: &[usize]) -> Vec<usize> {
        let mut left = wanted.to_vec();
        let mut dealt = Vec::with_capacity(wanted.iter().sum());
        self.cards.retain(|card| {
            let left = &mut left[card.label as usize];
            if *left == 0 {
                return true;
            }
            *left -= 1;
            dealt.push(card.index);
            false
        });
        dealt
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ImageShape;

    fn pixels(bytes: Vec<u8>, labels: Vec<u32>) -> Pixels {
        let shape = ImageShape {
            channels: 1,
            height: 1,
            width: 1,
        };
        let bytes = bytes.into();
        Pixels { shape, bytes, labels }
    }

    #[test]
    fn the_order_of_the_files_changes_nothing() {
        let bytes: Vec<u8> = (0..100).collect();
        let labels: Vec<u32> = bytes.iter().map(|byte| u32::from(byte % 2)).collect();
        let forward = pixels(bytes.clone(), labels.clone());
        let backward = pixels(bytes.into_iter().rev().collect(), labels.into_iter().rev().collect());
        let dealt = |pixels: &Pixels| -> Vec<u8> {
            let indices = Shuffled::new(pixels, 2).deal(&[10, 20]);
            indices.iter().map(|&index| pixels.image(index)[0]).collect()
        };
        let first = dealt(&forward);
        assert_eq!(first, dealt(&backward));
        assert_eq!(first.iter().filter(|&byte| byte % 2 == 0).count(), 10);
        // Classes are mixed.
        assert!(first[..15].iter().any(|byte| byte % 2 == 0) && first[..15].iter().any(|byte| byte % 2 == 1));
    }

    #[test]
    fn images_sorted_by_class_are_mixed() {
        let images: Vec<u8> = (0..200).collect();
        let order = order(&images, 1);
        let mut sorted = order.clone();
        sorted.sort_unstable();
        assert!(sorted.into_iter().eq(0..200));
        let of_first_class = order[..20].iter().filter(|&&index| index < 100).count();
        assert!((4..=16).contains(&of_first_class), "{of_first_class}");
    }

    #[test]
    fn repeats_are_removed_within_and_between() {
        let mut all = Shuffled::new(&pixels(vec![1, 2, 1, 3, 1], vec![0, 0, 1, 1, 0]), 2);
        assert_eq!((all.remove_repeats(), all.counts()), (2, vec![2, 1]));
        let others = Shuffled::new(&pixels(vec![3, 9], vec![0, 0]), 2);
        assert_eq!((all.remove_those_in(&others), all.counts()), (1, vec![2, 0]));
    }
}
