use super::measurements::Estimate;
use crate::statistics::{self, bootstrap, wilson_of_fraction};

/// Draws of every interval by bootstrap.
pub const ROUNDS: usize = 1000;

/// The mean of values; 0 of none.
pub fn mean(values: &[f64]) -> f64 {
    statistics::mean(values.iter().copied()).unwrap_or(0.0)
}

/// The mean of a value of each image, with an interval by bootstrap over images.
pub fn mean_of(values: &[f64], seed: u64) -> Estimate {
    let drawn = |indices: &[usize]| Some(indices.iter().map(|&i| values[i]).sum::<f64>() / indices.len() as f64);
    bootstrapped(mean(values), values.len(), seed, drawn)
}

/// A statistic of images, with its interval by bootstrap; the value itself where there is none.
pub fn bootstrapped(value: f64, count: usize, seed: u64, statistic: impl FnMut(&[usize]) -> Option<f64>) -> Estimate {
    let [low, high] = bootstrap(count, ROUNDS, seed, statistic).unwrap_or([value; 2]);
    Estimate { value, low, high }
}

/// The mean of shares in [0, 1], one an image, with Wilson's interval. Images are the trials, however many draws a share is of: it is a little
/// too wide, but does not shrink to a point where all agree.
pub fn share_of(shares: impl IntoIterator<Item = f64>) -> Estimate {
    let (count, sum) = shares
        .into_iter()
        .fold((0, 0.0), |(count, sum), share| (count + 1, sum + share));
    let value = if count == 0 { 0.0 } else { sum / f64::from(count) };
    let (low, high) = wilson_of_fraction(value, f64::from(count));
    Estimate { value, low, high }
}

/// The share of images of which something holds.
pub fn share_that(holds: impl IntoIterator<Item = bool>) -> Estimate {
    share_of(holds.into_iter().map(|holds| f64::from(u8::from(holds))))
}
