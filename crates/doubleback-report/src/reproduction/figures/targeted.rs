//! What Figures 5 and 11 share: how often a targeted attack succeeds, by model and by class.

use doubleback_experiments::reproduce::{TargetedGrid, TargetedSummary};
use maud::{Markup, html};

use super::targeted_tables::{by_class, others, values};
use crate::format::{self, percent, scientific, short};
use crate::page::{Content, Group};
use crate::reproduction::contact_sheet::columns;
use crate::reproduction::context::Context;
use crate::sampled::classes_shown;
use crate::svg::{Axis, Panel, Row, RowChart};

/// A mean number of values, to one digit after the point.
pub fn number(mean: f64) -> String {
    short((mean * 10.0).round() / 10.0)
}

/// The summaries of one attack in the order of the models.
pub fn summaries<'a>(context: &Context<'a>, attack: &str) -> Vec<&'a TargetedSummary> {
    let all = &context.results.targeted;
    context
        .models()
        .filter_map(|model| all.iter().find(|one| one.attack == attack && one.model == model))
        .filter(|one| one.success.is_finite())
        .collect()
}

/// The grids of one attack in the order of the models.
pub fn grids<'a>(context: &Context<'a>, attack: &str) -> Vec<&'a TargetedGrid> {
    let all = &context.pictures.grids;
    context
        .models()
        .filter_map(|model| all.iter().find(|one| one.attack == attack && one.model == model))
        .collect()
}

/// A figure of one attack: `pictures` are its own.
pub fn content(context: &Context, attack: &str, pictures: Markup, reading: String, caption: &str) -> Content {
    let all = summaries(context, attack);
    let panels = if all.is_empty() {
        Vec::new()
    } else {
        vec![success(context, &all), cost(context, &all)]
    };
    let shown = grids(context, attack).first().map_or(0, |grid| columns(grid));
    let shown = match shown {
        0 => String::new(),
        shown => classes_shown(shown, context.results.data.classes.len()),
    };
    let mut text = String::new();
    if let Some(one) = all.first() {
        text = format!(
            "{}; at most {} {} of {}. Success is what the attacked model says of the finished examples, with 95\u{a0}% Wilson intervals. ",
            aimed(one),
            format::count(one.steps),
            if one.attack == "jsma" {
                "pairs of values, each changed by a theta"
            } else {
                "steps"
            },
            short(one.step_size)
        );
    }
    Content {
        reading,
        groups: vec![Group {
            panels,
            ..Group::default()
        }],
        pictures,
        file_panels: Vec::new(),
        caption: text + &shown + caption,
        details: html! {
            @if !all.is_empty() {
                details {
                    summary { "Table: what each model takes the examples for (% of the target)" }
                    (others(context, &all))
                }
                @if all.iter().any(|one| !one.by_class.is_empty()) {
                    details {
                        summary { "Table: success by true class and target (%)" }
                        @for one in &all { (by_class(context, one)) }
                    }
                }
            }
        },
        values: values(&all),
    }
}

/// Which images were attacked towards which classes.
fn aimed(one: &TargetedSummary) -> String {
    let (images, examples) = (format::count(one.images), format::count(one.pairs));
    match &one.sample {
        None => format!("{images} images with every other class as the target, {examples} examples a model"),
        Some(sample) => format!(
            "A sample of {} of the {} pairs of a true class and a target, drawn by a fixed seed, the same for all models (only data sets of at most {} \
             classes are attacked with all pairs): {images} images, {examples} examples a model",
            format::count(sample.drawn),
            format::count(sample.of),
            format::count(sample.all_up_to)
        ),
    }
}

fn row(context: &Context, one: &TargetedSummary, value: f64, interval: Option<(f64, f64)>, text: String) -> Row {
    Row {
        slot: context.slots.of(&one.model),
        name: one.model.clone(),
        value,
        interval,
        published: None,
        text,
    }
}

fn success(context: &Context, all: &[&TargetedSummary]) -> Panel {
    let rows: Vec<Row> = all
        .iter()
        .map(|one| {
            row(
                context,
                one,
                one.success,
                Some((one.low, one.high)),
                percent(one.success),
            )
        })
        .collect();
    let words: Vec<String> = rows.iter().map(|row| format!("{} {}", row.name, row.text)).collect();
    let chart = RowChart {
        x: Axis::percent("reached the target (%)", 0.0, 1.0),
        description: format!(
            "Share of examples that reach their target, by model: {}.",
            words.join(", ")
        ),
        bars: true,
        rows,
    };
    Panel::new("Success", chart.draw())
}

/// What an example costs: JSMA counts values, others have no need to.
fn cost(context: &Context, all: &[&TargetedSummary]) -> Panel {
    let counted = all.iter().any(|one| one.attack == "jsma");
    let (heading, label) = if counted {
        ("Changed values", "changed values, mean an example")
    } else {
        ("Length of the perturbation", "L2 length, mean")
    };
    let rows: Vec<Row> = all
        .iter()
        .map(|one| {
            if counted {
                (one, one.mean_changed, number(one.mean_changed))
            } else {
                (one, one.mean_l2, scientific(one.mean_l2))
            }
        })
        .map(|(one, value, text)| row(context, one, value, None, text))
        .collect();
    let greatest = rows
        .iter()
        .map(|row| row.value)
        .filter(|value| value.is_finite())
        .fold(0.1, f64::max);
    let words: Vec<String> = rows.iter().map(|row| format!("{} {}", row.name, row.text)).collect();
    let chart = RowChart {
        x: Axis::linear(label, 0.0, greatest),
        description: format!("{heading} by model, mean: {}.", words.join(", ")),
        bars: true,
        rows,
    };
    Panel::new(heading, chart.draw())
}
