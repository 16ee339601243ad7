//! The bars that a diagnosis has to clear before its explanations may be believed, and how a model's numbers compare with them.
//!
//! The bars were fixed before anything was measured. What they mean is said here; in which words a reader is told is for reports.

use super::measurements::{Agreement, Estimate};
use crate::statistics::least_by;

/// Least share of explanations to which the oracle gives the class that the network gives the image: on clean images at every stage, on
/// attacked ones at the last.
pub const AGREEMENT: f64 = 0.95;
/// Greatest distance, as a share of images, of the added error at the last stage from the damage that the attack really does.
pub const CONSISTENCY: f64 = 0.03;
/// Shares of images between which an attack should succeed. Near 0 and 1 every layer's share of the damage is nothing or all.
pub const SUCCESS: [f64; 2] = [0.3, 0.8];

/// What a check asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum CheckName {
    /// Whether explanations of clean images show the class that the network gives the image, at every stage.
    CleanAgreement,
    /// Whether explanations of attacked images show the class that the network gives the attacked image, at the last stage.
    AttackedAgreement,
    /// Whether explanations of attacked images turn from the truth to the network's answer between the first stage and the last.
    Turn,
    /// Whether the added error at the last stage is the damage that the attack really does.
    Consistency,
    /// Whether the attack succeeds on some images and fails on others.
    Success,
}

/// What a measured value is compared with. Values are shares in [0, 1] and their differences.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Bar {
    /// The value must be at least this.
    AtLeast(f64),
    /// The value must be at most this far from zero.
    Within(f64),
    /// The value must lie between these two, ends included.
    Between([f64; 2]),
    /// One value must rise and another fall, with intervals that do not overlap.
    Apart,
}

/// What a check looked at.
#[derive(Clone, Debug, PartialEq)]
pub enum Measured {
    /// There was nothing to look at.
    Nothing,
    /// One number.
    Value(Estimate),
    /// The number of one stage: the least of all, or the last.
    Stage(String, Estimate),
    /// Numbers at the first and the last stage.
    Turn {
        /// Share of attacked images whose explanation shows the network's answer.
        prediction: [f64; 2],
        /// Share of attacked images whose explanation shows the true class.
        truth: [f64; 2],
    },
}

/// The outcome of one check.
#[derive(Clone, Debug, PartialEq)]
pub struct Check {
    /// What was asked.
    pub name: CheckName,
    /// What the measured value is compared with.
    pub bar: Bar,
    /// What was measured.
    pub measured: Measured,
    /// Whether it clears the bar; nothing where it was not measured.
    pub held: Option<bool>,
    /// Whether the interval lies on both sides of the bar: more images could turn the outcome.
    pub close: bool,
    /// Names of the stages that miss the bar, where single stages have to clear it.
    pub missed_at: Vec<String>,
}

/// The five checks of one model. `stages` are the studied stages from first to last; `consistency` is the added error at the last stage less the
/// damage of the attack; `success` the share of correctly classified images that the attack turned wrong.
pub fn checks(stages: &[(&str, &Agreement)], consistency: Estimate, success: Estimate) -> [Check; 5] {
    [
        clean_agreement(stages),
        attacked_agreement(stages),
        turn(stages),
        of_value(CheckName::Consistency, Bar::Within(CONSISTENCY), consistency),
        of_value(CheckName::Success, Bar::Between(SUCCESS), success),
    ]
}

/// Whether an oracle errs on clean images more often than explanations may disagree: it can hardly read explanations better than images.
pub fn oracle_is_weak(error: &Estimate) -> bool {
    error.value > 1.0 - AGREEMENT
}

impl Bar {
    /// Whether a value clears the bar; [`Bar::Apart`] is for no single value.
    fn holds(&self, value: f64) -> bool {
        match *self {
            Bar::AtLeast(least) => value >= least,
            Bar::Within(most) => value.abs() <= most,
            Bar::Between([low, high]) => (low..=high).contains(&value),
            Bar::Apart => false,
        }
    }

    /// Whether an interval lies on both sides of the bar.
    fn is_close(&self, estimate: &Estimate) -> bool {
        let straddles = |bar: f64| estimate.low < bar && bar < estimate.high;
        match *self {
            Bar::AtLeast(least) => straddles(least),
            Bar::Within(most) => straddles(most) || straddles(-most),
            Bar::Between([low, high]) => straddles(low) || straddles(high),
            Bar::Apart => false,
        }
    }
}

impl Check {
    fn new(name: CheckName, bar: Bar) -> Self {
        Self {
            name,
            bar,
            measured: Measured::Nothing,
            held: None,
            close: false,
            missed_at: Vec::new(),
        }
    }

    fn measured(self, estimate: &Estimate, measured: Measured) -> Self {
        Self {
            measured,
            held: Some(self.bar.holds(estimate.value)),
            close: self.bar.is_close(estimate),
            ..self
        }
    }
}

fn of_value(name: CheckName, bar: Bar, estimate: Estimate) -> Check {
    let check = Check::new(name, bar);
    if estimate.value.is_finite() {
        check.measured(&estimate, Measured::Value(estimate))
    } else {
        check
    }
}

