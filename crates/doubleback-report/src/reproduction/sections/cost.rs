use doubleback::train::DefenseKind;
use maud::{Markup, html};

use crate::format::{self, DASH, duration};
use crate::page::{caption, missing};
use crate::reproduction::context::Context;
use crate::svg::{Axis, Row, RowChart, badge};
use doubleback_experiments::reproduce::model_names::NORMAL;

/// What the paper says a defense costs relative to normal training: in words, and a step's ratio where it gives one.
fn paper(defense: &str) -> (&'static str, Option<f64>) {
    match defense.parse() {
        Ok(DefenseKind::Normal) => ("1", None),
        Ok(DefenseKind::Distillation) => ("2 in total: two trainings", None),
        Ok(DefenseKind::AdversarialTraining) => ("about 3 a step", Some(3.0)),
        Ok(
            DefenseKind::CertaintySensitivity
            | DefenseKind::DoubleBackprop
            | DefenseKind::DistilledLabel
            | DefenseKind::Entropy,
        ) => ("slightly more than 2 a step", Some(2.0)),
        Ok(DefenseKind::PgdTraining | DefenseKind::Trades | DefenseKind::Both) | Err(_) => (DASH, None),
    }
}

pub fn body(context: &Context) -> Markup {
    let seconds = &context.results.seconds;
    if seconds.step.is_empty() && seconds.train.is_empty() {
        return missing("Training was not timed in this run.");
    }
    let rows = rows(context);
    html! {
        div.beside {
            @if rows.is_empty() {
                (missing("Without the time of a normal training step there is nothing to compare with."))
            } @else {
                (chart(rows))
            }
            div { (table(context)) }
        }
    }
}

/// A positive time, of a model or of the normal one.
fn time(times: &std::collections::BTreeMap<String, f64>, model: &str) -> Option<f64> {
    times.get(model).copied().filter(|time| time.is_finite() && *time > 0.0)
}

fn defense<'a>(context: &Context<'a>, model: &'a str) -> &'a str {
    context
        .results
        .training
        .get(model)
        .map_or(model, |training| training.defense.as_str())
}

fn rows(context: &Context) -> Vec<Row> {
    let times = &context.results.seconds.step;
    let row = |model| {
        let ratio = time(times, model)? / time(times, NORMAL)?;
        Some(Row {
            slot: context.slots.of(model),
            name: model.to_owned(),
            value: ratio,
            interval: None,
            published: paper(defense(context, model)).1,
            text: format!("{ratio:.2} ×"),
        })
    };
    context.models().filter_map(row).collect()
}

fn chart(rows: Vec<Row>) -> Markup {
    let greatest = rows
        .iter()
        .flat_map(|row| [Some(row.value), row.published])
        .flatten()
        .fold(1.0, f64::max);
    let values: Vec<String> = rows.iter().map(|row| format!("{} {}", row.name, row.text)).collect();
    let chart = RowChart {
        x: Axis::linear("time a step, relative to normal", 0.0, greatest.ceil()),
        description: format!("Time of a training step relative to normal: {}.", values.join(", ")),
        bars: true,
        rows,
    };
    html! {
        figure.narrow {
            (chart.draw().inline())
            (caption(None, &html! { "Mean time of one training step. Dashed upright lines: the paper's factors." }))
        }
    }
}

fn table(context: &Context) -> Markup {
    let seconds = &context.results.seconds;
    let normal = time(&seconds.train, NORMAL);
    html! {
        div.scroll tabindex="0" role="region" aria-label="Cost of training" {
            table.numbers {
                thead {
                    tr {
                        th scope="col" { "Model" }
                        th scope="col" { "A step" }
                        th scope="col" { "Training" }
                        th scope="col" { "Relative" }
                        th.text scope="col" { "Paper, relative" }
                    }
                }
                tbody {
                    @for model in context.models() {
                        tr {
                            th scope="row" { (badge(context.slots.of(model), model)) }
                            td { (time(&seconds.step, model).map_or(DASH.to_owned(), duration)) }
                            td { (time(&seconds.train, model).map_or(DASH.to_owned(), duration)) }
                            td { (time(&seconds.train, model).zip(normal).map_or(DASH.to_owned(), |(time, normal)| format!("{:.2} ×", time / normal))) }
                            td.text { (paper(defense(context, model)).0) }
                        }
                    }
                }
            }
        }
        p.caption {
            "Training is without the validation curve; distillation's holds teacher and student. Attacks and evaluation took "
            (duration(seconds.evaluate)) ", the whole run " (duration(seconds.total)) " on " (context.results.run.device) " with "
            (format::count(context.results.run.threads)) " threads."
        }
    }
}
