//! Average against max pooling: every number of one kind less that of the other, seed by seed.

use super::CLEAN;
use super::results::{Comparison, LayerComparison, LayerResult, ModelResult, RankCorrelation};
use super::statistics::{correlation, difference};
use doubleback::nn::Pool;
use doubleback::statistics::mean;

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
    let found = model
        .attacked
        .iter()
        .find(|found| found.attack == attack && found.eps == eps);
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
            Some((
                max.seed,
                clean,
                accuracy(max, attack, eps)?,
                accuracy(avg, attack, eps)?,
            ))
        })
        .collect();
    let all = |value: fn(&(u64, f64, f64, f64)) -> f64| mean(rows.iter().map(value)).unwrap_or_default();
    // The slack is for accuracies that are exactly this far apart.
    let matched = rows
        .iter()
        .filter(|(_, clean, ..)| clean.abs() <= MATCHED_WITHIN + 1e-9);
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

/// A number of one stage of a model.
type Measure = (&'static str, fn(&LayerResult, usize) -> Option<f64>);

const MEASURES: [Measure; 4] = [
    (VULNERABILITY, |model, stage| Some(model.probes.get(stage)?.v.value)),
    ("error-rise", |model, stage| Some(model.probes.get(stage)?.r.value)),
    (INFORMATION_LOSS, |model, stage| {
        Some(model.information.get(stage)?.loss?.value)
    }),
    (ENTROPY_LOSS, |model, stage| model.probes.get(stage)?.entropy_loss),
];

pub(super) const VULNERABILITY: &str = "vulnerability";
pub(super) const INFORMATION_LOSS: &str = "information-loss";
pub(super) const ENTROPY_LOSS: &str = "entropy-loss";

/// The comparison of each stage after the input. Both kinds of pooling have stages of the same names.
pub(super) fn layer_comparisons(layers: &[LayerResult], architectures: &[String]) -> Vec<LayerComparison> {
    let mut found = Vec::new();
    for architecture in architectures {
        let of = |pool: Pool| {
            layers
                .iter()
                .filter(move |model| model.pool == pool.name() && model.architecture == *architecture)
        };
        let names: Vec<&str> = of(Pool::Max)
            .next()
            .map(|model| model.probes.iter().map(|probe| probe.layer.as_str()).collect())
            .unwrap_or_default();
        for (stage, name) in names.iter().enumerate().skip(1) {
            for (measure, value) in MEASURES {
                let rows: Vec<(u64, f64, f64)> = of(Pool::Max)
                    .filter_map(|max| {
                        let avg = of(Pool::Avg).find(|avg| avg.seed == max.seed)?;
                        Some((max.seed, value(max, stage)?, value(avg, stage)?))
                    })
                    .collect();
                let all = |value: fn(&(u64, f64, f64)) -> f64| mean(rows.iter().map(value)).unwrap_or_default();
                found.push(LayerComparison {
                    architecture: architecture.clone(),
                    layer: (*name).to_owned(),
                    pooling: name.starts_with("pool"),
                    measure: measure.to_owned(),
                    max: all(|row| row.1),
                    avg: all(|row| row.2),
                    difference: difference(rows.iter().map(|row| (row.0, row.2 - row.1))),
                });
            }
        }
    }
    found
}

/// The rank correlation of information loss and vulnerability over stages: by architecture and pooling, then over all models.
pub(super) fn correlations(layers: &[LayerResult], architectures: &[String], seed: u64) -> Vec<RankCorrelation> {
    let mut found = Vec::new();
    for architecture in architectures {
        for pool in Pool::ALL {
            let models = layers
                .iter()
                .filter(|model| model.pool == pool.name() && model.architecture == *architecture);
            let stages = models.clone().map(|model| model.probes.len() - 1).next().unwrap_or(0);
            let values = models.filter_map(|model| model.spearman).collect();
            found.push(correlation(architecture, pool.name(), stages, values, seed));
        }
    }
    let all = layers.iter().filter_map(|model| model.spearman).collect();
    found.push(correlation("all", "all", 0, all, seed));
    found
}