/// The stages of which a share is known.
fn known<'a>(
    stages: &[(&'a str, &'a Agreement)],
    share: fn(&Agreement) -> Estimate,
) -> impl Iterator<Item = (&'a str, Estimate)> {
    let all = stages.iter().map(move |&(stage, agreement)| (stage, share(agreement)));
    all.filter(|(_, estimate)| estimate.value.is_finite())
}

fn missed_at<'a>(stages: impl Iterator<Item = (&'a str, Estimate)>, bar: &Bar) -> Vec<String> {
    let missed = stages.filter(|(_, estimate)| !bar.holds(estimate.value));
    missed.map(|(stage, _)| stage.to_owned()).collect()
}

fn clean_agreement(stages: &[(&str, &Agreement)]) -> Check {
    let check = Check::new(CheckName::CleanAgreement, Bar::AtLeast(AGREEMENT));
    let shares = || known(stages, |agreement| agreement.clean_prediction);
    match least_by(shares(), |(_, share)| share.value) {
        Some((stage, least)) => Check {
            missed_at: missed_at(shares(), &check.bar),
            ..check.measured(&least, Measured::Stage(stage.to_owned(), least))
        },
        None => check,
    }
}

fn attacked_agreement(stages: &[(&str, &Agreement)]) -> Check {
    let check = Check::new(CheckName::AttackedAgreement, Bar::AtLeast(AGREEMENT));
    let last = &stages[stages.len().saturating_sub(1)..];
    let shares = || known(last, |agreement| agreement.attacked_prediction);
    match shares().next() {
        Some((stage, share)) => Check {
            missed_at: missed_at(shares(), &check.bar),
            ..check.measured(&share, Measured::Stage(stage.to_owned(), share))
        },
        None => check,
    }
}

fn turn(stages: &[(&str, &Agreement)]) -> Check {
    let check = Check::new(CheckName::Turn, Bar::Apart);
    let Some(((_, first), (_, last))) = stages.first().zip(stages.last()) else {
        return check;
    };
    let rises = last.attacked_prediction.low > first.attacked_prediction.high;
    let falls = last.attacked_truth.high < first.attacked_truth.low;
    Check {
        measured: Measured::Turn {
            prediction: [first.attacked_prediction.value, last.attacked_prediction.value],
            truth: [first.attacked_truth.value, last.attacked_truth.value],
        },
        held: Some(rises && falls),
        ..check
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn about(value: f64) -> Estimate {
        Estimate {
            value,
            low: value - 0.01,
            high: value + 0.01,
        }
    }

    fn agreement(clean: f64, truth: f64, prediction: f64) -> Agreement {
        Agreement {
            clean_prediction: about(clean),
            attacked_truth: about(truth),
            attacked_prediction: about(prediction),
            fooled_prediction: about(prediction),
        }
    }

    fn of(stages: &[Agreement], consistency: f64, success: f64) -> [Check; 5] {
        let names = ["input", "pool", "logits"];
        let stages: Vec<_> = names.into_iter().zip(stages).collect();
        checks(&stages, about(consistency), about(success))
    }

    fn held(checks: &[Check]) -> Vec<Option<bool>> {
        checks.iter().map(|check| check.held).collect()
    }

    #[test]
    fn a_faithful_diagnosis_holds_every_bar() {
        let stages = [
            agreement(0.99, 0.9, 0.1),
            agreement(0.97, 0.5, 0.5),
            agreement(0.98, 0.2, 0.97),
        ];
        let checks = of(&stages, -0.01, 0.5);
        assert_eq!(held(&checks), [Some(true); 5]);
        assert_eq!(checks[0].measured, Measured::Stage("pool".to_owned(), about(0.97)));
        assert_eq!(checks[1].measured, Measured::Stage("logits".to_owned(), about(0.97)));
        assert!(checks.iter().all(|check| !check.close && check.missed_at.is_empty()));
    }

    #[test]
    fn what_misses_a_bar_says_where() {
        let stages = [
            agreement(0.9, 0.5, 0.4),
            agreement(0.97, 0.5, 0.5),
            agreement(0.8, 0.5, 0.4),
        ];
        let checks = of(&stages, -0.05, 0.9);
        assert_eq!(held(&checks), [Some(false); 5]);
        assert_eq!(checks[0].missed_at, ["input", "logits"]);
        assert_eq!(checks[1].missed_at, ["logits"]);
    }

    #[test]
    fn an_interval_on_both_sides_of_a_bar_is_close() {
        let stages = [agreement(0.955, 0.9, 0.1), agreement(0.955, 0.2, 0.945)];
        let checks = of(&stages, -0.031, 0.795);
        assert_eq!(
            held(&checks),
            [Some(true), Some(false), Some(true), Some(false), Some(true)]
        );
        let close: Vec<bool> = checks.iter().map(|check| check.close).collect();
        assert_eq!(close, [true, true, false, true, true]);
    }

    #[test]
    fn what_was_not_measured_neither_holds_nor_misses() {
        assert_eq!(held(&of(&[], f64::NAN, f64::NAN)), [None; 5]);
        let unknown = agreement(f64::NAN, 0.5, f64::NAN);
        assert_eq!(held(&of(&[unknown], 0.0, 0.5))[..2], [None; 2]);
    }

    #[test]
    fn an_oracle_that_errs_more_often_than_explanations_may_is_weak() {
        assert!(oracle_is_weak(&about(0.06)));
        assert!(!oracle_is_weak(&about(0.04)));
    }
}
