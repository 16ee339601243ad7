//! Differences paired by seed, and rank correlations, with their intervals.

use super::results::{Accuracy, Difference, RankCorrelation};
use doubleback::statistics::{bootstrap, mean, mean_interval, wilson};

/// Draws of a bootstrap over models.
const ROUNDS: usize = 10_000;

/// Of fewer models a bootstrap says nothing: that of two is the two.
const FEWEST: usize = 3;

pub(super) fn accuracy(right: usize, count: usize) -> Accuracy {
    let (low, high) = wilson(right, count);
    Accuracy {
        right,
        count,
        accuracy: right as f64 / count.max(1) as f64,
        low,
        high,
    }
}

/// The differences of these seeds, their mean, and Student's interval of it.
pub(super) fn difference(pairs: impl IntoIterator<Item = (u64, f64)>) -> Difference {
    let (seeds, values): (Vec<u64>, Vec<f64>) = pairs.into_iter().unzip();
    let (center, interval) = (mean(values.iter().copied()), mean_interval(&values));
    Difference {
        seeds,
        values,
        mean: center,
        low: interval.map(|[low, _]| low),
        high: interval.map(|[_, high]| high),
    }
}

/// The mean of a correlation of each model, with its bootstrap interval over models.
pub(super) fn correlation(
    architecture: &str,
    pool: &str,
    stages: usize,
    values: Vec<f64>,
    seed: u64,
) -> RankCorrelation {
    let of = |drawn: &[usize]| mean(drawn.iter().map(|&i| values[i]));
    let interval = match values.len() {
        0..FEWEST => None,
        count => bootstrap(count, ROUNDS, seed, of),
    };
    RankCorrelation {
        architecture: architecture.to_owned(),
        pool: pool.to_owned(),
        stages,
        mean: mean(values.iter().copied()),
        low: interval.map(|[low, _]| low),
        high: interval.map(|[_, high]| high),
        values,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Differences 1, 2, 3, 6: mean 3, standard deviation sqrt(14/3), standard error 1.08012, t of 3 degrees of freedom 3.18245.
    #[test]
    fn the_interval_of_a_known_sample() {
        let found = difference([(0, 1.0), (1, 2.0), (2, 3.0), (3, 6.0)]);
        assert_eq!(found.mean, Some(3.0));
        assert!((found.low.unwrap() - (3.0 - 3.437_427)).abs() < 1e-5, "{found:?}");
        assert!((found.high.unwrap() - (3.0 + 3.437_427)).abs() < 1e-5, "{found:?}");
        assert_eq!((found.seeds.len(), found.values.len()), (4, 4));
    }

    #[test]
    fn one_pair_has_no_interval_and_none_no_mean() {
        let one = difference([(4, 0.5)]);
        assert_eq!((one.mean, one.low, one.high), (Some(0.5), None, None));
        let none = difference([]);
        assert_eq!((none.mean, none.low, none.high), (None, None, None));
    }

    #[test]
    fn a_correlation_of_models_that_agree_has_a_narrow_interval() {
        let found = correlation("a", "max", 5, vec![0.5, 0.5, 0.5], 0);
        assert_eq!((found.mean, found.low, found.high), (Some(0.5), Some(0.5), Some(0.5)));
        // All of 27 draws are as likely: the outer 2.5 % are within those of one value three times.
        let spread = correlation("a", "max", 5, vec![-1.0, 0.0, 1.0], 0);
        assert_eq!((spread.low, spread.high), (Some(-1.0), Some(1.0)));
        assert_eq!(correlation("a", "max", 5, vec![0.2, 0.4], 0).low, None);
    }
}
