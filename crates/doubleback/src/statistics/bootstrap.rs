//! Intervals of any statistic, by drawing the sample again.

use rand::Rng;

use crate::random::Stream;

/// 95 % interval of a statistic of `count` things, such as images, by the percentiles of `rounds` draws of as many of them with replacement
/// (Efron 1979).
/// `statistic` is given the indices that were drawn; draws for which it is not defined are left out. `None` if there are none left.
pub fn bootstrap(
    count: usize,
    rounds: usize,
    seed: u64,
    mut statistic: impl FnMut(&[usize]) -> Option<f64>,
) -> Option<[f64; 2]> {
    if count == 0 {
        return None;
    }
    let mut random = Stream::Resampling.of(seed);
    let mut drawn = vec![0; count];
    let mut found: Vec<f64> = (0..rounds)
        .filter_map(|_| {
            drawn.fill_with(|| random.random_range(0..count));
            statistic(&drawn)
        })
        .collect();
    percentiles(&mut found)
}

/// The 2.5 % and 97.5 % percentiles of values, interpolated.
fn percentiles(values: &mut [f64]) -> Option<[f64; 2]> {
    let last = values.len().checked_sub(1)?;
    values.sort_by(f64::total_cmp);
    Some([0.025, 0.975].map(|share| {
        let place = share * last as f64;
        let (low, part) = (place.floor() as usize, place.fract());
        values[low] + part * (values[(low + 1).min(last)] - values[low])
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_interval_of_a_mean_has_the_width_of_theory() {
        // 400 values of mean 0.5 and deviation 0.5: the mean has deviation 0.025.
        let values: Vec<f64> = (0..400).map(|i| f64::from(i % 2)).collect();
        let mean = |drawn: &[usize]| Some(drawn.iter().map(|&i| values[i]).sum::<f64>() / drawn.len() as f64);
        let [low, high] = bootstrap(400, 2000, 3, mean).unwrap();
        assert!(
            (0.5 - low - 1.96 * 0.025).abs() < 0.005 && (high - 0.5 - 1.96 * 0.025).abs() < 0.005,
            "{low} {high}"
        );
        assert_eq!(bootstrap(400, 2000, 3, mean), Some([low, high]));
        assert_eq!(bootstrap(0, 10, 0, |_| Some(1.0)), None);
        assert_eq!(bootstrap(5, 10, 0, |_| None), None);
    }
}
