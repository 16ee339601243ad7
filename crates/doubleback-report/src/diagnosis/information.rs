//! What a decoder, and what a probe, can still make of each stage.

use doubleback::diagnose::Estimate;
use doubleback::statistics::greatest_by;
use doubleback_experiments::diagnosis::ModelDiagnosis;
use maud::{Markup, html};

use super::view::{EXPLANATIONS, PROBES, View, ends, stages};
use crate::format::{DASH, scientific, short, signed};
use crate::page::{Content, Group, Table, unfolded};
use crate::svg::{Axis, Line, LineChart, Look, Panel, Point, Row, RowChart, Style, extent};

/// The figure.
pub fn content(view: &View) -> Result<Content, String> {
    let shown = || {
        view.models()
            .filter(|model| !model.information.is_empty() || !model.probes.is_empty())
    };
    if shown().next().is_none() {
        return Err("What the stages lose of the image was not measured in this run.".to_owned());
    }
    Ok(Content {
        reading: view.reading(shown(), reading),
        groups: shown()
            .map(|model| Group {
                heading: view.label(model).map(|(_, name)| name),
                legend: Vec::new(),
                panels: panels(model),
            })
            .collect(),
        pictures: html! {},
        file_panels: Vec::new(),
        caption: "A decoder of the same kind and size is trained for every stage to give the image back from its features; the less it can, the more the \
                  stage has lost. The loss of a layer is half the logarithm of by how much the squared error grows over it, in nats a pixel (0.35 nats: the \
                  error doubles). It is what this family of decoders cannot get back, an estimate and no bound in either direction; a negative loss says that \
                  a later stage was easier to decode than the one before it. Right: what the features still say of the class, as the cross-entropy \
                  of the probes on held-out images, and by how much each layer raises it."
            .to_owned(),
        details: html! { @for model in shown() { (table(view, model)) } },
        values: values(view),
    })
}

fn reading(model: &ModelDiagnosis) -> Option<String> {
    let losses = model
        .information
        .iter()
        .filter_map(|layer| Some((layer, layer.loss?.value)));
    let finite = losses.filter(|(_, loss)| loss.is_finite());
    let (layer, loss) = greatest_by(finite, |(_, loss)| *loss)?;
    Some(format!(
        "the most of the image is lost at {}: {} nats a pixel.",
        layer.layer,
        signed(loss)
    ))
}

fn panels(model: &ModelDiagnosis) -> Vec<Panel> {
    let mut panels = Vec::new();
    if !model.information.is_empty() {
        panels.push(Panel::new("Error of the decoder", errors(model)));
        let losses: Vec<(String, Estimate)> = model
            .information
            .iter()
            .filter_map(|layer| Some((layer.layer.clone(), layer.loss?)))
            .collect();
        let description = format!("Loss of the image by layer on the {} model", model.model);
        panels.push(Panel::new(
            "Loss of each layer, image",
            rows(EXPLANATIONS, "nats a pixel", description, &losses),
        ));
    }
    let losses: Vec<(String, Estimate)> = model
        .probes
        .iter()
        .filter_map(|probe| {
            let value = probe.entropy_loss?;
            Some((
                probe.layer.clone(),
                Estimate {
                    value,
                    low: f64::NAN,
                    high: f64::NAN,
                },
            ))
        })
        .collect();
    if !losses.is_empty() {
        let description = format!("Loss of the class by layer on the {} model", model.model);
        panels.push(Panel::new(
            "Loss of each layer, class",
            rows(PROBES, "nats an image", description, &losses),
        ));
    }
    panels
}

fn errors(model: &ModelDiagnosis) -> crate::svg::Drawing {
    let names = model.information.iter().map(|layer| layer.layer.clone()).collect();
    let words: Vec<String> = model
        .information
        .iter()
        .map(|layer| format!("{} {}", layer.layer, scientific(layer.mse)))
        .collect();
    LineChart {
        x: Axis::stages("stage", names),
        y: Axis::log10_around(
            "mean squared error, data range 1",
            model.information.iter().map(|layer| layer.mse),
        ),
        head: "stage",
        description: format!(
            "Error of the decoder by stage on the {} model: {}.",
            model.model,
            words.join(", ")
        ),
        lines: vec![Line {
            slot: EXPLANATIONS,
            name: "mean squared error".to_owned(),
            style: Style::Ours,
            points: model
                .information
                .iter()
                .enumerate()
                .map(|(index, layer)| Point {
                    x: index as f64,
                    y: layer.mse,
                    interval: None,
                    text: (layer.layer.clone(), scientific(layer.mse)),
                    look: Look::Plain,
                })
                .collect(),
        }],
        rules: Vec::new(),
    }
    .draw()
}

