//! What Figures 5 and 11 share: how often a targeted attack succeeds, by model and by class.

use doubleback::evaluate::{TargetedGrid, TargetedSummary};
use maud::{Markup, html};

use super::content::{Content, Group};
use crate::context::Context;
use crate::files::Table;
use crate::format::{self, bare_percent, interval, percent, scientific, short};
use crate::model::badge;
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
    let mut text = String::new();
    if let Some(one) = all.first() {
        text = format!(
            "{} images with every other class as the target, {} examples a model; at most {} steps of {}. Success is what the attacked model says \
             of the finished examples, with 95\u{a0}% Wilson intervals. ",
            format::count(one.images),
            format::count(one.pairs),
            format::count(one.steps),
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
        caption: text + caption,
        details: html! {
            @if !all.is_empty() {
                details {
                    summary { "Table: what each model takes the examples for (% of the target)" }
                    (others(context, &all))
                }
                details {
                    summary { "Table: success by true class and target (%)" }
                    @for one in &all { (by_class(context, one)) }
                }
            }
        },
        values: values(&all),
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

fn others(context: &Context, all: &[&TargetedSummary]) -> Markup {
    html! {
        div.scroll tabindex="0" role="region" aria-label="Share of examples taken for their target, by model" {
            table.numbers.dense {
                thead {
                    tr {
                        th scope="col" { "Crafted on" }
                        th scope="col" { "L2 length" }
                        @for model in context.models() { th scope="col" { (badge(context.slots.of(model), model)) } }
                    }
                }
                tbody {
                    @for one in all {
                        tr {
                            th scope="row" { (badge(context.slots.of(&one.model), &one.model)) }
                            td { (scientific(one.mean_l2)) }
                            @for model in context.models() { (share(one, model)) }
                        }
                    }
                }
            }
        }
    }
}

fn share(one: &TargetedSummary, model: &str) -> Markup {
    let found = if model == one.model {
        Some((one.success, one.low, one.high))
    } else {
        let other = one.taken_for_target.iter().find(|share| share.model == model);
        other.map(|share| (share.share, share.low, share.high))
    };
    html! {
        td {
            @match found {
                Some((share, low, high)) => { (bare_percent(share)) br; span.interval { (interval(low, high)) } }
                None => (format::DASH),
            }
        }
    }
}

fn by_class(context: &Context, one: &TargetedSummary) -> Markup {
    let classes = one.by_class.len();
    html! {
        h4 { (badge(context.slots.of(&one.model), &one.model)) }
        div.scroll tabindex="0" role="region" aria-label={ "Success on " (one.model) " by class" } {
            table.heat.classes style={ "--models: " (classes) } {
                thead {
                    tr {
                        td.corner { "true\u{a0}↓" br; "target\u{a0}→" }
                        @for target in 0..classes { th scope="col" { (context.class_name(target)) } }
                    }
                }
                tbody {
                    @for (source, shares) in one.by_class.iter().enumerate() {
                        tr {
                            th scope="row" { (context.class_name(source)) }
                            @for share in shares {
                                @match share.filter(|share| share.is_finite()) {
                                    Some(share) => td class={ "h" ((share.clamp(0.0, 1.0) * 10.0).round() as usize) } { (format!("{:.0}", 100.0 * share)) },
                                    None => td.empty {},
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}

fn values(all: &[&TargetedSummary]) -> Table {
    let mut table = Table::new(&[
        "attack",
        "crafted_on",
        "measure",
        "model_or_classes",
        "value",
        "low",
        "high",
        "images",
        "examples",
        "steps",
        "step_size",
    ]);
    for one in all {
        let mut add = |measure: &str, of: String, value: f64, low: Option<f64>, high: Option<f64>| {
            table.row([
                one.attack.as_str().into(),
                one.model.as_str().into(),
                measure.into(),
                of.into(),
                value.into(),
                low.into(),
                high.into(),
                one.images.into(),
                one.pairs.into(),
                one.steps.into(),
                one.step_size.into(),
            ]);
        };
        add("success", one.model.clone(), one.success, Some(one.low), Some(one.high));
        add("mean_changed", one.model.clone(), one.mean_changed, None, None);
        add("mean_l2", one.model.clone(), one.mean_l2, None, None);
        for share in &one.taken_for_target {
            add(
                "taken_for_target",
                share.model.clone(),
                share.share,
                Some(share.low),
                Some(share.high),
            );
        }
        for (source, shares) in one.by_class.iter().enumerate() {
            for (target, share) in shares
                .iter()
                .enumerate()
                .filter_map(|(target, share)| Some((target, (*share)?)))
            {
                add("success_by_class", format!("{source} to {target}"), share, None, None);
            }
        }
    }
    table
}
