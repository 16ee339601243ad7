//! Which images are attacked towards which classes: all pairs of few classes, a sample of the pairs of many.

use doubleback::evaluate::TestSet;

use super::{PairSample, images};
use crate::class_sample::{ALL_PAIRS_UP_TO, pairs};

/// Images of a class that are attacked at once, at most.
const BATCH: usize = 256;
/// Examples of a sample of pairs that are made at once, each with a target of its own.
const SAMPLED_BATCH: usize = 64;

/// Images to attack at once, each with its target.
pub(super) struct Batch {
    pub places: Vec<usize>,
    pub targets: Vec<usize>,
}

/// What is attacked, in order.
pub(super) struct Examples {
    pub batches: Vec<Batch>,
    /// By class, the places of its images that are attacked towards every other class, where all pairs are.
    pub by_class: Option<Vec<Vec<usize>>>,
    /// Images that are attacked.
    pub images: usize,
    pub sample: Option<PairSample>,
}

impl Examples {
    /// The first `per_class` images of each class with every other class as the target, or a sample of these pairs of classes.
    pub fn choose(test: &TestSet<'_>, classes: usize, per_class: usize) -> Self {
        let places = images::first_of_each(test, classes, per_class);
        let sources: Vec<usize> = (0..classes).filter(|&class| !places[class].is_empty()).collect();
        match pairs(&sources, classes) {
            None => Self::all(places),
            Some(drawn) => Self::sampled(&places, drawn, sources.len() * (classes - 1)),
        }
    }

    fn all(places: Vec<Vec<usize>>) -> Self {
        let mut batches = Vec::new();
        for target in 0..places.len() {
            let others = places.iter().enumerate().filter(|(class, _)| *class != target);
            let others: Vec<usize> = others.flat_map(|(_, places)| places.iter().copied()).collect();
            batches.extend(others.chunks(BATCH).map(|places| Batch {
                places: places.to_vec(),
                targets: vec![target; places.len()],
            }));
        }
        Self {
            batches,
            images: places.iter().map(Vec::len).sum(),
            by_class: Some(places),
            sample: None,
        }
    }

    fn sampled(places: &[Vec<usize>], drawn: Vec<crate::class_sample::Pair>, all: usize) -> Self {
        let examples: Vec<(usize, usize)> = drawn
            .iter()
            .flat_map(|pair| places[pair.source].iter().map(|&place| (place, pair.target)))
            .collect();
        let mut distinct: Vec<usize> = examples.iter().map(|&(place, _)| place).collect();
        distinct.sort_unstable();
        distinct.dedup();
        let batch = |some: &[(usize, usize)]| {
            let (places, targets) = some.iter().copied().unzip();
            Batch { places, targets }
        };
        Self {
            batches: examples.chunks(SAMPLED_BATCH).map(batch).collect(),
            by_class: None,
            images: distinct.len(),
            sample: Some(PairSample {
                drawn: drawn.len(),
                of: all,
                all_up_to: ALL_PAIRS_UP_TO,
            }),
        }
    }

    /// Images times their targets.
    pub fn count(&self) -> usize {
        self.batches.iter().map(|batch| batch.places.len()).sum()
    }
}
