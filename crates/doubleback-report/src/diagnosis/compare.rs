//! Several models under the same attack: does a defense move, shrink or spread the damage?

use doubleback::diagnose::Estimate;
use doubleback::statistics::greatest_by;
use doubleback_experiments::diagnosis::ModelDiagnosis;
use maud::{Markup, html};

use super::view::{View, around, clearly_above, difference, difference_cell, dominant, share_cell, stages};
use super::vulnerability::point;
use crate::format::{DASH, attack_name, points, short};
use crate::page::{Content, Entry, Group, Table, scrolled};
use crate::svg::{Axis, Line, LineChart, Panel, Style};

/// Heading of the section, and title of its figure.
pub const TITLE: &str = "The models side by side";

/// The section.
pub fn body(view: &View) -> Markup {
    html! {
        (table(view))
        @if let Ok(content) = content(view) { (content.body(&html! {})) }
    }
}

/// The figure: none with fewer than two models or unlike stages.
pub fn content(view: &View) -> Result<Content, String> {
    let none = || "There are no two models with the same stages to compare.".to_owned();
    let first = view.models().next().filter(|_| view.several()).ok_or_else(none)?;
    let names = stages(first);
    if names.is_empty() || view.models().any(|model| stages(model) != names) {
        return Err(none());
    }
    let chart = |heading: &'static str,
                 axis: &'static str,
                 value: fn(&doubleback_experiments::diagnosis::LayerVulnerability) -> Estimate| {
        let line = |model: &ModelDiagnosis| Line {
            slot: view.slots.of(&model.model),
            name: model.model.clone(),
            style: Style::Ours,
            points: model
                .layers
                .iter()
                .enumerate()
                .map(|(index, layer)| point(index, &layer.layer, &value(layer)))
                .collect(),
        };
        let estimates: Vec<Estimate> = view.models().flat_map(|model| model.layers.iter().map(value)).collect();
        let (low, high) = around(estimates.iter());
        let words: Vec<String> = view
            .models()
            .map(|model| {
                let values: Vec<String> = model.layers.iter().map(|layer| points(value(layer).value)).collect();
                format!("{} {}", model.model, values.join(" "))
            })
            .collect();
        let chart = LineChart {
            x: Axis::stages("stage", names.clone()),
            y: Axis::percent(axis, low, high),
            head: "stage",
            description: format!(
                "{heading} of each model, stage by stage, in points: {}.",
                words.join("; ")
            ),
            lines: view.models().map(line).collect(),
            rules: Vec::new(),
        };
        Panel::new(heading, chart.draw())
    };
    Ok(Content {
        reading: reading(view),
        groups: vec![Group {
            heading: None,
            legend: view
                .models()
                .map(|model| Entry::ours(view.slots.of(&model.model), model.model.clone()))
                .collect(),
            panels: vec![
                chart("Added error up to each stage, r", "added error (points)", |layer| layer.r),
                chart("What each layer adds, v", "share of the damage (points)", |layer| layer.v),
            ],
        }],
        pictures: html! {},
        file_panels: Vec::new(),
        caption: "All models met the same attack at the same ε, each with its own gradients. A defense that helps lowers the curve at the left; one that only moves the turn to a later \
                  layer leaves its end where it was. Bands are 95\u{a0}% intervals over test images; each model is one training."
            .to_owned(),
        details: html! {},
        values: values(view),
    })
}

/// Each model beside the first.
fn reading(view: &View) -> String {
    let Some(base) = view.models().next() else {
        return String::new();
    };
    let sentences = view.models().skip(1).filter_map(|model| {
        let (own, other) = (dominant(model)?, dominant(base)?);
        let damage = if clearly_above(&base.attack.damage, &model.attack.damage) {
            "less damage than"
        } else if clearly_above(&model.attack.damage, &base.attack.damage) {
            "more damage than"
        } else {
            "no clearly different damage from"
        };
        let place = if own.layer == other.layer {
            format!("the most still arises at {}", own.layer)
        } else {
            format!("the most arises at {} instead of {}", own.layer, other.layer)
        };
        let everywhere = model
            .layers
            .iter()
            .zip(&base.layers)
            .filter(|(own, other)| clearly_above(&other.r, &own.r))
            .count();
        Some(format!(
            "{} takes {damage} {} ({} against {} points); {place}; its added error is clearly lower at {everywhere} of {} stages.",
            model.model,
            base.model,
            points(model.attack.damage.value),
            points(base.attack.damage.value),
            model.layers.len()
        ))
    });
    sentences.collect::<Vec<_>>().join(" ")
}

fn table(view: &View) -> Markup {
    let table = html! {
        table.numbers {
            thead {
                tr {
                    th scope="col" { "Model" }
                    th scope="col" { "Error, clean" }
                    th scope="col" { "Error, attacked" }
                    th scope="col" { "Damage" }
                    th scope="col" { "Attack succeeds" }
                    th.text scope="col" { "Most arises at" }
                    th.text scope="col" { "Most images turn at" }
                }
            }
            tbody {
                @for model in view.models() {
                    tr {
                        th scope="row" { (view.badge(model)) }
                        (share_cell(&model.clean_error))
                        (share_cell(&model.attack.error))
                        (difference_cell(&model.attack.damage))
                        (share_cell(&model.attack.success))
                        td.text { (dominant(model).map_or(DASH.to_owned(), |layer| format!("{}: {}", layer.layer, difference(&layer.v)))) }
                        td.text { (turns(model)) }
                    }
                }
            }
        }
        @if let Some(model) = view.models().next() {
            p.caption { (attack_name(&model.attack.name)) ", ε\u{a0}=\u{a0}" (short(model.attack.eps)) ". Errors in percent, differences in points." }
        }
    };
    scrolled("Models side by side", &table)
}

fn turns(model: &ModelDiagnosis) -> String {
    let stages = model
        .flips
        .iter()
        .filter(|flip| flip.layer != "none" && flip.fooled > 0);
    let most = greatest_by(stages, |flip| flip.fooled as f64);
    most.map_or(DASH.to_owned(), |flip| flip.layer.clone())
}

fn values(view: &View) -> Table {
    let mut table = Table::new(&["model", "stage", "r", "r_low", "r_high", "v", "v_low", "v_high"]);
    for model in view.models() {
        for layer in &model.layers {
            table.row([
                model.model.as_str().into(),
                layer.layer.as_str().into(),
                layer.r.value.into(),
                layer.r.low.into(),
                layer.r.high.into(),
                layer.v.value.into(),
                layer.v.low.into(),
                layer.v.high.into(),
            ]);
        }
    }
    table
}
