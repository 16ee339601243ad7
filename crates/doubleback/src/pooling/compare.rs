//! Average against max pooling: every number of one kind less that of the other, seed by seed.

use super::results::{Comparison, LayerComparison, LayerResult, ModelResult, RankCorrelation};
use super::statistics::{correlation, difference, mean};
use super::{CLEAN, WORST_CASE};
use crate::evaluate::Claim;
use crate::nn::Pool;

/// Clean accuracies at most this far apart count as matched.
pub(super) const MATCHED_WITHIN: f64 = 0.005;

/// The models of one architecture and training, as pairs of max and average pooling with one seed.
fn pairs<'a>(models: &'a [ModelResult], architecture: &str, training: &str) -> Vec<(&'a ModelResult, &'a ModelResult)> {
    let of = |pool: Pool| {
        models.iter().filter(move |model| {
            model.pool == pool.name() && model.architecture == architecture && model.training == training
        })
    };
    of(Pool::Max)
        .filter_map(|max| Some((max, of(Pool::Avg).find(|avg| avg.seed == max.seed)?)))
        .collect()
}

/// Accuracy on clean images or under an attack.
fn accuracy(model: &ModelResult, attack: &str, eps: f64) -> Option<f64> {
    if attack == CLEAN {
        return Some(model.clean.accuracy);
    }
    let found = model.attacked.iter().find(|found| found.attack == attack && found.eps == eps);
    found.map(|found| found.accuracy.accuracy)
}

/// The comparison of each architecture, training, attack and eps that the models have.
pub(super) fn comparisons(models: &[ModelResult], architectures: &[String], trainings: &[&str]) -> Vec<Comparison> {
    let mut found = Vec::new();
    for architecture in architectures {
        for training in trainings {
            let pairs = pairs(models, architecture, training);
            let Some((first, _)) = pairs.first() else { continue };
            let attacks = first.attacked.iter().map(|found| (found.attack.as_str(), found.eps));
            for (attack, eps) in [(CLEAN, 0.0)].into_iter().chain(attacks) {
                found.push(comparison(&pairs, architecture, training, attack, eps));
            }
        }
    }
    found
}

fn comparison(
    pairs: &[(&ModelResult, &ModelResult)],
    architecture: &str,
    training: &str,
    attack: &str,
    eps: f64,
) -> Comparison {
    // Seed, difference of clean accuracy, both accuracies.
    let rows: Vec<(u64, f64, f64, f64)> = pairs
        .iter()
        .filter_map(|(max, avg)| {
            let clean = avg.clean.accuracy - max.clean.accuracy;
            Some((max.seed, clean, accuracy(max, attack, eps)?, accuracy(avg, attack, eps)?))
        })
        .collect();
    let all = |value: fn(&(u64, f64, f64, f64)) -> f64| {
        mean(&rows.iter().map(value).collect::<Vec<_>>()).unwrap_or_default()
    };
    // The slack is for accuracies that are exactly this far apart.
    let matched = rows.iter().filter(|(_, clean, ..)| clean.abs() <= MATCHED_WITHIN + 1e-9);
    Comparison {
        architecture: architecture.to_owned(),
        training: training.to_owned(),
        attack: attack.to_owned(),
        eps,
        max: all(|row| row.2),
        avg: all(|row| row.3),
        difference: difference(rows.iter().map(|row| (row.0, row.3 - row.2))),
        clean_difference: all(|row| row.1),
        matched: difference(matched.map(|row| (row.0, row.3 - row.2))),
    }
}
