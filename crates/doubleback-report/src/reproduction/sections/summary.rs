use maud::{Markup, html};

use crate::format::{self, interval, percent, short};
use crate::reproduction::context::Context;
use crate::reproduction::headline::headline;
use crate::svg::badge;
use doubleback_experiments::reproduce::model_names::{DOUBLEBACK, NORMAL};

/// The model that the headline is about.
const REGULARIZED: &str = DOUBLEBACK;

/// The top of the page: what was measured, in one sentence and one table.
pub fn header(context: &Context) -> Markup {
    let results = context.results;
    let eps = headline(context);
    html! {
        header.top {
            p.kicker { "doubleback " (results.run.version) " · reproduction of Ross & Doshi-Velez (AAAI 2018, arXiv 1711.09404)" }
            h1 { "Input gradient regularization on " (results.dataset) }
            (lede(context, eps))
            @if !results.data.notes.is_empty() {
                div.note { @for note in &results.data.notes { p { strong { (results.dataset) ": " } (note) } } }
            }
            @if context.is_small() { (small(context)) }
            @if let Some(eps) = eps { (glance(context, eps)) }
            dl.facts {
                @for (name, value) in facts(context) { div { dt { (name) } dd { (value) } } }
            }
        }
    }
}

fn facts(context: &Context) -> Vec<(&'static str, String)> {
    let results = context.results;
    let [channels, height, width] = results.data.shape;
    let mut facts = vec![
        ("Data set", results.dataset.clone()),
        ("Profile", results.profile.clone()),
        ("Seed", seeds(context)),
        ("Training images", format::count(results.data.train)),
        ("Validation images", format::count(results.data.validation)),
        ("Test images", format::count(results.data.test)),
        ("Image", format!("{height} × {width} × {channels}")),
        (
            "Pixel values",
            format!(
                "{} to {}",
                short(results.data.bounds[0].into()),
                short(results.data.bounds[1].into())
            ),
        ),
        ("Device", results.run.device.clone()),
        ("Threads", results.run.threads.to_string()),
        ("Instruction set", results.run.isa.clone()),
        ("Time", format::duration(results.seconds.total)),
    ];
    if let Some(preparation) = &results.data.preparation {
        facts.push(("Preparation", preparation.clone()));
    }
    facts
}

/// The seed of the run, or all of them.
fn seeds(context: &Context) -> String {
    let results = context.results;
    if results.seeds.len() < 2 {
        return results.seed.to_string();
    }
    results
        .seeds
        .iter()
        .map(|run| run.seed.to_string())
        .collect::<Vec<_>>()
        .join(", ")
}

fn lede(context: &Context, eps: Option<f64>) -> Markup {
    let results = context.results;
    let on = |crafted_on, evaluated_on| context.cell("fgsm", crafted_on, evaluated_on, eps?);
    let number = |cell: &doubleback::evaluate::TransferCell| {
        html! { strong { (percent(cell.accuracy)) } " " (interval(cell.low, cell.high)) }
    };
    let (Some(eps), Some(regularized), Some(normal)) = (eps, on(NORMAL, REGULARIZED), on(NORMAL, NORMAL)) else {
        return html! {
            p.lede { "This run has no FGSM examples for both " (NORMAL) " and " (REGULARIZED) ", so there is no main result to sum up." }
        };
    };
    html! {
        p.lede {
            "On FGSM examples crafted on the normal model at ε\u{a0}=\u{a0}" (short(eps)) ", " (REGULARIZED) " classifies "
            (number(regularized)) " correctly, the normal model " (number(normal)) "."
        }
        p {
            @if let (Some(regularized), Some(normal)) = (context.clean(REGULARIZED), context.clean(NORMAL)) {
                "On unperturbed images: " (percent(regularized.accuracy)) " and " (percent(normal.accuracy)) ". "
            }
            @if let Some(own) = on(REGULARIZED, REGULARIZED) {
                "On FGSM examples crafted on itself (white box) at the same ε, " (REGULARIZED) " classifies " (percent(own.accuracy)) " "
                (interval(own.low, own.high)) " correctly. "
            }
            "Brackets are 95\u{a0}% Wilson intervals over test images"
            @if context.seeds() > 1 { ", of seed " (results.seed) ". " } @else { "; they do not include what another seed would change. " }
            "ε is the smallest one measured at which the normal model is wrong on at least half of the images, or else the largest."
        }
    }
}

fn small(context: &Context) -> Markup {
    let results = context.results;
    let steps = results.training.values().map(|training| training.steps).max();
    html! {
        p.note {
            strong { "A small experiment. " }
            "It shows the direction of the effects, not their size: "
            (format::count(results.data.train)) " training images"
            @if let Some(steps) = steps { ", " (format::count(steps)) " training steps" }
            " and " (format::count(results.data.test)) " test images (the paper: 15,000 steps or more on 55,000 images of MNIST or 200,000 of the other sets). "
            @if context.published.is_some() {
                "The paper's numbers stand beside ours for orientation only."
            } @else {
                "It is not comparable with the paper's numbers, so they are not shown."
            }
        }
    }
}

/// The main numbers of every model at one eps.
fn glance(context: &Context, eps: f64) -> Markup {
    let share = |attack, crafted_on, evaluated_on| {
        context
            .cell(attack, crafted_on, evaluated_on, eps)
            .map_or(format::DASH.to_owned(), |cell| percent(cell.accuracy))
    };
    html! {
        div.scroll tabindex="0" role="region" aria-label="Main numbers" {
            table.numbers.glance {
                caption { "Accuracy of each model at ε\u{a0}=\u{a0}" (short(eps)) }
                thead {
                    tr {
                        td {}
                        td {}
                        @for attack in ["FGSM", "TGSM"] { th.over scope="colgroup" colspan="2" { (attack) } }
                    }
                    tr {
                        th scope="col" { "Model" }
                        th scope="col" { "Clean" }
                        @for _ in 0..2 {
                            th scope="col" { "crafted on normal" }
                            th scope="col" { "white box" }
                        }
                    }
                }
                tbody {
                    @for model in context.models() {
                        tr {
                            th scope="row" { (badge(context.slots.of(model), model)) }
                            td { (context.clean(model).map_or(format::DASH.to_owned(), |clean| percent(clean.accuracy))) }
                            td { (share("fgsm", NORMAL, model)) }
                            td { (share("fgsm", model, model)) }
                            td { (share("tgsm", NORMAL, model)) }
                            td { (share("tgsm", model, model)) }
                        }
                    }
                }
            }
        }
    }
}
