//! Which classes are taken for which, and accuracy by class.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::statistics::wilson;

/// How many images of each class a model took for each class.
///
/// Only pairs of classes that occur are kept, so that memory grows with the images and never with the square of the classes. As JSON it is the
/// list of these pairs, `[[true class, predicted class, images], …]`, by true class and then by predicted class, each an index in label order.
///
/// ```
/// use doubleback::evaluate::Confusion;
///
/// let found = Confusion::of(&[0, 0, 2], &[0, 2, 2]);
/// assert_eq!((found.right(), found.images(), found.get(0, 2)), (2, 3, 1));
/// let classes = ["cat", "cow", "dog"].map(String::from);
/// let cats = &found.by_class(&classes)[0];
/// assert_eq!((cats.class.as_str(), cats.accuracy, cats.count), ("cat", 0.5, 2));
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "Vec<(usize, usize, usize)>", into = "Vec<(usize, usize, usize)>")]
pub struct Confusion {
    /// By true class and predicted class.
    counts: BTreeMap<(usize, usize), usize>,
}

/// Accuracy of a model on the images of one class.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ClassAccuracy {
    /// Name of the class.
    pub class: String,
    /// Its place in label order.
    pub index: usize,
    /// Share of its images classified rightly, in [0, 1].
    pub accuracy: f64,
    /// Lower end of the 95 % Wilson interval.
    pub low: f64,
    /// Upper end.
    pub high: f64,
    /// Images of the class.
    pub count: usize,
}

impl Confusion {
    /// Of labels and what a model said of each.
    pub fn of(labels: &[usize], predictions: &[usize]) -> Self {
        let mut confusion = Self::default();
        confusion.add(labels, predictions);
        confusion
    }

    /// Counts more images: their labels, and what the model said of each.
    pub fn add(&mut self, labels: &[usize], predictions: &[usize]) {
        for (&label, &prediction) in labels.iter().zip(predictions) {
            *self.counts.entry((label, prediction)).or_default() += 1;
        }
    }

    /// Images counted.
    pub fn images(&self) -> usize {
        self.counts.values().sum()
    }

    /// Images classified rightly.
    pub fn right(&self) -> usize {
        let right = self.pairs().filter(|(label, prediction, _)| label == prediction);
        right.map(|(_, _, images)| images).sum()
    }

    /// Images of a true class that were taken for a predicted one.
    pub fn get(&self, label: usize, prediction: usize) -> usize {
        self.counts.get(&(label, prediction)).copied().unwrap_or_default()
    }

    /// All pairs that occur: true class, predicted class, images; in this order.
    pub fn pairs(&self) -> impl Iterator<Item = (usize, usize, usize)> + '_ {
        let pairs = self.counts.iter();
        pairs.map(|(&(label, prediction), &images)| (label, prediction, images))
    }

    /// Pairs of two different classes, the most frequent first; of equally frequent ones the first by class.
    pub fn mistakes(&self) -> Vec<(usize, usize, usize)> {
        let mut mistakes: Vec<_> = self
            .pairs()
            .filter(|(label, prediction, _)| label != prediction)
            .collect();
        mistakes.sort_by_key(|&(_, _, images)| Reverse(images));
        mistakes
    }

    /// Accuracy by class, in label order, of classes that have images. `classes` are the names in label order; a class beyond them is called by its
    /// index.
    pub fn by_class(&self, classes: &[String]) -> Vec<ClassAccuracy> {
        let mut counts: BTreeMap<usize, usize> = BTreeMap::new();
        for (label, _, images) in self.pairs() {
            *counts.entry(label).or_default() += images;
        }
        let accuracy = |(index, count)| {
            let right = self.get(index, index);
            let (low, high) = wilson(right, count);
            ClassAccuracy {
                class: classes.get(index).cloned().unwrap_or_else(|| index.to_string()),
                index,
                accuracy: share(right, count),
                low,
                high,
                count,
            }
        };
        counts.into_iter().map(accuracy).collect()
    }
}

impl From<Vec<(usize, usize, usize)>> for Confusion {
    fn from(pairs: Vec<(usize, usize, usize)>) -> Self {
        let mut counts = BTreeMap::new();
        for (label, prediction, images) in pairs {
            *counts.entry((label, prediction)).or_default() += images;
        }
        Self { counts }
    }
}

impl From<Confusion> for Vec<(usize, usize, usize)> {
    fn from(confusion: Confusion) -> Self {
        confusion.pairs().collect()
    }
}

/// A part of `count`; of nothing, 0.
pub(super) fn share(hits: usize, count: usize) -> f64 {
    if count == 0 { 0.0 } else { hits as f64 / count as f64 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn images_are_counted_by_both_classes() {
        let mut found = Confusion::of(&[0, 1, 1, 1], &[0, 2, 2, 1]);
        found.add(&[2, 2], &[2, 0]);
        assert_eq!((found.images(), found.right()), (6, 3));
        assert_eq!((found.get(1, 2), found.get(2, 1)), (2, 0));
        assert_eq!(found.mistakes(), [(1, 2, 2), (2, 0, 1)]);
        let names = ["a", "b"].map(String::from);
        let by_class: Vec<_> = found
            .by_class(&names)
            .into_iter()
            .map(|of| (of.class, of.index, of.accuracy, of.count))
            .collect();
        let third = 1.0 / 3.0;
        assert_eq!(
            by_class,
            [
                ("a".into(), 0, 1.0, 1),
                ("b".into(), 1, third, 3),
                ("2".into(), 2, 0.5, 2)
            ]
        );
        let (low, high) = wilson(1, 3);
        let b = &found.by_class(&names)[1];
        assert_eq!((b.low, b.high), (low, high));
    }

    /// Of 21,841 classes a square would have 477 million places.
    #[test]
    fn many_classes_take_no_more_than_their_images() {
        const CLASSES: usize = 21_841;
        let labels: Vec<usize> = (0..CLASSES).collect();
        let predictions: Vec<usize> = labels.iter().map(|label| label / 2).collect();
        let found = Confusion::of(&labels, &predictions);
        assert_eq!((found.pairs().count(), found.right()), (CLASSES, 1));
        assert_eq!(found.by_class(&[]).len(), CLASSES);
    }

    #[test]
    fn json_is_a_list_of_pairs_that_occur() {
        let found = Confusion::of(&[1, 0, 1], &[1, 2, 1]);
        let json = serde_json::to_string(&found).unwrap();
        assert_eq!(json, "[[0,2,1],[1,1,2]]");
        assert_eq!(serde_json::from_str::<Confusion>(&json).unwrap(), found);
        assert_eq!(Confusion::default().by_class(&[]), []);
    }
}
