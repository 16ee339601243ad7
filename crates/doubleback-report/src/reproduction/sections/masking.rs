use doubleback::evaluate::masking::{
    Flag, MARGIN_FALL, ZERO_GRADIENT_SHARE, greatest_fall, loss_underflow, zero_gradients,
};
use doubleback::evaluate::{MarginCheck, Masking};
use maud::{Markup, html};

use crate::format::{self, attack_name, percent, short, whole_percent};
use crate::page::{caption, missing};
use crate::reproduction::context::Context;
use crate::svg::{Axis, Line, LineChart, Look, Panel, Point, Style, badge};

pub fn body(context: &Context) -> Markup {
    let results = context.results;
    if results.masking.is_empty() && results.margin_check.is_empty() {
        return missing("Gradient masking was not measured in this run.");
    }
    html! {
        p {
            "In float32 the cross-entropy of a very confident prediction, and with it its gradient, rounds to exactly zero. "
            "The sign of zero is zero, so FGSM returns such an image unchanged and counts it as withstood. "
            "That is no robustness: an attack on the logit margin, which does not underflow, shows what is left."
        }
        (findings(context))
        @if results.masking.is_empty() {
            (missing("Images with a zero gradient were not counted in this run."))
        } @else {
            (zero_gradient_table(context))
        }
        @if results.margin_check.is_empty() {
            (missing("FGSM on the logit margin was not run."))
        } @else {
            (margin(context))
        }
    }
}

/// The checks of one model.
fn checks<'a>(context: &Context<'a>, model: &str) -> impl Iterator<Item = &'a MarginCheck> {
    let all = context.results.margin_check.iter();
    all.filter(move |check| check.model == model)
}

/// A sentence for each model that masks its gradients.
fn findings(context: &Context) -> Markup {
    let sentences: Vec<Markup> = context.models().filter_map(|model| finding(context, model)).collect();
    html! {
        @if sentences.is_empty() {
            p.note.good {
                strong { "No model masks its gradients notably: " }
                "none has a zero FGSM gradient on more than " (whole_percent(ZERO_GRADIENT_SHARE)) " of the images, and none loses more than "
                (format!("{:.0}", 100.0 * MARGIN_FALL)) " points under the margin."
            }
        } @else {
            @for sentence in sentences { p.note { (sentence) } }
        }
    }
}

fn finding(context: &Context, model: &str) -> Option<Markup> {
    let masking = context
        .results
        .masking
        .get(model)
        .and_then(|attacks| attacks.get("fgsm"));
    let zero = masking.and_then(zero_gradients);
    let fall = loss_underflow(checks(context, model));
    if zero.is_none() && fall.is_none() {
        return None;
    }
    let number = |flag: &Flag, name: &str| flag.evidence(name).unwrap_or(f64::NAN);
    Some(html! {
        strong { (model) @if zero.is_some() { " masks its gradients. " } @else { " looks more robust under FGSM than it is. " } }
        @if let Some(flag) = &zero {
            "On " (percent(number(flag, "share"))) " of the images its FGSM gradient is exactly zero: these are returned unchanged, so "
            "its FGSM accuracy overstates its robustness, and examples crafted on it are weaker than they look. "
        }
        @if let Some(flag) = &fall {
            "At ε\u{a0}=\u{a0}" (short(number(flag, "eps"))) ", it keeps " (percent(number(flag, "cross_entropy_accuracy")))
            " under FGSM on the cross-entropy and " (percent(number(flag, "margin_accuracy"))) " under FGSM on the margin."
        }
    })
}

fn zero_gradient_table(context: &Context) -> Markup {
    let mut attacks: Vec<&str> = context
        .results
        .masking
        .values()
        .flat_map(|attacks| attacks.keys().map(String::as_str))
        .collect();
    attacks.sort_unstable();
    attacks.dedup();
    html! {
        h3 { "Images whose gradient is exactly zero" }
        div.scroll tabindex="0" role="region" aria-label="Images whose gradient is exactly zero" {
            table.numbers {
                thead {
                    tr {
                        th scope="col" { "Model" }
                        @for attack in &attacks { th scope="col" { (attack_name(attack)) " loss" } }
                    }
                }
                tbody {
                    @for (model, counts) in models_first(context) {
                        tr {
                            th scope="row" { (badge(context.slots.of(model), model)) }
                            @for attack in &attacks {
                                @if let Some(masking) = counts.get(*attack) {
                                    td {
                                        (format::count(masking.zero_gradient_images)) " of " (format::count(masking.count))
                                        @if let Some(share) = masking.share() { " (" (percent(share)) ")" }
                                    }
                                } @else { td { (format::DASH) } }
                            }
                        }
                    }
                }
            }
        }
    }
}

type Counts = std::collections::BTreeMap<String, Masking>;

/// The models in the order of the run.
fn models_first<'a>(context: &Context<'a>) -> Vec<(&'a str, &'a Counts)> {
    let results = context.results;
    context
        .models()
        .filter_map(|model| Some((model, results.masking.get(model)?)))
        .collect()
}

fn margin(context: &Context) -> Markup {
    let largest = context
        .results
        .margin_check
        .iter()
        .map(|check| check.eps)
        .filter(|eps| eps.is_finite())
        .fold(0.0, f64::max);
    html! {
        h3 { "White-box FGSM on two losses" }
        figure.group {
            div.charts {
                @for (model, lines) in context.models().map(|model| (model, lines(context, model))).filter(|(_, lines)| !lines.is_empty()) {
                    (Panel { model: Some((context.slots.of(model), model.to_owned())), ..Panel::new("", LineChart {
                        x: Axis::linear("ε", 0.0, largest),
                        y: Axis::percent("accuracy (%)", 0.0, 1.0),
                        head: "ε\u{a0}=",
                        description: describe(context, model),
                        lines,
                        rules: Vec::new(),
                    }.draw()) }.inline())
                }
            }
            (caption(None, &html! {
                "Accuracy of each model under FGSM with its own gradients. Solid with filled markers: gradient of the cross-entropy, as in the paper. "
                "Dashed with hollow markers: gradient of the logit margin. Where the dashed line lies far below the solid one, the solid one is an artifact of underflow."
            }))
        }
    }
}

fn lines(context: &Context, model: &str) -> Vec<Line> {
    let mut checks: Vec<_> = checks(context, model).collect();
    if checks.is_empty() {
        return Vec::new();
    }
    checks.sort_by(|a, b| a.eps.total_cmp(&b.eps));
    let point = |eps, accuracy| Point {
        x: eps,
        y: accuracy,
        interval: None,
        text: (short(eps), percent(accuracy)),
        look: Look::Plain,
    };
    let line = |name: &str, style, points| Line {
        slot: context.slots.of(model),
        name: name.to_owned(),
        style,
        points,
    };
    vec![
        line(
            "cross-entropy",
            Style::Ours,
            checks
                .iter()
                .map(|check| point(check.eps, check.cross_entropy_accuracy))
                .collect(),
        ),
        line(
            "margin",
            Style::Published,
            checks
                .iter()
                .map(|check| point(check.eps, check.margin_accuracy))
                .collect(),
        ),
    ]
}

fn describe(context: &Context, model: &str) -> String {
    let fall = greatest_fall(checks(context, model)).map_or(String::new(), |check| {
        format!(
            " Farthest apart at ε {}: {} and {}.",
            short(check.eps),
            percent(check.cross_entropy_accuracy),
            percent(check.margin_accuracy)
        )
    });
    format!("Accuracy of {model} by ε under FGSM on the cross-entropy and on the margin.{fall}")
}
