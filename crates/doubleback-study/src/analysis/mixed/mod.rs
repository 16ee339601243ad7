//! A view of the same question that has people and images in it: a logistic model with random effects of both.
//!
//! No crate that is kept has such a model; this is a small one of its own, with the method of R's `lme4` (`glmer` with `nAGQ = 1`), which it is checked
//! against: Laplace's approximation, deviations parameterized so that zero is inside, Newton's method within a downhill simplex.

mod fit;
mod laplace;
mod linear;
mod minimize;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use statrs::distribution::{ChiSquared, ContinuousCDF};

use self::fit::{Fit, MOST, NONE, fit};
use self::laplace::Observation;
use super::interval::normal_quantile;
use super::measure::Measure;
use super::options::Options;
use super::sample::Sample;
use crate::folder::{Manifest, Role};

/// A mixed model of one measure.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct MixedModel {
    /// What is modelled.
    pub measure: Measure,
    /// Whether the fit is one: `false` if there was nothing to fit, or if the search did not end at a top. Then `notes` say what to think of it.
    pub converged: bool,
    /// Standard deviation of people on the logit scale.
    pub people: Option<f64>,
    /// Standard deviation of images on the logit scale.
    pub images: Option<f64>,
    /// By model that could be fitted.
    pub models: Vec<FixedEffect>,
    /// Of the paper's comparison.
    pub odds: Vec<OddsRatio>,
    /// What a reader must know: models left out, deviations at zero, failures.
    pub notes: Vec<String>,
}

/// The logit of a model, for a typical person and image.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FixedEffect {
    /// Index of the model.
    pub model: usize,
    /// Logit of the measure.
    pub logit: f64,
    /// Its standard error.
    pub standard_error: Option<f64>,
}

/// How much larger the odds are with one model than with another, for the same person and like images.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct OddsRatio {
    /// Index of the model that is compared with.
    pub from: usize,
    /// Index of the model that is compared.
    pub to: usize,
    /// Odds with the one by odds with the other.
    pub ratio: f64,
    /// Ends of its interval (Wald).
    pub interval: Option<[f64; 2]>,
    /// p of the likelihood ratio test of no difference (χ², one degree of freedom); `None` if the smaller model has no fit.
    pub p: Option<f64>,
}

/// The mixed models of the measures that models are compared by.
pub(super) fn mixed_models(manifest: &Manifest, sample: &Sample, options: &Options) -> Vec<MixedModel> {
    Measure::COMPARED
        .map(|measure| mixed(manifest, sample, measure, options))
        .into()
}

fn mixed(manifest: &Manifest, sample: &Sample, measure: Measure, options: &Options) -> MixedModel {
    let mut found = MixedModel {
        measure,
        converged: false,
        people: None,
        images: None,
        models: Vec::new(),
        odds: Vec::new(),
        notes: Vec::new(),
    };
    let fitted = varied(manifest, sample, measure, &mut found.notes);
    let columns: Vec<usize> = (0..fitted.len()).collect();
    let Some(whole) = fit(observations(sample, measure, &fitted, &columns)).filter(|_| !fitted.is_empty()) else {
        found.notes.push("Nothing could be fitted.".to_owned());
        return found;
    };
    let runaway = whole.deviations.iter().any(|&deviation| deviation > MOST);
    found.converged = whole.converged && whole.covariance.is_some() && !runaway;
    [found.people, found.images] = whole.deviations.map(Some);
    for (name, deviation) in ["people", "images"].into_iter().zip(whole.deviations) {
        if deviation < NONE {
            found.notes.push(format!(
                "The deviation of {name} came out as zero: these answers show none beyond chance, which is not to say that there is none."
            ));
        }
    }
    if runaway {
        found.notes.push(format!(
            "A deviation above {MOST} on the logit scale is no finding: where hardly any answer counts, or hardly any does not, and images have few answers each, \
             Laplace's approximation has no useful top."
        ));
    }
    if !whole.converged {
        found
            .notes
            .push("The search for the best fit did not end: do not use these values.".to_owned());
    } else if whole.covariance.is_none() {
        found.notes.push(
            "The likelihood has no clear top: the standard errors are missing, and the values may be far off."
                .to_owned(),
        );
    }
    found.models = effects(&whole, &fitted);
    found.odds = odds(manifest, sample, measure, &fitted, &whole, options);
    found
}

