//! Losses of the generators over their training.

use doubleback::diagnose::LossPoint;
use doubleback_experiments::diagnosis::{GeneratorTraining, ModelDiagnosis};
use maud::{Markup, html};

use super::view::{View, stages};
use crate::format::{self, scientific};
use crate::page::{Content, Entry, Group, Table};
use crate::svg::{Axis, Line, LineChart, Look, Panel, Point, Style, extent, ramp};

/// The figure.
pub fn content(view: &View) -> Result<Content, String> {
    let shown = || view.models().filter(|model| !model.generators.losses.is_empty());
    if shown().next().is_none() {
        return Err("The training of the generators was not kept in this run.".to_owned());
    }
    Ok(Content {
        reading: view.reading(shown(), reading),
        groups: shown().map(|model| group(view, model)).collect(),
        pictures: html! { @for model in shown() { (pictures(view, model)) } },
        file_panels: Vec::new(),
        caption: "Adversarial loss: how well the discriminator tells a stage's pictures from real images; 0.69 nats is a coin flip (1.39 for the discriminator). Class term: how badly the \
                  recognition network reads from a picture the class that the network gave the image; near zero, the pictures carry it. Anchor: the \
                  recognition network on real labelled images. A class term that stays high for late stages, or a discriminator that wins outright, is a reason \
                  to train longer before anything on this page is believed."
            .to_owned(),
        details: html! {},
        values: values(view),
    })
}

fn reading(model: &ModelDiagnosis) -> Option<String> {
    let GeneratorTraining { steps, batch, .. } = &model.generators;
    Some(format!(
        "every generator was trained for {} steps of {} clean training images.",
        format::count(*steps),
        format::count(*batch)
    ))
}

/// Where the pictures are that were drawn in the course of training.
fn pictures(view: &View, model: &ModelDiagnosis) -> Markup {
    html! {
        @if let Some(folder) = &model.generators.pictures {
            p {
                @if let Some((_, name)) = view.label(model) { (name) ": what" } @else { "What" }
                " the generators made of test images as training went, a stage a row, is beside this page: "
                code { (folder) "/step-*.png" }
            }
        }
    }
}

fn group(view: &View, model: &ModelDiagnosis) -> Group {
    let names = stages(model);
    let slot = |index: usize| ramp(index, names.len());
    let charts = [
        (
            "Adversarial loss of the generators",
            lines(model, &names, |point| &point.generator),
        ),
        (
            "Class term of the generators",
            lines(model, &names, |point| &point.class),
        ),
        (
            "Discriminator and anchor",
            vec![
                line(0, "discriminator", model, |point| Some(point.discriminator)),
                line(3, "anchor", model, |point| Some(point.anchor)),
            ],
        ),
    ];
    Group {
        heading: view.label(model).map(|(_, name)| name),
        legend: names
            .iter()
            .enumerate()
            .map(|(index, name)| Entry::ours(slot(index), name.clone()))
            .chain([Entry::ours(0, "discriminator"), Entry::ours(3, "anchor")])
            .collect(),
        panels: charts
            .into_iter()
            .map(|(heading, lines)| Panel::new(heading, chart(model, heading, lines)))
            .collect(),
    }
}

fn lines(model: &ModelDiagnosis, names: &[String], values: fn(&LossPoint) -> &Vec<f64>) -> Vec<Line> {
    names
        .iter()
        .enumerate()
        .map(|(index, name)| {
            line(ramp(index, names.len()), name, model, |point| {
                values(point).get(index).copied()
            })
        })
        .collect()
}

fn line(slot: usize, name: &str, model: &ModelDiagnosis, value: impl Fn(&LossPoint) -> Option<f64>) -> Line {
    let point = |point: &LossPoint| {
        let value = value(point)?;
        Some(Point {
            x: point.step as f64,
            y: value,
            interval: None,
            text: (format::count(point.step), scientific(value)),
            look: Look::Plain,
        })
    };
    Line {
        slot,
        name: name.to_owned(),
        style: Style::Ours,
        points: model.generators.losses.iter().filter_map(point).collect(),
    }
}

fn chart(model: &ModelDiagnosis, heading: &str, lines: Vec<Line>) -> crate::svg::Drawing {
    let values = || lines.iter().flat_map(|line| line.points.iter().map(|point| point.y));
    let (low, high) = extent(values()).map_or((0.0, 1.0), |(low, high)| (low.min(0.0), high));
    let last = model
        .generators
        .losses
        .iter()
        .map(|point| point.step)
        .max()
        .unwrap_or(1);
    let ends: Vec<String> = lines
        .iter()
        .filter_map(|line| line.points.last().map(|end| format!("{} {}", line.name, end.text.1)))
        .collect();
    LineChart {
        x: Axis::linear("optimizer steps", 0.0, last as f64),
        y: Axis::linear("nats", low, (high * 2.0).ceil() / 2.0),
        head: "step",
        description: format!(
            "{heading} on the {} model by steps; at the end: {}.",
            model.model,
            ends.join(", ")
        ),
        lines,
        rules: Vec::new(),
    }
    .draw()
}

fn values(view: &View) -> Table {
    let mut table = Table::new(&["model", "step", "loss", "stage", "value"]);
    for model in view.models() {
        let names = stages(model);
        for point in &model.generators.losses {
            let mut row = |loss: &str, stage: &str, value: f64| {
                table.row([
                    model.model.as_str().into(),
                    point.step.into(),
                    loss.into(),
                    stage.into(),
                    value.into(),
                ]);
            };
            row("discriminator", "", point.discriminator);
            row("anchor", "", point.anchor);
            for (name, value) in names.iter().zip(&point.generator) {
                row("generator", name, *value);
            }
            for (name, value) in names.iter().zip(&point.class) {
                row("class", name, *value);
            }
        }
    }
    table
}
