//! What stands for all classes, or all pairs of them, where a data set has so many that their pairs cannot all be looked at.

use doubleback::random::Stream;
use rand::seq::index;

/// Up to so many classes, every class is drawn and every class is aimed at every other. Of more, as many classes are drawn, and as many pairs of
/// classes are aimed as so many classes have.
pub const ALL_PAIRS_UP_TO: usize = 20;

/// So many pairs of different classes that many classes have.
pub const PAIRS: usize = ALL_PAIRS_UP_TO * (ALL_PAIRS_UP_TO - 1);

/// The same for every run and model, so that their numbers can be compared.
const SEED: u64 = 0;

/// The classes to draw, ascending: all of these, or a sample of them.
pub(crate) fn shown(classes: &[usize]) -> Vec<usize> {
    if classes.len() <= ALL_PAIRS_UP_TO {
        return classes.to_vec();
    }
    let mut drawn = draw(classes.len(), ALL_PAIRS_UP_TO);
    drawn.sort_unstable();
    drawn.into_iter().map(|place| classes[place]).collect()
}

/// A sample of the pairs of a class among `sources` and another of `classes` as its target, ordered by target, then by source. `None` where
/// there are so few classes that all pairs are taken.
pub(crate) fn pairs(sources: &[usize], classes: usize) -> Option<Vec<Pair>> {
    if classes <= ALL_PAIRS_UP_TO {
        return None;
    }
    let others = classes - 1;
    let all = sources.len() * others;
    let pair = |place: usize| {
        let (source, target) = (sources[place / others], place % others);
        // The targets of a source are all classes but itself.
        let target = if target < source { target } else { target + 1 };
        Pair { target, source }
    };
    let mut drawn: Vec<Pair> = draw(all, PAIRS.min(all)).into_iter().map(pair).collect();
    drawn.sort_unstable();
    Some(drawn)
}

/// A class that images are of, and the one that they are attacked towards.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Pair {
    pub target: usize,
    pub source: usize,
}

/// So many of the first `all` numbers, each at most once.
fn draw(all: usize, amount: usize) -> Vec<usize> {
    index::sample(&mut Stream::ClassSample.of(SEED), all, amount).into_vec()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn few_classes_are_all_shown_and_all_paired() {
        let classes: Vec<usize> = (0..ALL_PAIRS_UP_TO).collect();
        assert_eq!(shown(&classes), classes);
        assert_eq!(shown(&[3, 1]), [3, 1]);
        assert_eq!(pairs(&classes, ALL_PAIRS_UP_TO), None);
    }

    #[test]
    fn of_many_classes_a_fixed_sample_stands_for_all() {
        for count in [21, 120, 1000, 21_841] {
            let sources: Vec<usize> = (0..count).filter(|class| class % 10 != 3).collect();
            let classes = shown(&sources);
            assert_eq!(classes.len(), ALL_PAIRS_UP_TO.min(sources.len()));
            assert!(classes.windows(2).all(|two| two[0] < two[1]));
            assert!(classes.iter().all(|class| sources.contains(class)));
            assert_eq!(classes, shown(&sources));

            let drawn = pairs(&sources, count).unwrap();
            assert_eq!(drawn.len(), PAIRS.min(sources.len() * (count - 1)));
            assert!(drawn.windows(2).all(|two| two[0] < two[1]), "each once, in order");
            assert!(
                drawn
                    .iter()
                    .all(|pair| pair.source != pair.target && pair.target < count)
            );
            assert!(drawn.iter().all(|pair| pair.source % 10 != 3));
        }
        // From end to end.
        let drawn = pairs(&(0..1000).collect::<Vec<_>>(), 1000).unwrap();
        for end in [|class: usize| class < 100, |class: usize| class >= 900] {
            assert!(drawn.iter().any(|pair| end(pair.source)) && drawn.iter().any(|pair| end(pair.target)));
        }
    }
}
