//! Normalization that a file keeps with its network: a mean and a deviation of each channel.

use crate::options::Normalization;
use crate::torch::weights::{Stored, Weights};

/// The layer that is made of them, and its tensors.
pub(super) const LAYER: &str = "normalize";
pub(super) const MEAN: &str = "normalize.mean";
pub(super) const VARIANCE: &str = "normalize.variance";

/// Names of the two tensors, after the same beginning.
const PAIRS: [[&str; 2]; 3] = [["mean", "std"], ["mu", "sigma"], ["mu", "std"]];

/// Most channels that an image may have.
const CHANNELS: usize = 4;

/// Takes mean and variance out of the file's tensors, if it has them once.
pub(super) fn take(weights: &mut Weights) -> Option<[Stored; 2]> {
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
    let pair = found.next().filter(|_| found.next().is_none());
    drop(found);
    let (mean, deviation) = pair?;
    let (of_mean, of_deviation) = (weights.tensors.remove(&mean)?, weights.tensors.remove(&deviation)?);
    weights.notes.push(format!(
        "images are normalized first by `{mean}` and `{deviation}` of the file: they are given as they are, in their own bounds"
    ));
    let counts = [of_mean.len(), of_deviation.len()];
    let origins = [of_mean.origin.clone(), of_deviation.origin.clone()];
    let mut pair = [
        Stored::computed(vec![counts[0]], move || of_mean.values()),
        Stored::computed(vec![counts[1]], move || {
            Ok(of_deviation.values()?.iter().map(|value| value * value).collect())
        }),
    ];
    for (tensor, origin) in pair.iter_mut().zip(origins) {
        tensor.origin = origin;
    }
    Some(pair)
}

/// Gives them the names [`MEAN`] and [`VARIANCE`].
pub(super) fn put(weights: &mut Weights, [mean, variance]: [Stored; 2]) {
    weights.tensors.insert(MEAN.into(), mean);
    weights.tensors.insert(VARIANCE.into(), variance);
}

/// Adds what the user says to be done to images first.
///
/// # Errors
/// When the file has a normalization of its own.
pub(super) fn given(weights: &mut Weights, normalize: &Normalization) -> Result<(), String> {
    if weights.tensors.contains_key(MEAN) {
        return Err("normalizes images itself, by tensors that it holds. Leave out `--normalize`".into());
    }
    // One value stands for all channels; the network's first layer tells how many there are.
    let channels = match normalize.of_channels(1) {
        Ok(_) => 1,
        Err(_) => (2..=CHANNELS)
            .find(|&count| normalize.of_channels(count).is_ok())
            .unwrap_or(1),
    };
    let (mean, deviation) = normalize.of_channels(channels)?;
    let mean = mean.iter().map(|value| *value as f32).collect::<Vec<_>>();
    let variance = deviation.iter().map(|value| (value * value) as f32).collect::<Vec<_>>();
    for (name, values) in [(MEAN, mean), (VARIANCE, variance)] {
        let tensor = Stored::computed(vec![channels], move || Ok(values.clone()));
        weights.tensors.insert(name.into(), tensor);
    }
    Ok(())
}
