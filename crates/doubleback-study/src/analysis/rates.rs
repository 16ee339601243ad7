//! How many were fooled, and how many mistakes were reasonable, by model.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::interval::{Grouped, quantile, score, share};
use super::measure::Measure;
use super::sample::Sample;
use crate::folder::{Manifest, Role};

/// A share of the answers to a model's images.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Rate {
    /// What is counted.
    pub measure: Measure,
    /// Answers that count.
    pub hits: usize,
    /// Answers.
    pub answers: usize,
    /// Share of the answers that count; `None` without any answer.
    pub rate: Option<f64>,
    /// Ends of its interval; `None` with fewer than two participants, who say nothing of how people differ.
    pub interval: Option<[f64; 2]>,
    /// Variance of the share, as answers come from the same people and images, by what it would be of independent answers.
    pub design_effect: f64,
}

/// The rates of one model.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ModelRates {
    /// Index of the model in the manifest.
    pub model: usize,
    /// Its name.
    pub name: String,
    /// Its role.
    pub role: Role,
    /// Participants who answered any of its images.
    pub participants: usize,
    /// Different images that were answered.
    pub images: usize,
    /// By measure, in the order of [`Measure::ALL`].
    pub rates: Vec<Rate>,
}

impl ModelRates {
    /// The rate of a measure.
    pub fn of(&self, measure: Measure) -> Option<&Rate> {
        self.rates.iter().find(|rate| rate.measure == measure)
    }
}

/// Rates of all models, in the manifest's order.
pub(super) fn rates(manifest: &Manifest, sample: &Sample, confidence: f64) -> Vec<ModelRates> {
    let models = manifest.models.iter().enumerate();
    models
        .map(|(index, model)| {
            let people: BTreeSet<usize> = sample.of(index).map(|item| item.person).collect();
            let images: BTreeSet<usize> = sample.of(index).map(|item| item.image).collect();
            ModelRates {
                model: index,
                name: model.name.clone(),
                role: model.role,
                participants: people.len(),
                images: images.len(),
                rates: Measure::ALL
                    .map(|measure| rate(sample, index, measure, people.len(), confidence))
                    .into(),
            }
        })
        .collect()
}

fn rate(sample: &Sample, model: usize, measure: Measure, people: usize, confidence: f64) -> Rate {
    let values: Vec<Grouped> = sample
        .of(model)
        .map(|item| Grouped {
            person: item.person,
            image: item.image,
            value: item.value(measure),
        })
        .collect();
    let (rate, design_effect) = share(&values);
    let known = !values.is_empty();
    let quantile = quantile(confidence, people.saturating_sub(1)).filter(|_| known);
    Rate {
        measure,
        hits: values.iter().filter(|one| one.value > 0.5).count(),
        answers: values.len(),
        rate: known.then_some(rate),
        interval: quantile.map(|quantile| score(rate, values.len() as f64 / design_effect, quantile)),
        design_effect: if known { design_effect } else { 1.0 },
    }
}