/// Models whose answers are not all alike: the best logit of one whose are is infinite.
fn varied(manifest: &Manifest, sample: &Sample, measure: Measure, notes: &mut Vec<String>) -> Vec<usize> {
    let varied = |model: &usize| {
        let values: Vec<f64> = sample.of(*model).map(|item| item.value(measure)).collect();
        let hits = values.iter().sum::<f64>();
        let varies = hits > 0.0 && hits < values.len() as f64;
        if !varies && !values.is_empty() {
            notes.push(format!(
                "{} is left out: {} of its {} answers count, and no finite logit fits that.",
                manifest.models[*model].name,
                if hits > 0.0 { "all" } else { "none" },
                values.len()
            ));
        }
        varies
    };
    (0..manifest.models.len()).filter(varied).collect()
}

/// Answers of these models, each with the column of its fixed effect.
fn observations(sample: &Sample, measure: Measure, models: &[usize], columns: &[usize]) -> Vec<Observation> {
    let (mut people, mut images) = (BTreeMap::new(), BTreeMap::new());
    let place = |places: &mut BTreeMap<usize, usize>, key: usize| {
        let next = places.len();
        *places.entry(key).or_insert(next)
    };
    let of = |model: usize| models.iter().position(|&one| one == model).map(|at| columns[at]);
    let items = sample.items.iter().filter_map(|item| Some((item, of(item.model)?)));
    items
        .map(|(item, column)| Observation {
            column,
            person: place(&mut people, item.person),
            image: place(&mut images, item.image),
            value: item.value(measure),
        })
        .collect()
}

fn effects(fit: &Fit, models: &[usize]) -> Vec<FixedEffect> {
    let error = |at: usize| fit.covariance.as_ref().map(|all| all[at][at].sqrt());
    let all = models.iter().zip(&fit.fixed).enumerate();
    all.map(|(at, (&model, &logit))| FixedEffect {
        model,
        logit,
        standard_error: error(at),
    })
    .collect()
}

/// Normal against regularized.
fn odds(
    manifest: &Manifest,
    sample: &Sample,
    measure: Measure,
    fitted: &[usize],
    whole: &Fit,
    options: &Options,
) -> Vec<OddsRatio> {
    let places = |role: Role| {
        let with = fitted.iter().enumerate();
        with.filter(move |(_, model)| manifest.models[**model].role == role)
            .map(|(place, _)| place)
    };
    let pairs = places(Role::Normal).flat_map(|from| places(Role::Regularized).map(move |to| [from, to]));
    pairs
        .map(|[from, to]| {
            let difference = whole.fixed[to] - whole.fixed[from];
            let error = whole
                .covariance
                .as_ref()
                .map(|all| (all[from][from] + all[to][to] - 2.0 * all[from][to]).sqrt());
            let reach = |error: f64| normal_quantile(options.confidence) * error;
            OddsRatio {
                from: fitted[from],
                to: fitted[to],
                ratio: difference.exp(),
                interval: error.map(|error| [-reach(error), reach(error)].map(|by| (difference + by).exp())),
                p: likelihood_ratio(sample, measure, fitted, whole, [from, to]),
            }
        })
        .collect()
}

/// p of the model in which the two have one logit.
fn likelihood_ratio(
    sample: &Sample,
    measure: Measure,
    fitted: &[usize],
    whole: &Fit,
    [from, to]: [usize; 2],
) -> Option<f64> {
    let (kept, gone) = (from.min(to), from.max(to));
    let column = |place: usize| match place {
        place if place == gone => kept,
        place if place > gone => place - 1,
        place => place,
    };
    let columns: Vec<usize> = (0..fitted.len()).map(column).collect();
    let smaller =
        fit(observations(sample, measure, fitted, &columns)).filter(|fit| fit.converged && whole.converged)?;
    let sane = |fit: &Fit| fit.deviations.iter().all(|&deviation| deviation <= MOST);
    if !sane(&smaller) || !sane(whole) {
        return None;
    }
    let statistic = 2.0 * (whole.log_likelihood - smaller.log_likelihood).max(0.0);
    Some(ChiSquared::new(1.0).ok()?.sf(statistic))
}

#[cfg(test)]
mod tests;
