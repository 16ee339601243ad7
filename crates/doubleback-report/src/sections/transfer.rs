use doubleback::evaluate::TransferCell;
use maud::{Markup, html};

use super::legend::legend;
use super::{caption, missing};
use crate::PUBLISHED_IMAGES;
use crate::context::{Context, attack_name};
use crate::format::{self, interval, percent, short};
use crate::model::badge;
use crate::svg::{Axis, Line, LineChart, Point, Style, panel};

pub fn body(context: &Context) -> Markup {
    let attacks = context.attacks();
    if attacks.is_empty() {
        return missing("No adversarial examples were evaluated in this run.");
    }
    html! { @for attack in attacks { (of_attack(context, attack)) } }
}

fn of_attack(context: &Context, attack: &str) -> Markup {
    let panels: Vec<(&str, Vec<Line>)> = context
        .models()
        .map(|crafted_on| (crafted_on, lines(context, attack, crafted_on)))
        .filter(|(_, lines)| !lines.is_empty())
        .collect();
    let published = panels
        .iter()
        .any(|(_, lines)| lines.iter().any(|line| line.style == Style::Published));
    let largest = context.eps_values(attack).last().copied().unwrap_or(1.0);
    let bounds = context.results.data.bounds;
    html! {
        h3 { (title(attack)) }
        figure.group {
            (legend(context, context.models(), published))
            div.charts {
                @for (crafted_on, lines) in panels {
                    (panel(
                        &html! { "Crafted on " (badge(context.slots.of(crafted_on), crafted_on)) },
                        None,
                        &LineChart {
                            x: Axis::linear(format!("ε (pixel values {} to {})", short(bounds[0].into()), short(bounds[1].into())), 0.0, largest),
                            y: Axis::percent("accuracy (%)", 0.0, 1.0),
                            head: "ε\u{a0}=",
                            description: describe(attack, crafted_on, &lines),
                            lines,
                        }.render(),
                    ))
                }
            }
            (caption(figure(attack), &html! {
                "Share of " (attack_name(attack)) " examples that are still classified as their true label, by perturbation size ε. "
                "One panel for each model whose gradients made the examples; one line for each model that classifies them, with its 95\u{a0}% interval. "
                "The thick line is the white-box case: the panel's own model. "
                @if published {
                    "Dashed with hollow markers: the paper's, over " (PUBLISHED_IMAGES) " images (±6 points at 50\u{a0}%). "
                }
                span.script-only { "Choose lines in the legend; point, touch or use the arrow keys in a panel to read its values." }
            }))
        }
        details {
            summary { "Table: accuracy under " (attack_name(attack)) " (%)" }
            (table(context, attack))
        }
    }
}

fn title(attack: &str) -> String {
    match attack {
        "fgsm" => "FGSM: one step that raises the loss of the true label".to_owned(),
        "tgsm" => "TGSM: one step that lowers the loss of the next label".to_owned(),
        other => attack_name(other),
    }
}

fn figure(attack: &str) -> Option<&'static str> {
    match attack {
        "fgsm" => Some("Figure 1 of the paper"),
        "tgsm" => Some("Figure 3 of the paper"),
        _ => None,
    }
}

fn lines(context: &Context, attack: &str, crafted_on: &str) -> Vec<Line> {
    let mut lines = Vec::new();
    for evaluated_on in context.models() {
        let slot = context.slots.of(evaluated_on);
        let mut cells: Vec<&TransferCell> = context
            .transfer()
            .filter(|cell| cell.attack == attack && cell.crafted_on == crafted_on && cell.evaluated_on == evaluated_on)
            .collect();
        if cells.is_empty() {
            continue;
        }
        cells.sort_by(|a, b| a.eps.total_cmp(&b.eps));
        let style = if crafted_on == evaluated_on {
            Style::WhiteBox
        } else {
            Style::Ours
        };
        lines.push(Line {
            slot,
            name: evaluated_on.to_owned(),
            style,
            points: cells.into_iter().map(measured).collect(),
        });
        let points: Vec<Point> = context
            .published
            .into_iter()
            .flat_map(|published| published.curve(attack, crafted_on, evaluated_on))
            .map(|(eps, accuracy)| Point {
                x: eps,
                y: accuracy,
                interval: None,
                text: (short(eps), percent(accuracy)),
            })
            .collect();
        if !points.is_empty() {
            lines.push(Line {
                slot,
                name: format!("{evaluated_on}, paper"),
                style: Style::Published,
                points,
            });
        }
    }
    lines
}

/// The point of a cell, with its interval.
pub fn measured(cell: &TransferCell) -> Point {
    Point {
        x: cell.eps,
        y: cell.accuracy,
        interval: Some((cell.low, cell.high)),
        text: (
            short(cell.eps),
            format!("{} {}", percent(cell.accuracy), interval(cell.low, cell.high)),
        ),
    }
}

fn describe(attack: &str, crafted_on: &str, lines: &[Line]) -> String {
    let ends: Vec<String> = lines
        .iter()
        .filter(|line| line.style != Style::Published)
        .filter_map(|line| {
            line.points
                .last()
                .map(|end| format!("{} {} at ε {}", line.name, percent(end.y), end.text.0))
        })
        .collect();
    format!(
        "Accuracy by ε on {} examples crafted on {crafted_on}: {}.",
        attack_name(attack),
        ends.join(", ")
    )
}

fn table(context: &Context, attack: &str) -> Markup {
    let sizes = context.eps_values(attack);
    html! {
        div.scroll tabindex="0" role="region" aria-label={ "Accuracy under " (attack_name(attack)) } {
            table.numbers.dense {
                thead {
                    tr {
                        th scope="col" { "Crafted on" }
                        th.text scope="col" { "Evaluated on" }
                        @for eps in &sizes { th scope="col" { "ε\u{a0}=\u{a0}" (short(*eps)) } }
                    }
                }
                @for crafted_on in context.models() {
                    tbody {
                        @for evaluated_on in context.models() {
                            tr {
                                th scope="row" { (crafted_on) }
                                th scope="row" { (evaluated_on) }
                                @for eps in &sizes { (table_cell(context, attack, crafted_on, evaluated_on, *eps)) }
                            }
                        }
                    }
                }
            }
        }
    }
}

fn table_cell(context: &Context, attack: &str, crafted_on: &str, evaluated_on: &str, eps: f64) -> Markup {
    let paper = context
        .published
        .and_then(|published| published.accuracy(attack, crafted_on, evaluated_on, eps));
    html! {
        td {
            @match context.cell(attack, crafted_on, evaluated_on, eps) {
                Some(cell) => { (format::bare_percent(cell.accuracy)) br; span.interval { (interval(cell.low, cell.high)) } }
                None => (format::DASH),
            }
            @if let Some(paper) = paper { br; span.paper-value { "paper " (format::bare_percent(paper)) } }
        }
    }
}
