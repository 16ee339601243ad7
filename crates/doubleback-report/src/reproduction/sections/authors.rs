use doubleback::evaluate::TransferCell;
use maud::{Markup, html};

use crate::eps::{distinct, same_eps};
use crate::format::{self, bare_percent, interval, short};
use crate::page::{Entry, caption, legend, missing};
use crate::reproduction::context::Context;
use crate::reproduction::published::PUBLISHED_IMAGES;
use crate::reproduction::spread::Measured;
use crate::svg::{Axis, Line, LineChart, Panel, Point, Style, badge};
use doubleback_experiments::reproduce::model_names::NORMAL;

pub fn body(context: &Context) -> Markup {
    let cells: Vec<&TransferCell> = context
        .results
        .published_perturbations
        .iter()
        .filter(|cell| cell.accuracy.is_finite() && cell.eps.is_finite())
        .collect();
    if cells.is_empty() {
        return missing("Not run: it needs MNIST and the file of the authors' gradients.");
    }
    let models: Vec<&str> = context
        .models()
        .filter(|model| cells.iter().any(|cell| cell.evaluated_on == *model))
        .collect();
    let lines = lines(context, &cells, &models);
    let published = lines.iter().any(|line| line.style == Style::Published);
    let entries: Vec<Entry> = models
        .iter()
        .map(|model| Entry::ours(context.slots.of(model), *model))
        .chain(published.then(Entry::published))
        .collect();
    let count = cells.iter().map(|cell| cell.count).max().unwrap_or(0);
    html! {
        div.beside {
            figure.group.narrow {
                (legend(&entries))
                div.charts { (chart(&cells, lines)) }
                (caption(None, &html! {
                    "Accuracy of our models on clip(x + ε·sign(g)), with the gradients g that the paper's authors published of their own normal model, for "
                    (format::count(count)) " MNIST test images: the same black-box attack for every implementation. "
                    @if published {
                        "Dashed: the paper's models on FGSM examples of that normal model, over " (PUBLISHED_IMAGES) " images (there, the normal model's line is white-box)."
                    }
                }))
            }
            (table(context, &cells, &models))
        }
    }
}

fn lines(context: &Context, cells: &[&TransferCell], models: &[&str]) -> Vec<Line> {
    let largest = cells.iter().map(|cell| cell.eps).fold(0.0, f64::max);
    let mut lines = Vec::new();
    for model in models {
        let slot = context.slots.of(model);
        let mut own: Vec<&TransferCell> = cells
            .iter()
            .copied()
            .filter(|cell| cell.evaluated_on == *model)
            .collect();
        own.sort_by(|a, b| a.eps.total_cmp(&b.eps));
        lines.push(Line {
            slot,
            name: (*model).to_owned(),
            style: Style::Ours,
            points: own.into_iter().map(|cell| Measured::from(cell).point()).collect(),
        });
        let points: Vec<Point> = context
            .published_points("fgsm", NORMAL, model)
            .into_iter()
            // The paper's curves go on beyond what was measured here.
            .filter(|point| point.x <= largest + 1e-9)
            .collect();
        if !points.is_empty() {
            lines.push(Line {
                slot,
                name: format!("{model}, paper"),
                style: Style::Published,
                points,
            });
        }
    }
    lines
}

fn chart(cells: &[&TransferCell], lines: Vec<Line>) -> Markup {
    let largest = cells.iter().map(|cell| cell.eps).fold(0.0, f64::max);
    let ends: Vec<String> = lines
        .iter()
        .filter(|line| line.style == Style::Ours)
        .filter_map(|line| line.points.last().map(|end| format!("{} {}", line.name, end.text.1)))
        .collect();
    let chart = LineChart {
        x: Axis::linear("ε (pixel values 0 to 1)", 0.0, largest),
        y: Axis::percent("accuracy (%)", 0.0, 1.0),
        head: "ε\u{a0}=",
        description: format!(
            "Accuracy by ε on the authors' own perturbations; at the largest: {}.",
            ends.join(", ")
        ),
        lines,
        rules: Vec::new(),
    };
    Panel::new("Crafted on the authors' normal model", chart.draw()).inline()
}

fn table(context: &Context, cells: &[&TransferCell], models: &[&str]) -> Markup {
    let sizes = distinct(cells.iter().map(|cell| cell.eps));
    let cell = |model: &str, eps| {
        cells
            .iter()
            .find(|cell| cell.evaluated_on == model && same_eps(cell.eps, eps))
    };
    html! {
        div.scroll tabindex="0" role="region" aria-label="Accuracy on the authors' own perturbations" {
            table.numbers.dense {
                thead {
                    tr {
                        th scope="col" { "ε" }
                        @for model in models { th scope="col" { (badge(context.slots.of(model), model)) } }
                    }
                }
                tbody {
                    @for eps in sizes {
                        tr {
                            th scope="row" { (short(eps)) }
                            @for model in models {
                                @if let Some(cell) = cell(model, eps) {
                                    td { (bare_percent(cell.accuracy)) br; span.interval { (interval(cell.low, cell.high)) } }
                                } @else { td { (format::DASH) } }
                            }
                        }
                    }
                }
            }
        }
    }
}
