//! The paper's comparison: normal against regularized models.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::flips::{SignFlips, holm};
use super::interval::{Grouped, quantile, two_way_variance};
use super::measure::Measure;
use super::options::Options;
use super::sample::{Item, Sample};
use crate::folder::{Manifest, Role};

/// Two models side by side.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ModelComparison {
    /// Index of the model that is compared with.
    pub from: usize,
    /// Index of the model that is compared.
    pub to: usize,
    /// Whether it is the paper's comparison, of a normal with a regularized model: Holm's correction is over those.
    pub main: bool,
    /// Participants who answered images of both.
    pub participants: usize,
    /// Pairs of an original image and a target of which images of both models were answered.
    pub shared_pairs: usize,
    /// By measure.
    pub measures: Vec<Difference>,
}

/// How a measure differs.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Difference {
    /// What is counted.
    pub measure: Measure,
    /// Mean over the participants of the share of the model compared with.
    pub from: Option<f64>,
    /// Mean over the participants of the share of the model compared.
    pub to: Option<f64>,
    /// `to` less `from`.
    pub difference: Option<f64>,
    /// Ends of its interval: Student's t, people and images accounted for.
    pub interval: Option<[f64; 2]>,
    /// p of the sign-flip test.
    pub p: f64,
    /// p with Holm's correction, of the paper's comparisons.
    pub p_holm: Option<f64>,
    /// Whether p is of all flips, or of random ones.
    pub exact: bool,
    /// Flips tried.
    pub flips: usize,
    /// Participants for whom it is more, less and equal with the model compared.
    pub signs: [usize; 3],
}

/// Compares normal models with regularized ones, and, beside the paper's question, with all others.
pub(super) fn comparisons(manifest: &Manifest, sample: &Sample, options: &Options) -> Vec<ModelComparison> {
    let of = |role: Role| {
        let models = manifest.models.iter().enumerate();
        models
            .filter(move |(_, model)| model.role == role)
            .map(|(index, _)| index)
    };
    let mut found = Vec::new();
    for role in [Role::Regularized, Role::Distilled, Role::Other] {
        for from in of(Role::Normal) {
            found.extend(of(role).map(|to| compare(sample, [from, to], role == Role::Regularized, options)));
        }
    }
    let mut main: Vec<&mut Difference> = found
        .iter_mut()
        .filter(|one| one.main)
        .flat_map(|one| &mut one.measures)
        .collect();
    let p: Vec<f64> = main.iter().map(|one| one.p).collect();
    for (one, corrected) in main.iter_mut().zip(holm(&p)) {
        one.p_holm = Some(corrected);
    }
    found
}

/// Compares two models by each participant's difference.
pub(super) fn compare(sample: &Sample, models: [usize; 2], main: bool, options: &Options) -> ModelComparison {
    let items: Vec<&Item> = sample
        .items
        .iter()
        .filter(|item| models.contains(&item.model))
        .collect();
    let both = Both::new(&items, models);
    let mut pairs: BTreeMap<usize, [bool; 2]> = BTreeMap::new();
    for item in &both.items {
        pairs.entry(item.pair).or_default()[usize::from(item.model == models[1])] = true;
    }
    ModelComparison {
        from: models[0],
        to: models[1],
        main,
        participants: both.counts.len(),
        shared_pairs: pairs.values().filter(|seen| **seen == [true, true]).count(),
        measures: Measure::COMPARED
            .map(|measure| both.difference(measure, options))
            .into(),
    }
}

/// Answers of those who answered images of both models.
struct Both<'a> {
    models: [usize; 2],
    items: Vec<&'a Item>,
    /// By place of a person among them, how many answers to images of either model.
    counts: Vec<[f64; 2]>,
    /// Place of a person of the sample among them.
    places: BTreeMap<usize, usize>,
}

impl<'a> Both<'a> {
    fn new(items: &[&'a Item], models: [usize; 2]) -> Self {
        let mut counts: BTreeMap<usize, [f64; 2]> = BTreeMap::new();
        for item in items {
            counts.entry(item.person).or_default()[usize::from(item.model == models[1])] += 1.0;
        }
        counts.retain(|_, count| count.iter().all(|&one| one > 0.0));
        let places = counts
            .keys()
            .enumerate()
            .map(|(place, &person)| (person, place))
            .collect();
        Self {
            models,
            items: items
                .iter()
                .filter(|item| counts.contains_key(&item.person))
                .copied()
                .collect(),
            counts: counts.into_values().collect(),
            places,
        }
    }

    /// Contributions of answers to the mean difference, where `center` is taken from values of either model.
    fn parts(&self, measure: Measure, center: [f64; 2]) -> impl Iterator<Item = Grouped> {
        let people = self.counts.len() as f64;
        self.items.iter().map(move |item| {
            let place = self.places[&item.person];
            let side = usize::from(item.model == self.models[1]);
            let sign = if side == 1 { 1.0 } else { -1.0 };
            Grouped {
                person: place,
                image: item.pair,
                value: sign * (item.value(measure) - center[side]) / (self.counts[place][side] * people),
            }
        })
    }

    fn difference(&self, measure: Measure, options: &Options) -> Difference {
        let people = self.counts.len();
        let mut means = [0.0; 2];
        for part in self.items.iter().zip(self.parts(measure, [0.0; 2])) {
            means[usize::from(part.0.model == self.models[1])] += part.1.value.abs();
        }
        let known = people > 0;
        let difference = means[1] - means[0];
        // Both models have the same mean if they do not differ.
        let middle = f64::midpoint(means[0], means[1]);
        let parts: Vec<Grouped> = self.parts(measure, [middle; 2]).collect();
        let mut differences = vec![0.0; people];
        for part in &parts {
            differences[part.person] += part.value;
        }
        // What is left of equal shares by rounding is no difference.
        for one in &mut differences {
            if one.abs() < 1e-12 {
                *one = 0.0;
            }
        }
        let more = differences.iter().filter(|&&one| one > 0.0).count();
        let less = differences.iter().filter(|&&one| one < 0.0).count();
        let shared = parts.iter().map(|part| (part.image, part.person, part.value)).collect();
        let tested = SignFlips::new(differences, shared).test(options.flips, options.seed);
        Difference {
            measure,
            from: known.then_some(means[0]),
            to: known.then_some(means[1]),
            difference: known.then_some(difference),
            interval: self.interval(measure, means, options.confidence),
            p: tested.p,
            p_holm: None,
            exact: tested.exact,
            flips: tested.flips,
            signs: [more, less, people - more - less],
        }
    }

    /// Student's t with the variance over people and pairs of images; at least a quarter of that over people alone, as in the test.
    fn interval(&self, measure: Measure, means: [f64; 2], confidence: f64) -> Option<[f64; 2]> {
        let quantile = quantile(confidence, self.counts.len().saturating_sub(1))?;
        let parts: Vec<Grouped> = self.parts(measure, means).collect();
        let alone: Vec<Grouped> = parts
            .iter()
            .enumerate()
            .map(|(image, part)| Grouped { image, ..*part })
            .collect();
        let variance = two_way_variance(&parts).max(two_way_variance(&alone) / 4.0);
        let half = quantile * variance.sqrt();
        let difference = means[1] - means[0];
        Some([(difference - half).max(-1.0), (difference + half).min(1.0)])
    }
}
