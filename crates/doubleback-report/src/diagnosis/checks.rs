//! Whether the explanations can be trusted: the bars of the diagnosis in words, and what a model's numbers were beside them.

use doubleback::diagnose::{Bar, Check, CheckName, Measured};

use doubleback_experiments::diagnosis::ModelDiagnosis;
use maud::{Markup, html};

use super::view::{View, difference, share, window};
use crate::format::{percent, whole_percent};
use crate::page::{missing, scrolled};

/// The questions of the checks that were missed or could not be made.
pub fn missed(model: &ModelDiagnosis) -> Vec<&'static str> {
    let checks = model.checks();
    let missed = checks.iter().filter(|check| check.held != Some(true));
    missed.map(question).collect()
}

fn question(check: &Check) -> &'static str {
    match check.name {
        CheckName::CleanAgreement => "Explanations of clean images show the class that the network gives the image",
        CheckName::AttackedAgreement => {
            "At the last stage, explanations of attacked images show the class that the network gives the attacked image"
        }
        CheckName::Turn => {
            "From the first stage to the last, explanations of attacked images turn from the truth to the network's answer"
        }
        CheckName::Consistency => "Added error at the last stage is the damage that the attack really does",
        CheckName::Success => "The attack succeeds often, but not always: at either end no stage can stand out",
    }
}

fn bar(check: &Check) -> String {
    match check.bar {
        Bar::AtLeast(share) if check.name == CheckName::CleanAgreement => {
            format!("at least {} at every stage", whole_percent(share))
        }
        Bar::AtLeast(share) => format!("at least {}", whole_percent(share)),
        Bar::Within(share) => format!("within {:.0} points", 100.0 * share),
        Bar::Between(shares) => format!("{} of images", window(shares)),
        Bar::Apart => "the one rises, the other falls, intervals apart".to_owned(),
    }
}

fn measured(check: &Check) -> String {
    match &check.measured {
        Measured::Nothing => "not measured".to_owned(),
        Measured::Value(estimate) if check.name == CheckName::Consistency => {
            format!("{} points", difference(estimate))
        }
        Measured::Value(estimate) => share(estimate),
        Measured::Stage(stage, estimate) if check.name == CheckName::CleanAgreement => {
            format!("least at {stage}: {}", share(estimate))
        }
        Measured::Stage(stage, estimate) => format!("{stage}: {}", share(estimate)),
        Measured::Turn { prediction, truth } => {
            let turn = |[first, last]: [f64; 2]| format!("{} → {}", percent(first), percent(last));
            format!("attacked answer {}, truth {}", turn(*prediction), turn(*truth))
        }
    }
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
                @for check in model.checks() {
                    tr {
                        th scope="row" { (question(&check)) }
                        td.text { (bar(&check)) }
                        td.text { (measured(&check)) @if check.close { " " span.interval { "(close)" } } }
                        td.text { (outcome(check.held)) }
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
