//! From records to the numbers of an audit.

use serde::{Deserialize, Serialize};

use super::flags;
use super::record::Record;
use super::run::Measured;
use super::setup::Setup;
use crate::attack::Metric;
use crate::evaluate::{Confusion, Distance, Flag};
use crate::statistics::{mean, wilson};

/// An audit: setup, numbers, flags, and the records that these are made of. JSON of the command `audit`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Audit {
    /// What it is of.
    #[serde(flatten)]
    pub setup: Setup,
    /// Share of the unperturbed images that are classified rightly, in [0, 1].
    pub clean_accuracy: f64,
    /// Lower end of its 95 % Wilson interval.
    pub clean_low: f64,
    /// Upper end.
    pub clean_high: f64,
    /// Share of the images that are classified rightly, and that no attack broke; none if the audit is partial.
    pub robust_accuracy: Option<f64>,
    /// Lower end of its 95 % Wilson interval.
    pub low: Option<f64>,
    /// Upper end.
    pub high: Option<f64>,
    /// What is missing, if not all images met all attacks.
    pub partial: Option<Partial>,
    /// A lower bound of the robust accuracy that is proved, where `robust_accuracy` is an upper one, what attacks left. This program has no method that proves
    /// one, so that its own audits have none here; that says nothing about how many images could be certified.
    pub certified: Option<Certified>,
    /// By attack, in order.
    #[serde(with = "in_order")]
    pub attacks: Vec<(String, AttackSummary)>,
    /// By class, in label order, of classes that have images.
    pub per_class: Vec<ClassRobustness>,
    /// What examples that broke an image were taken for.
    pub mistakes: Confusion,
    /// Robust accuracy over eps, of the probed images under a short attack.
    pub curve: Vec<CurvePoint>,
    /// Reasons for doubt.
    pub flags: Vec<Flag>,
    /// By image.
    pub images: Vec<Record>,
}

/// An accuracy that no perturbation within eps falls below, as another program may have proved it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Certified {
    /// By what it is proved, such as `interval bounds`.
    pub method: String,
    /// The norm that eps bounds in the proof.
    pub norm: Metric,
    /// Share of the images, in [0, 1].
    pub accuracy: f64,
}

/// Why an audit gives no robust accuracy of all images.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Partial {
    /// What was not finished.
    pub unfinished: Vec<String>,
    /// Robust accuracy is at most this: the share of images that nothing broke by then.
    pub at_most: f64,
    /// A sentence.
    pub detail: String,
}

/// What one attack of the ensemble did.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AttackSummary {
    /// Images that it was tried on: those that still stood.
    pub tried: usize,
    /// Of these, those that it broke.
    pub broken: usize,
    /// Share of those tried that it did not break.
    pub accuracy: f64,
    /// Share of all images that stood after it.
    pub cumulative: f64,
    /// Gradients, over all images.
    pub gradients: usize,
    /// Forward passes besides, over all images.
    pub forwards: usize,
    /// Seconds.
    pub seconds: f64,
    /// Joules that the machine's processors used in that time, for all that they did, where they count them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub joules: Option<f64>,
    /// How far the nearest examples are, of an attack that looks for these.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub distance: Option<Distance>,
}

/// Accuracy of a class.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ClassRobustness {
    /// Name.
    pub class: String,
    /// Place in label order.
    pub index: usize,
    /// Images.
    pub count: usize,
    /// Share classified rightly unperturbed.
    pub clean: f64,
    /// Share that also stands.
    pub robust: f64,
    /// Lower end of the 95 % Wilson interval of `robust`.
    pub low: f64,
    /// Upper end.
    pub high: f64,
}

/// Accuracy of the probed images within one eps.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CurvePoint {
    /// Perturbation size.
    pub eps: f64,
    /// Share that stands.
    pub accuracy: f64,
    /// Lower end of its 95 % Wilson interval.
    pub low: f64,
    /// Upper end.
    pub high: f64,
    /// Images.
    pub count: usize,
    /// Mean margin of the logits at the examples; none for the images themselves.
    pub mean_margin: Option<f64>,
}

impl Audit {
    /// Of what was measured.
    pub fn new(setup: Setup, measured: Measured) -> Self {
        let Measured {
            records,
            seconds,
            joules,
            unfinished,
            ..
        } = measured;
        let count = records.len();
        let right = records.iter().filter(|record| record.is_right()).count();
        let standing = records.iter().filter(|record| record.stands()).count();
        let (clean_low, clean_high) = wilson(right, count);
        let (low, high) = wilson(standing, count);
        let whole = unfinished.is_empty();
        let partial = (!whole).then(|| partial(&setup, unfinished, share(standing, count)));
        let attacks = summaries(&setup, &records, (&seconds, &joules));
        let broken = records.iter().filter(|record| record.broken_by.is_some());
        let (labels, taken_for): (Vec<usize>, Vec<usize>) = broken
            .filter_map(|record| Some((record.label, record.prediction?)))
            .unzip();
        Self {
            clean_accuracy: share(right, count),
            clean_low,
            clean_high,
            robust_accuracy: whole.then(|| share(standing, count)),
            low: whole.then_some(low),
            high: whole.then_some(high),
            partial,
            certified: None,
            attacks,
            per_class: per_class(&setup, &records),
            mistakes: Confusion::of(&labels, &taken_for),
            curve: curve(&setup, &records),
            flags: flags::all(&setup, &records),
            images: records,
            setup,
        }
    }
}

