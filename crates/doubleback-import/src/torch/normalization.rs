//! Normalization that a file keeps with its network: a mean and a deviation of each channel.

use super::weights::{Stored, Weights};

/// The layer that is made of them, and its tensors.
pub(super) const LAYER: &str = "normalize";
pub(super) const MEAN: &str = "normalize.mean";
pub(super) const VARIANCE: &str = "normalize.variance";

/// Names of the two tensors, after the same beginning.
const PAIRS: [[&str; 2]; 3] = [["mean", "std"], ["mu", "sigma"], ["mu", "std"]];

/// Most channels that an image may have.
const CHANNELS: usize = 4;

/// Gives mean and variance the names [`MEAN`] and [`VARIANCE`], if the file has them once.
pub(super) fn find(weights: &mut Weights) {
    let of_image = |name: &str| {
        weights
            .tensors
            .get(name)
            .is_some_and(|tensor| (1..=CHANNELS).contains(&tensor.len()))
    };
    let mut found = weights.tensors.keys().flat_map(|name| {
        PAIRS.into_iter().filter_map(|[mean, deviation]| {
            let start = name.strip_suffix(mean)?;
            let other = format!("{start}{deviation}");
            let whole = start.is_empty() || start.ends_with('.');
            (whole && of_image(name) && of_image(&other)).then(|| (name.clone(), other))
        })
    });
    let (Some((mean, deviation)), None) = (found.next(), found.next()) else {
        return;
    };
    drop(found);
    let (Some(of_mean), Some(of_deviation)) = (weights.tensors.remove(&mean), weights.tensors.remove(&deviation))
    else {
        return;
    };
    let count = of_mean.len();
    let flat = move || of_mean.values();
    weights.tensors.insert(MEAN.into(), Stored::computed(vec![count], flat));
    let count = of_deviation.len();
    let squares = move || Ok(of_deviation.values()?.iter().map(|value| value * value).collect());
    weights
        .tensors
        .insert(VARIANCE.into(), Stored::computed(vec![count], squares));
    weights.notes.push(format!(
        "images are normalized first by `{mean}` and `{deviation}` of the file: they are given as they are, in their own bounds"
    ));
}
