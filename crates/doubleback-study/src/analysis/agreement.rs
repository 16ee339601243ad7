//! Whether participants agree on what an image shows: Krippendorff's alpha.

use std::collections::BTreeMap;

use rand::Rng;
use serde::{Deserialize, Serialize};

use super::options::Options;
use super::random::Purpose;
use super::sample::{Item, Sample};
use crate::answer::Choice;
use crate::folder::Manifest;

/// Agreement on the most plausible label, of images that two or more participants saw.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Agreement {
    /// Index of the model, or all of them.
    pub model: Option<usize>,
    /// Images that two or more answered.
    pub images: usize,
    /// Answers to these.
    pub answers: usize,
    /// Krippendorff's alpha for nominal values; `None` if there are no such images, or only one value among their answers.
    pub alpha: Option<f64>,
    /// Ends of its bootstrap interval, images drawn with replacement; `None` with fewer than ten images.
    pub interval: Option<[f64; 2]>,
}

/// Fewer images than these have no interval: draws of so few say little.
const LEAST_IMAGES: usize = 10;

/// Of all models together, then of each.
pub(super) fn agreements(manifest: &Manifest, sample: &Sample, options: &Options) -> Vec<Agreement> {
    let each = (0..manifest.models.len()).map(Some);
    std::iter::once(None)
        .chain(each)
        .map(|model| agreement(manifest.classes.len(), sample, model, options))
        .collect()
}

fn agreement(classes: usize, sample: &Sample, model: Option<usize>, options: &Options) -> Agreement {
    let mut images: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    let wanted = |item: &&Item| model.is_none_or(|model| item.model == model);
    for item in sample.items.iter().filter(wanted) {
        let value = match item.answer.first() {
            Choice::Label(label) => label,
            Choice::NotApplicable => classes,
        };
        images.entry(item.image).or_default().push(value);
    }
    let units: Vec<Vec<usize>> = images.into_values().filter(|values| values.len() > 1).collect();
    let units: Vec<Unit> = units.iter().map(|values| Unit::new(values, classes + 1)).collect();
    Agreement {
        model,
        images: units.len(),
        answers: units.iter().map(|unit| unit.answers).sum(),
        alpha: alpha(units.iter(), classes + 1),
        interval: bootstrap(&units, classes + 1, options),
    }
}

/// What is counted of one image.
struct Unit {
    answers: usize,
    /// By value, how many gave it.
    counts: Vec<usize>,
    /// Pairs of different values, by the number of answers less one.
    disagreement: f64,
}

impl Unit {
    fn new(values: &[usize], kinds: usize) -> Self {
        let mut counts = vec![0; kinds];
        for &value in values {
            counts[value] += 1;
        }
        let same: usize = counts.iter().map(|count| count * count).sum();
        Self {
            answers: values.len(),
            disagreement: (values.len() * values.len() - same) as f64 / (values.len() - 1) as f64,
            counts,
        }
    }
}

/// Krippendorff's alpha of nominal values (Krippendorff 2011, "Computing Krippendorff's Alpha-Reliability"): 1 less the observed disagreement by that of
/// the same answers given to images at random. 1: all agree; 0: as chance would have it.
fn alpha<'a>(units: impl Iterator<Item = &'a Unit>, kinds: usize) -> Option<f64> {
    let mut totals = vec![0.0; kinds];
    let mut observed = 0.0;
    for unit in units {
        observed += unit.disagreement;
        for (total, &count) in totals.iter_mut().zip(&unit.counts) {
            *total += count as f64;
        }
    }
    let all: f64 = totals.iter().sum();
    let expected = (all * all - totals.iter().map(|total| total * total).sum::<f64>()) / (all - 1.0);
    (all > 1.0 && expected > 0.0).then(|| 1.0 - observed / expected)
}

fn bootstrap(units: &[Unit], kinds: usize, options: &Options) -> Option<[f64; 2]> {
    if units.len() < LEAST_IMAGES {
        return None;
    }
    let mut random = Purpose::Draws.random(options.seed);
    let draw = |_| {
        let drawn: Vec<&Unit> = units
            .iter()
            .map(|_| &units[random.random_range(0..units.len())])
            .collect();
        alpha(drawn.into_iter(), kinds)
    };
    let mut found: Vec<f64> = (0..options.draws).filter_map(draw).collect();
    found.sort_by(f64::total_cmp);
    let last = found.len().checked_sub(1)?;
    let at = |share: f64| found[(share * last as f64).round() as usize];
    let tail = (1.0 - options.confidence) / 2.0;
    Some([at(tail), at(1.0 - tail)])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(units: &[&[usize]]) -> Option<f64> {
        let units: Vec<Unit> = units
            .iter()
            .filter(|values| values.len() > 1)
            .map(|values| Unit::new(values, 6))
            .collect();
        alpha(units.iter(), 6)
    }

    /// Four observers, twelve units, missing values: alpha 0.743 (Krippendorff 2011, section C).
    #[test]
    fn the_published_example_comes_out() {
        let units: [&[usize]; 12] = [
            &[1, 1, 1],
            &[2, 2, 3, 2],
            &[3, 3, 3, 3],
            &[3, 3, 3, 3],
            &[2, 2, 2, 2],
            &[1, 2, 3, 4],
            &[4, 4, 4, 4],
            &[1, 1, 2, 1],
            &[2, 2, 2, 2],
            &[5, 5, 5],
            &[1, 1],
            &[3],
        ];
        assert!((of(&units).unwrap() - 0.743).abs() < 5e-4);
    }

    #[test]
    fn ends_of_agreement() {
        assert_eq!(of(&[&[1, 1], &[2, 2, 2]]), Some(1.0));
        assert_eq!(of(&[&[1, 1], &[1, 1]]), None, "one value alone: nothing to agree on");
        assert_eq!(of(&[]), None);
        assert!(of(&[&[1, 2], &[2, 1]]).unwrap() < 0.0);
    }
}