fn share(some: usize, all: usize) -> f64 {
    if all == 0 { 0.0 } else { some as f64 / all as f64 }
}

fn partial(setup: &Setup, unfinished: Vec<String>, at_most: f64) -> Partial {
    let names: Vec<&str> = setup
        .settings
        .attacks
        .iter()
        .map(|attack| attack.name.as_str())
        .collect();
    let whole: Vec<&str> = names
        .into_iter()
        .filter(|name| !unfinished.iter().any(|open| open == name))
        .collect();
    let done = match whole.as_slice() {
        [] => "no attack was finished".to_owned(),
        names => format!("finished: {}", names.join(", ")),
    };
    let detail = format!("The time was over before {}; {done}", unfinished.join(", "));
    Partial {
        unfinished,
        at_most,
        detail,
    }
}

fn summaries(
    setup: &Setup,
    records: &[Record],
    (seconds, joules): (&[f64], &[Option<f64>]),
) -> Vec<(String, AttackSummary)> {
    let right = records.iter().filter(|record| record.is_right()).count();
    let mut standing = right;
    let attacks = setup.settings.attacks.iter().enumerate();
    let of = |(place, attack): (usize, &super::PlannedAttack)| {
        let trials: Vec<_> = records.iter().filter_map(|record| record.trials.get(place)).collect();
        let broken = records
            .iter()
            .filter(|record| record.broken_by.as_deref() == Some(attack.name.as_str()))
            .count();
        standing -= broken;
        let distance = nearest_in(setup, place).map(|norm| {
            let distances: Vec<Option<f32>> = trials.iter().map(|trial| trial.distance).collect();
            Distance::of(norm, &distances)
        });
        let summary = AttackSummary {
            tried: trials.len(),
            broken,
            accuracy: share(trials.len() - broken, trials.len()),
            cumulative: share(standing, records.len()),
            gradients: trials.iter().map(|trial| trial.gradients).sum(),
            forwards: trials.iter().map(|trial| trial.forwards).sum(),
            seconds: seconds.get(place).copied().unwrap_or_default(),
            joules: joules.get(place).copied().flatten(),
            distance,
        };
        (attack.name.clone(), summary)
    };
    attacks.map(of).collect()
}

/// The norm in which an attack looks for the nearest example, if it does.
fn nearest_in(setup: &Setup, place: usize) -> Option<Metric> {
    let attack = setup.settings.attacks.get(place)?.settings.attack().ok()?;
    attack.nearest_in()
}

fn per_class(setup: &Setup, records: &[Record]) -> Vec<ClassRobustness> {
    let labels: std::collections::BTreeSet<usize> = records.iter().map(|record| record.label).collect();
    let of = |index: usize| {
        let of_class: Vec<&Record> = records.iter().filter(|record| record.label == index).collect();
        let standing = of_class.iter().filter(|record| record.stands()).count();
        let right = of_class.iter().filter(|record| record.is_right()).count();
        let (low, high) = wilson(standing, of_class.len());
        ClassRobustness {
            class: setup.classes.get(index).cloned().unwrap_or_else(|| index.to_string()),
            index,
            count: of_class.len(),
            clean: share(right, of_class.len()),
            robust: share(standing, of_class.len()),
            low,
            high,
        }
    };
    labels.into_iter().map(of).collect()
}

fn curve(setup: &Setup, records: &[Record]) -> Vec<CurvePoint> {
    let probes: Vec<_> = records
        .iter()
        .filter_map(|record| Some((record, record.probe.as_ref()?.attacks.as_ref()?)))
        .collect();
    if probes.is_empty() {
        return Vec::new();
    }
    let right = probes.iter().filter(|(record, _)| record.is_right()).count();
    let (low, high) = wilson(right, probes.len());
    let clean = CurvePoint {
        eps: 0.0,
        accuracy: share(right, probes.len()),
        low,
        high,
        count: probes.len(),
        mean_margin: None,
    };
    let at = |(place, &eps): (usize, &f64)| {
        let found: Vec<_> = probes
            .iter()
            .filter_map(|(_, probe)| probe.at_sizes.get(place))
            .collect();
        let standing = found.iter().filter(|at| !at.broken).count();
        let (low, high) = wilson(standing, found.len());
        CurvePoint {
            eps,
            accuracy: share(standing, found.len()),
            low,
            high,
            count: found.len(),
            mean_margin: mean(found.iter().map(|at| f64::from(at.margin))),
        }
    };
    let attacked = setup.sizes().iter().enumerate().map(at);
    std::iter::once(clean).chain(attacked).collect()
}

/// A JSON object whose keys are in the order of the list.
mod in_order {
    use std::fmt;

    use serde::de::{MapAccess, Visitor};
    use serde::{Deserializer, Serializer};

    use super::AttackSummary;

    type List = Vec<(String, AttackSummary)>;

    pub fn serialize<S: Serializer>(list: &List, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(list.iter().map(|(name, summary)| (name, summary)))
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<List, D::Error> {
        struct Entries;

        impl<'de> Visitor<'de> for Entries {
            type Value = List;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("attacks by name")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<List, A::Error> {
                let mut list = List::new();
                while let Some(entry) = map.next_entry()? {
                    list.push(entry);
                }
                Ok(list)
            }
        }

        deserializer.deserialize_map(Entries)
    }
}
