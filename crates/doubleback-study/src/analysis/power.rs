//! How many participants are enough, by simulation with the same test.

use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use super::compare::compare;
use super::flips::holm;
use super::measure::Measure;
use super::options::{Counted, Options, PowerOptions};
use super::paper::paper_manifest;
use super::published::{PARTICIPANTS, SETTINGS, Setting};
use super::sample::Sample;
use super::simulate::{AnswerModel, simulate};
use crate::Result;
use crate::folder::Role;

/// How many participants the paper's effect needs.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Power {
    /// What was assumed.
    pub assumed: PowerOptions,
    /// By half of Table 1.
    pub settings: Vec<SettingPower>,
}

/// Power against one half of Table 1.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SettingPower {
    /// Data set and attack.
    pub setting: String,
    /// By measure.
    pub measures: Vec<MeasurePower>,
}

/// Power for one measure.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct MeasurePower {
    /// What is compared.
    pub measure: Measure,
    /// Published rates of the normal and of the regularized model.
    pub rates: [f64; 2],
    /// Power with the paper's eleven participants, p as of this test alone.
    pub at_paper: f64,
    /// Participants and power, of the sizes that were simulated, from few to many.
    pub curve: Vec<PowerPoint>,
    /// Fewest participants for a power of 80 %; `None` if the most that were tried do not reach it.
    pub for_80: Option<usize>,
    /// The same for 90 %.
    pub for_90: Option<usize>,
}

/// Power with so many participants.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct PowerPoint {
    /// Participants.
    pub participants: usize,
    /// Share of the simulated studies whose p is at most the level.
    pub power: f64,
    /// The same with Holm's correction over the two measures.
    pub corrected: f64,
}

/// Sizes that are tried, each about a quarter more than the one before.
const SIZES: [usize; 19] = [
    4, 5, 6, 8, 10, 11, 14, 17, 21, 26, 32, 40, 50, 63, 80, 100, 125, 160, 200,
];

/// Simulates studies of the paper's protocol with its rates.
///
/// # Errors
/// [`Error::Setting`](crate::Error::Setting) if an option is out of its range.
pub fn power(options: &PowerOptions, seed: u64) -> Result<Power> {
    options.check()?;
    let settings = SETTINGS.iter().map(|setting| of_setting(setting, options, seed));
    Ok(Power {
        assumed: options.clone(),
        settings: settings.collect::<Result<_>>()?,
    })
}

fn of_setting(setting: &Setting, options: &PowerOptions, seed: u64) -> Result<SettingPower> {
    let mut curves: [Vec<PowerPoint>; 2] = Default::default();
    let sizes = SIZES
        .iter()
        .copied()
        .filter(|&size| size <= options.most || size == PARTICIPANTS);
    for (at, size) in sizes.enumerate() {
        // More people cannot do worse: what all measures have reached by far needs no more simulation.
        let done = |curve: &Vec<PowerPoint>| {
            curve
                .last()
                .is_some_and(|point| point.power > 0.98 && point.corrected > 0.98)
        };
        if curves.iter().all(done) && size > PARTICIPANTS {
            break;
        }
        let found = at_size(setting, size, options, seed.wrapping_add(1_000_000 * at as u64))?;
        for (curve, point) in curves.iter_mut().zip(found) {
            curve.push(point);
        }
    }
    let measures = Measure::COMPARED.into_iter().zip(curves);
    Ok(SettingPower {
        setting: setting.name.to_owned(),
        measures: measures
            .map(|(measure, curve)| of_measure(setting, measure, curve))
            .collect(),
    })
}

fn of_measure(setting: &Setting, measure: Measure, curve: Vec<PowerPoint>) -> MeasurePower {
    let rate = |role| {
        setting
            .rates(role)
            .map_or(0.0, |[fooled, reasonable]| rate_of(measure, fooled, reasonable))
    };
    let first = |bar: f64| first_at(&curve, bar);
    MeasurePower {
        measure,
        rates: [rate(Role::Normal), rate(Role::Regularized)],
        at_paper: curve
            .iter()
            .find(|point| point.participants == PARTICIPANTS)
            .map_or(0.0, |point| point.power),
        for_80: first(0.8),
        for_90: first(0.9),
        curve,
    }
}

fn rate_of(measure: Measure, fooled: f64, reasonable: f64) -> f64 {
    match measure {
        Measure::Fooled => fooled,
        Measure::Reasonable => reasonable,
        Measure::Unreasonable => 1.0 - reasonable,
    }
}

/// Where the curve of corrected power first reaches a bar, straight lines between its points, rounded up.
fn first_at(curve: &[PowerPoint], bar: f64) -> Option<usize> {
    let at = curve.iter().position(|point| point.corrected >= bar)?;
    let high = curve[at];
    let Some(low) = at.checked_sub(1).map(|before| curve[before]) else {
        return Some(high.participants);
    };
    let part = (bar - low.corrected) / (high.corrected - low.corrected);
    let between = low.participants as f64 + part * (high.participants - low.participants) as f64;
    Some(between.ceil() as usize)
}

/// Power of the measures with so many participants.
fn at_size(setting: &Setting, size: usize, options: &PowerOptions, seed: u64) -> Result<[PowerPoint; 2]> {
    let manifest = paper_manifest(setting, &[Role::Normal, Role::Regularized]);
    let answers = AnswerModel {
        people: options.people,
        images: options.images,
        ..AnswerModel::published(setting, &manifest)
    };
    let test = |study: u64| -> Result<[[f64; 2]; 2]> {
        let responses = simulate(&manifest, size, &answers, seed.wrapping_add(study))?;
        let sample = Sample::new(&manifest, &responses, Counted::All)?;
        let own = Options {
            flips: options.flips,
            seed: seed.wrapping_add(study),
            ..Options::default()
        };
        let p: Vec<f64> = compare(&sample, [0, 1], true, &own)
            .measures
            .iter()
            .map(|one| one.p)
            .collect();
        let corrected = holm(&p);
        Ok([[p[0], corrected[0]], [p[1], corrected[1]]])
    };
    let found: Vec<[[f64; 2]; 2]> = (0..options.studies as u64)
        .into_par_iter()
        .map(test)
        .collect::<Result<_>>()?;
    let share = |measure: usize, kind: usize| {
        let rejected = found.iter().filter(|p| p[measure][kind] <= options.level).count();
        rejected as f64 / found.len() as f64
    };
    Ok([0, 1].map(|measure| PowerPoint {
        participants: size,
        power: share(measure, 0),
        corrected: share(measure, 1),
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bars_are_found_between_the_sizes() {
        let point = |participants, corrected| PowerPoint {
            participants,
            power: corrected,
            corrected,
        };
        let curve = [point(10, 0.5), point(20, 0.7), point(30, 0.9)];
        assert_eq!(first_at(&curve, 0.8), Some(25));
        assert_eq!(first_at(&curve, 0.4), Some(10));
        assert_eq!(first_at(&curve, 0.95), None);
    }

    #[test]
    fn more_people_tell_more() {
        let few = PowerOptions {
            studies: 40,
            flips: 99,
            most: 40,
            ..PowerOptions::default()
        };
        let found = power(&few, 1).unwrap();
        let mnist = &found.settings[0];
        let fooled = &mnist.measures[1];
        assert!(
            fooled.curve[0].power < 0.5 && fooled.curve.last().unwrap().power > 0.9,
            "{fooled:?}"
        );
        assert_eq!(found, power(&few, 1).unwrap());
        assert!(
            found.settings[1].measures[1].for_80.is_none(),
            "40.0 against 46.3 % needs more than 40 people"
        );
    }
}
