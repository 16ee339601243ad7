use maud::{Markup, html};

use crate::format::{self, interval, percent};
use crate::page::{caption, missing};
use crate::reproduction::context::Context;
use crate::reproduction::description::description;
use crate::svg::{Axis, Row, RowChart, badge};

pub fn body(context: &Context) -> Markup {
    let rows = rows(context);
    if rows.is_empty() {
        return missing("No accuracy on unperturbed images was measured.");
    }
    let published = rows.iter().any(|row| row.published.is_some());
    let lowest = rows
        .iter()
        .flat_map(|row| [Some(row.value), row.interval.map(|(low, _)| low), row.published])
        .flatten()
        .filter(|value| value.is_finite())
        .fold(1.0, f64::min);
    let chart = RowChart {
        // A point chart need not start at 0; whole steps of 2\u{a0}% keep its ticks round.
        x: Axis::percent("accuracy (%)", ((lowest * 50.0).floor() / 50.0).max(0.0), 1.0),
        description: describe(&rows),
        bars: false,
        rows,
    };
    html! {
        div.beside {
            figure.narrow {
                (chart.draw().inline())
                (caption(None, &html! {
                    "Accuracy on unperturbed test images, with 95\u{a0}% Wilson intervals. The axis does not start at 0."
                    @if published { " Hollow markers: the paper's." }
                }))
            }
            div { (table(context, published)) }
        }
    }
}

fn rows(context: &Context) -> Vec<Row> {
    context
        .models()
        .filter_map(|model| {
            let clean = context.clean(model)?;
            Some(Row {
                slot: context.slots.of(model),
                name: model.to_owned(),
                value: clean.accuracy,
                interval: Some((clean.low, clean.high)),
                published: context.published.and_then(|published| published.clean_accuracy(model)),
                text: percent(clean.accuracy),
            })
        })
        .collect()
}

fn describe(rows: &[Row]) -> String {
    let values: Vec<String> = rows.iter().map(|row| format!("{} {}", row.name, row.text)).collect();
    format!("Clean accuracy by model: {}.", values.join(", "))
}

fn table(context: &Context, published: bool) -> Markup {
    html! {
        div.scroll tabindex="0" role="region" aria-label="Models and clean accuracy" {
            table.numbers {
                thead {
                    tr {
                        th scope="col" { "Model" }
                        th scope="col" { "Accuracy, 95\u{a0}% interval" }
                        th scope="col" { "Images" }
                        @if context.seeds() > 1 { th scope="col" { "Over seeds" } }
                        @if published { th scope="col" { "Paper" } }
                    }
                }
                tbody {
                    @for model in context.models() {
                        tr {
                            th.described scope="row" {
                                (badge(context.slots.of(model), model))
                                span { (description(model, context.results.training.get(model))) }
                            }
                            @if let Some(clean) = context.clean(model) {
                                td { (percent(clean.accuracy)) " " span.interval { (interval(clean.low, clean.high)) } }
                                td { (format::count(clean.count)) }
                            } @else {
                                td { (format::DASH) }
                                td { (format::DASH) }
                            }
                            @if context.seeds() > 1 {
                                td { (context.clean_over_seeds(model).map_or(format::DASH.to_owned(), |(low, high)| interval(low, high))) }
                            }
                            @if let Some(paper) = context.published.filter(|_| published) {
                                td { (paper.clean_accuracy(model).map_or(format::DASH.to_owned(), percent)) }
                            }
                        }
                    }
                }
            }
        }
        @if context.seeds() > 1 {
            p.caption { "Over seeds: the least and the greatest of " (context.seeds()) "." }
        }
        @if let Some(paper) = context.published.filter(|_| published) {
            p.caption { "The paper's are over " (format::count(paper.clean_images())) " test images." }
        }
    }
}
