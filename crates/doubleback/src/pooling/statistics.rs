//! Differences paired by seed, and rank correlations, with their intervals.

use super::results::{Accuracy, Difference, RankCorrelation};
use crate::diagnose::bootstrap;
use crate::evaluate::wilson;

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

pub(super) fn mean(values: &[f64]) -> Option<f64> {
    (!values.is_empty()).then(|| values.iter().sum::<f64>() / values.len() as f64)
}

/// The differences of these seeds, their mean, and Student's interval of it.
pub(super) fn difference(pairs: impl IntoIterator<Item = (u64, f64)>) -> Difference {
    let (seeds, values): (Vec<u64>, Vec<f64>) = pairs.into_iter().unzip();
    let center = mean(&values);
    let half = center.and_then(|center| {
        let freedom = values.len().checked_sub(1).filter(|&freedom| freedom > 0)?;
        let square: f64 = values.iter().map(|value| (value - center).powi(2)).sum();
        let error = (square / freedom as f64 / values.len() as f64).sqrt();
        Some(error * student(freedom))
    });
    let end = |sign: f64| center.zip(half).map(|(center, half)| center + sign * half);
    Difference {
        seeds,
        values,
        mean: center,
        low: end(-1.0),
        high: end(1.0),
    }
}

/// The 97.5 % quantile of Student's t distribution.
fn student(freedom: usize) -> f64 {
    const TABLE: [f64; 30] = [
        12.706_205, 4.302_653, 3.182_446, 2.776_445, 2.570_582, 2.446_912, 2.364_624, 2.306_004, 2.262_157, 2.228_139,
        2.200_985, 2.178_813, 2.160_369, 2.144_787, 2.131_450, 2.119_905, 2.109_816, 2.100_922, 2.093_024, 2.085_963,
        2.079_614, 2.073_873, 2.068_658, 2.063_899, 2.059_539, 2.055_529, 2.051_831, 2.048_407, 2.045_230, 2.042_272,
    ];
    match TABLE.get(freedom - 1) {
        Some(&quantile) => quantile,
        // The first terms of Cornish & Fisher's expansion; less than 1e-4 off from here on.
        None => {
            let (z, n) = (1.959_963_985_f64, freedom as f64);
            z + (z.powi(3) + z) / (4.0 * n) + (5.0 * z.powi(5) + 16.0 * z.powi(3) + 3.0 * z) / (96.0 * n * n)
        }
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
    let of = |drawn: &[usize]| mean(&drawn.iter().map(|&i| values[i]).collect::<Vec<_>>());
    let interval = match values.len() {
        0..FEWEST => None,
        count => bootstrap(count, ROUNDS, seed, of),
    };
    RankCorrelation {
        architecture: architecture.to_owned(),
        pool: pool.to_owned(),
        stages,
        mean: mean(&values),
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

    /// From tables: 2.03951 for 31 degrees of freedom, 1.98397 for 100.
    #[test]
    fn quantiles_beyond_the_table() {
        assert!((student(31) - 2.039_513).abs() < 1e-4);
        assert!((student(100) - 1.983_972).abs() < 1e-5);
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
