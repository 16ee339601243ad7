//! The values of Figures 5 and 11, for the page and for their files.

use doubleback_experiments::reproduce::TargetedSummary;
use maud::{Markup, html};

use crate::format::{self, bare_percent, interval, scientific};
use crate::page::Table;
use crate::reproduction::context::Context;
use crate::svg::badge;

/// What each model takes the examples of each for.
pub fn others(context: &Context, all: &[&TargetedSummary]) -> Markup {
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

/// Success on one model by true class and target.
pub fn by_class(context: &Context, one: &TargetedSummary) -> Markup {
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

/// Every value, for the file.
pub fn values(all: &[&TargetedSummary]) -> Table {
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
