//! Whose class the explanations show: the network's, under attack and without, or the true one.

use doubleback::diagnose::{AGREEMENT, Agreement, Estimate};

use doubleback_experiments::diagnosis::ModelDiagnosis;
use maud::{Markup, html};

use super::view::{View, ends, share, share_cell, stages};
use crate::format::{percent, whole_percent};
use crate::page::{Content, Entry, Group, Table, unfolded};
use crate::svg::{Axis, Line, LineChart, Look, Panel, Point, Style};

struct Kind {
    slot: usize,
    name: &'static str,
    column: &'static str,
    value: fn(&Agreement) -> Estimate,
}

const KINDS: [Kind; 4] = [
    Kind {
        slot: 3,
        name: "clean images: the network's answer",
        column: "Clean: network's answer",
        value: |agreement| agreement.clean_prediction,
    },
    Kind {
        slot: 4,
        name: "attacked images: the true class",
        column: "Attacked: true class",
        value: |agreement| agreement.attacked_truth,
    },
    Kind {
        slot: 2,
        name: "attacked images: the network's answer to them",
        column: "Attacked: network's answer",
        value: |agreement| agreement.attacked_prediction,
    },
    Kind {
        slot: 1,
        name: "images that the attack turned wrong: the network's wrong answer",
        column: "Turned wrong: network's answer",
        value: |agreement| agreement.fooled_prediction,
    },
];

/// The figure.
pub fn content(view: &View) -> Result<Content, String> {
    if view.models().all(|model| model.layers.is_empty()) {
        return Err("No stage was measured in this run.".to_owned());
    }
    let shown = || view.models().filter(|model| !model.layers.is_empty());
    Ok(Content {
        reading: view.reading(shown(), reading),
        groups: vec![Group {
            heading: None,
            legend: KINDS.iter().map(|kind| Entry::ours(kind.slot, kind.name)).collect(),
            panels: shown().map(|model| chart(view, model)).collect(),
        }],
        pictures: html! {},
        file_panels: Vec::new(),
        caption: format!(
            "Share of explanations that the oracle gives the class named in the legend, with 95\u{a0}% intervals. Where the lines of the true class \
                  and of the network's wrong answer cross, the features have changed sides. The broken line is the bar of {} that the first line must \
                  keep everywhere and the third must reach at the end.",
            whole_percent(AGREEMENT)
        ),
        details: html! { @for model in shown() { (table(view, model)) } },
        values: values(view),
    })
}

fn reading(model: &ModelDiagnosis) -> Option<String> {
    let last = model.layers.last()?;
    let crossed = model
        .layers
        .iter()
        .find(|layer| layer.agreement.fooled_prediction.value > 0.5)
        .map_or("no stage".to_owned(), |layer| layer.layer.clone());
    Some(format!(
        "of the images that the attack turned wrong, more than half show the wrong answer first at {crossed}; at {} all attacked images' \
         explanations show the network's answer in {}.",
        last.layer,
        share(&last.agreement.attacked_prediction)
    ))
}

fn chart(view: &View, model: &ModelDiagnosis) -> Panel {
    let line = |kind: &Kind| Line {
        slot: kind.slot,
        name: kind.name.to_owned(),
        style: Style::Ours,
        points: model
            .layers
            .iter()
            .enumerate()
            .map(|(index, layer)| {
                let estimate = (kind.value)(&layer.agreement);
                Point {
                    x: index as f64,
                    y: estimate.value,
                    interval: ends(&estimate),
                    text: (layer.layer.clone(), share(&estimate)),
                    look: Look::Plain,
                }
            })
            .collect(),
    };
    let words: Vec<String> = model
        .layers
        .iter()
        .map(|layer| {
            format!(
                "{} {} and {}",
                layer.layer,
                percent(layer.agreement.attacked_truth.value),
                percent(layer.agreement.attacked_prediction.value)
            )
        })
        .collect();
    let chart = LineChart {
        x: Axis::stages("stage", stages(model)),
        y: Axis::percent("agreement (%)", 0.0, 1.0),
        head: "stage",
        description: format!(
            "Agreement of the attacked images' explanations with the true class and with the network's answer on the {} model: {}.",
            model.model,
            words.join(", ")
        ),
        lines: KINDS.iter().map(line).collect(),
        rules: vec![(AGREEMENT, String::new())],
    };
    Panel {
        model: view.label(model),
        ..Panel::new("Agreement by stage", chart.draw())
    }
}

fn table(view: &View, model: &ModelDiagnosis) -> Markup {
    let summary = match view.label(model) {
        Some((_, name)) => format!("Values: {name}"),
        None => "Values".to_owned(),
    };
    let table = html! {
        table.numbers.dense {
            thead { tr { th scope="col" { "Stage" } @for kind in &KINDS { th scope="col" { (kind.column) } } } }
            tbody {
                @for layer in &model.layers {
                    tr {
                        th scope="row" { (layer.layer) }
                        @for kind in &KINDS { (share_cell(&(kind.value)(&layer.agreement))) }
                    }
                }
            }
        }
    };
    unfolded(&summary, &table)
}

fn values(view: &View) -> Table {
    let mut table = Table::new(&["model", "stage", "agrees_with", "share", "low", "high"]);
    for model in view.models() {
        for layer in &model.layers {
            for kind in &KINDS {
                let estimate = (kind.value)(&layer.agreement);
                table.row([
                    model.model.as_str().into(),
                    layer.layer.as_str().into(),
                    kind.name.into(),
                    estimate.value.into(),
                    estimate.low.into(),
                    estimate.high.into(),
                ]);
            }
        }
    }
    table
}
