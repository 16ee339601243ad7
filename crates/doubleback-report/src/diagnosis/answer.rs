use doubleback::diagnose::{SUCCESS, oracle_is_weak};
use doubleback_experiments::diagnosis::ModelDiagnosis;
use maud::{Markup, html};

use super::checks::missed;
use super::view::{View, clearly_above, difference, dominant, second, share, unsigned, window};
use crate::format::{self, attack_name, points, points_interval, short};

/// The top of the page: the answer in one sentence, and what it rests on.
pub fn header(view: &View) -> Markup {
    let results = view.results;
    html! {
        header.top {
            p.kicker {
                "doubleback " (results.run.version) " · layer-by-layer diagnosis after Zheng et al. (2020, arXiv 2007.08716), in this project's own formulation"
            }
            h1 { "Which layer turns the attack into a wrong answer, on " (results.dataset) }
            @if let Some(model) = results.models.first() {
                p.lede { (answer(view, model)) }
                @for other in results.models.iter().skip(1) { p.lede { (answer(view, other)) } }
                p { (background(view, model)) }
                (warnings(view))
            } @else {
                p.lede { "No model was diagnosed." }
            }
            @if results.profile == "quick" { (small(view)) }
            dl.facts { @for (name, value) in facts(view) { div { dt { (name) } dd { (value) } } } }
        }
    }
}

/// One sentence: the stage with the greatest share of the damage, the share and its rival.
fn answer(view: &View, model: &ModelDiagnosis) -> Markup {
    let attack = &model.attack;
    let Some(first) = dominant(model) else {
        return html! { "No stage of the " (model.model) " model was measured." };
    };
    let next = second(model, first);
    let size = format!("{} at ε\u{a0}=\u{a0}{}", attack_name(&attack.name), short(attack.eps));
    if attack.damage.value <= 0.0 {
        return html! {
            @if view.several() { "The " (view.badge(model)) " network: " }
            (size) " adds no error (" (difference(&attack.damage)) " points), so there is nothing to share out among layers."
        };
    }
    html! {
        @if view.several() { "The " (view.badge(model)) " network: of " } @else { "Of " }
        "the " (unsigned(attack.damage.value)) " points of error that " (size) " adds, the most arise at " strong { (first.layer) } ": "
        strong { (unsigned(first.v.value)) " points" } " " (points_interval(first.v.low, first.v.high))
        @match next {
            Some(next) if clearly_above(&first.v, &next.v) => { ", clearly more than at " (next.layer) " (" (points(next.v.value)) ")." }
            Some(next) => { ", not clearly more than at " (next.layer) " (" (difference(&next.v)) ")." }
            None => { "." }
        }
    }
}

fn background(view: &View, model: &ModelDiagnosis) -> Markup {
    let attack = &model.attack;
    html! {
        (attack_name(&attack.name)) " turns " (share(&attack.success)) " of the images that the network had right into wrong answers"
        @if attack.chosen { " (ε was chosen from a sweep, so that the attack succeeds on " (window(SUCCESS)) ")" }
        ". A stage's share is by how much the error of the pictures that its features can be turned back into rises from the stage before it. "
        "Brackets are 95\u{a0}% intervals over " (format::count(view.results.count)) " test images, not over trainings of the network or of the generators."
    }
}

fn warnings(view: &View) -> Markup {
    html! {
        @for model in view.models() {
            @let missed = missed(model);
            @if !missed.is_empty() {
                div.note {
                    p {
                        strong { "Read with care. " }
                        @if view.several() { "On the " (model.model) " model, " }
                        (missed.len()) " of " (model.checks().len()) " " a href="#checks" { "checks" } " of the explanations "
                        @if missed.len() == 1 { "was" } @else { "were" } " not passed:"
                    }
                    ul.plain-list { @for question in missed { li { (question) "." } } }
                    @if oracle_is_weak(&view.results.oracle.error) {
                        p {
                            "The oracle itself errs on " (share(&view.results.oracle.error)) " of the images, and explanations can hardly be read better than those: a better "
                            "oracle comes first."
                        }
                    }
                }
            }
            @if model.attack.zero_gradient_images > 0 {
                div.note {
                    p {
                        strong { "Gradient masking. " }
                        "On " (format::count(model.attack.zero_gradient_images)) " images the gradient of the " (model.model)
                        " model was exactly zero: the attack had nothing to follow there, and the damage is understated."
                    }
                }
            }
        }
    }
}

fn small(view: &View) -> Markup {
    html! {
        p.note {
            strong { "A small experiment. " }
            "Profile " (view.results.profile) ": short trainings of the generators and few images. It shows how the diagnosis works rather than what it finds."
        }
    }
}

fn facts(view: &View) -> Vec<(&'static str, String)> {
    let results = view.results;
    let [channels, height, width] = results.shape;
    let mut facts = vec![
        ("Data set", results.dataset.clone()),
        ("Profile", results.profile.clone()),
        ("Seed", results.seed.to_string()),
        ("Test images", format::count(results.count)),
        ("Image", format!("{height} × {width} × {channels}")),
        ("ε in", view.unit()),
        ("Oracle's own error", share(&results.oracle.error)),
        ("Device", results.run.device.clone()),
        ("Threads", results.run.threads.to_string()),
        ("Instruction set", results.run.isa.clone()),
    ];
    if let Some(total) = results.seconds.get("total") {
        facts.push(("Time", format::duration(*total)));
    }
    facts
}
