use doubleback::diagnose::Estimate;
use doubleback_experiments::diagnosis::ModelDiagnosis;
use maud::{Markup, html};

use super::view::{View, difference, share};
use crate::format::percent;
use crate::sections::missing;
use crate::tables::scrolled;

/// Least agreement, on clean images at every stage and on attacked ones at the last.
pub const AGREEMENT: f64 = 0.95;
/// Greatest distance of the shares' sum from the damage.
const CONSISTENCY: f64 = 0.03;
/// Success of the attack between which stages can be ranked.
const SUCCESS: (f64, f64) = (0.3, 0.8);

/// A bar that was set before anything was measured.
pub struct Check {
    /// What is asked, in words.
    pub question: &'static str,
    /// The bar.
    pub bar: &'static str,
    /// What was measured.
    pub measured: String,
    /// Whether it is within the bar; nothing where it was not measured.
    pub passed: Option<bool>,
    /// Whether the interval lies on both sides of the bar.
    pub close: bool,
}

/// The checks of one model.
pub fn checks(model: &ModelDiagnosis) -> [Check; 5] {
    [
        clean(model),
        last(model),
        turn(model),
        consistency(model),
        success(model),
    ]
}

/// The questions of the checks that were missed.
pub fn missed(model: &ModelDiagnosis) -> Vec<&'static str> {
    let checks = checks(model);
    let missed = checks.iter().filter(|check| check.passed != Some(true));
    missed.map(|check| check.question).collect()
}

fn check(question: &'static str, bar: &'static str, measured: Option<(String, bool, bool)>) -> Check {
    let (measured, passed, close) = match measured {
        Some((measured, passed, close)) => (measured, Some(passed), close),
        None => ("not measured".to_owned(), None, false),
    };
    Check {
        question,
        bar,
        measured,
        passed,
        close,
    }
}

fn least(model: &ModelDiagnosis) -> Option<(&str, Estimate)> {
    let all = model
        .layers
        .iter()
        .map(|layer| (layer.layer.as_str(), layer.agreement.clean_prediction));
    all.filter(|(_, estimate)| estimate.value.is_finite())
        .min_by(|a, b| a.1.value.total_cmp(&b.1.value))
}

fn clean(model: &ModelDiagnosis) -> Check {
    let measured = least(model).map(|(layer, estimate)| {
        (
            format!("least at {layer}: {}", share(&estimate)),
            estimate.value >= AGREEMENT,
            straddles(&estimate, AGREEMENT),
        )
    });
    check(
        "Explanations of clean images show the class that the network gives the image",
        "at least 95\u{a0}% at every stage",
        measured,
    )
}

fn last(model: &ModelDiagnosis) -> Check {
    let measured = model.layers.last().map(|layer| {
        let estimate = layer.agreement.attacked_prediction;
        (
            format!("{}: {}", layer.layer, share(&estimate)),
            estimate.value >= AGREEMENT,
            straddles(&estimate, AGREEMENT),
        )
    });
    check(
        "At the last stage, explanations of attacked images show the class that the network gives the attacked image",
        "at least 95\u{a0}%",
        measured.filter(|_| finite(model)),
    )
}

fn finite(model: &ModelDiagnosis) -> bool {
    let last = model.layers.last();
    last.is_some_and(|layer| layer.agreement.attacked_prediction.value.is_finite())
}

fn turn(model: &ModelDiagnosis) -> Check {
    let measured = model.layers.first().zip(model.layers.last()).map(|(first, last)| {
        let (first, last) = (&first.agreement, &last.agreement);
        let passed = last.attacked_prediction.low > first.attacked_prediction.high
            && last.attacked_truth.high < first.attacked_truth.low;
        (
            format!(
                "attacked answer {} → {}, truth {} → {}",
                percent(first.attacked_prediction.value),
                percent(last.attacked_prediction.value),
                percent(first.attacked_truth.value),
                percent(last.attacked_truth.value)
            ),
            passed,
            false,
        )
    });
    check(
        "From the first stage to the last, explanations of attacked images turn from the truth to the network's answer",
        "the one rises, the other falls, intervals apart",
        measured,
    )
}

fn consistency(model: &ModelDiagnosis) -> Check {
    let gap = &model.consistency;
    let measured = gap.value.is_finite().then(|| {
        (
            format!("{} points", difference(gap)),
            gap.value.abs() <= CONSISTENCY,
            straddles(gap, CONSISTENCY) || straddles(gap, -CONSISTENCY),
        )
    });
    check(
        "Added error at the last stage is the damage that the attack really does",
        "within 3 points",
        measured,
    )
}

fn success(model: &ModelDiagnosis) -> Check {
    let success = &model.attack.success;
    let measured = success.value.is_finite().then(|| {
        (
            share(success),
            (SUCCESS.0..=SUCCESS.1).contains(&success.value),
            straddles(success, SUCCESS.0) || straddles(success, SUCCESS.1),
        )
    });
    check(
        "The attack succeeds often, but not always: at either end no stage can stand out",
        "30 to 80\u{a0}% of images",
        measured,
    )
}

fn straddles(estimate: &Estimate, bar: f64) -> bool {
    estimate.low < bar && bar < estimate.high
}

/// The section.
pub fn body(view: &View) -> Markup {
    if view.results.models.is_empty() {
        return missing("No model was diagnosed.");
    }
    html! {
        p {
            "The pictures and numbers below mean what they seem to mean only if the explanations are faithful. These bars were fixed before anything "
            "was measured; a missed one is said here and stays said."
        }
        @for model in view.models() {
            @if view.several() { h3 { (view.badge(model)) } }
            (scrolled("Checks", &table(model)))
        }
        p.caption {
            "Brackets are 95\u{a0}% intervals over test images. A check is passed or missed by its value alone; where the interval lies on both sides "
            "of the bar, more images could turn the verdict, and the row says so."
        }
    }
}

fn table(model: &ModelDiagnosis) -> Markup {
    html! {
        table.numbers.checks {
            thead {
                tr {
                    th.text scope="col" { "Check" }
                    th.text scope="col" { "Bar" }
                    th.text scope="col" { "Measured" }
                    th.text scope="col" { "Outcome" }
                }
            }
            tbody {
                @for check in checks(model) {
                    tr {
                        th scope="row" { (check.question) }
                        td.text { (check.bar) }
                        td.text { (check.measured) @if check.close { " " span.interval { "(close)" } } }
                        td.text { (outcome(check.passed)) }
                    }
                }
            }
        }
    }
}

fn outcome(passed: Option<bool>) -> Markup {
    let (class, sign, text) = match passed {
        Some(true) => ("holds", "✓", "Passed"),
        Some(false) => ("does-not-hold", "✗", "Missed"),
        None => ("undecided", "?", "Not measured"),
    };
    html! { span class={ "verdict " (class) } { span aria-hidden="true" { (sign) " " } (text) } }
}