fn rows(slot: usize, label: &str, description: String, values: &[(String, Estimate)]) -> crate::svg::Drawing {
    let (low, high) = range(values.iter().map(|(_, estimate)| estimate));
    let rows: Vec<Row> = values
        .iter()
        .map(|(stage, estimate)| Row {
            slot,
            name: stage.clone(),
            value: estimate.value,
            interval: ends(estimate),
            published: None,
            text: nats(estimate.value),
        })
        .collect();
    let words: Vec<String> = rows.iter().map(|row| format!("{} {}", row.name, row.text)).collect();
    RowChart {
        x: Axis::linear(label, low, high),
        description: format!("{description}, in {label}: {}.", words.join(", ")),
        bars: true,
        rows,
    }
    .draw()
}

/// Ends of an axis that holds zero and all estimates with their intervals.
pub fn range<'e>(estimates: impl Iterator<Item = &'e Estimate>) -> (f64, f64) {
    let values = estimates.flat_map(|estimate| [estimate.value, estimate.low, estimate.high]);
    let (low, high) = extent(values).unwrap_or((0.0, 1.0));
    let (low, high) = (low.min(0.0), high.max(0.0));
    let step = match high - low {
        width if width > 1.0 => 2.0,
        width if width > 0.1 => 20.0,
        _ => 200.0,
    };
    ((low * step).floor() / step, (high * step).ceil() / step)
}

fn table(view: &View, model: &ModelDiagnosis) -> Markup {
    let summary = match view.label(model) {
        Some((_, name)) => format!("Values: {name}"),
        None => "Values".to_owned(),
    };
    let dash = || html! { td { (DASH) } };
    let table = html! {
        table.numbers.dense {
            thead {
                tr {
                    th scope="col" { "Stage" }
                    th scope="col" { "Error of the decoder" }
                    th scope="col" { "J, nats a pixel" }
                    th scope="col" { "Loss IL, nats a pixel" }
                    th scope="col" { "Entropy of the class, nats" }
                    th scope="col" { "Loss, nats" }
                }
            }
            tbody {
                @for stage in stages(model) {
                    tr {
                        th scope="row" { (stage) }
                        @match model.information.iter().find(|layer| layer.layer == stage) {
                            Some(layer) => {
                                td { (scientific(layer.mse)) }
                                td { (signed(layer.j)) }
                                @match &layer.loss {
                                    Some(loss) => td { (signed(loss.value)) " " span.interval { (bracket(loss)) } },
                                    None => (dash()),
                                }
                            },
                            None => { (dash()) (dash()) (dash()) },
                        }
                        @match model.probes.iter().find(|probe| probe.layer == stage) {
                            Some(probe) => {
                                td { (short_entropy(probe.entropy)) }
                                td { (probe.entropy_loss.map_or(DASH.to_owned(), nats)) }
                            },
                            None => { (dash()) (dash()) },
                        }
                    }
                }
            }
        }
    };
    unfolded(&summary, &table)
}

/// With more digits where a hundredth is much.
fn nats(value: f64) -> String {
    if value.abs() >= 0.1 {
        return signed(value);
    }
    let text = short((value * 1e3).round() / 1e3);
    if value >= 5e-4 { format!("+{text}") } else { text }
}

fn short_entropy(value: f64) -> String {
    short((value * 1e3).round() / 1e3)
}

/// `[−0.10, +0.25]`.
pub fn bracket(estimate: &Estimate) -> String {
    if ends(estimate).is_some() {
        format!("[{},\u{a0}{}]", signed(estimate.low), signed(estimate.high))
    } else {
        String::new()
    }
}

fn values(view: &View) -> Table {
    let mut table = Table::new(&[
        "model",
        "stage",
        "mse",
        "j",
        "il",
        "il_low",
        "il_high",
        "class_entropy",
        "class_entropy_loss",
    ]);
    for model in view.models() {
        for stage in stages(model) {
            let layer = model.information.iter().find(|layer| layer.layer == stage);
            let loss = layer.and_then(|layer| layer.loss);
            let probe = model.probes.iter().find(|probe| probe.layer == stage);
            table.row([
                model.model.as_str().into(),
                stage.as_str().into(),
                layer.map(|layer| layer.mse).into(),
                layer.map(|layer| layer.j).into(),
                loss.map(|loss| loss.value).into(),
                loss.map(|loss| loss.low).into(),
                loss.map(|loss| loss.high).into(),
                probe.map(|probe| probe.entropy).into(),
                probe.and_then(|probe| probe.entropy_loss).into(),
            ]);
        }
    }
    table
}
