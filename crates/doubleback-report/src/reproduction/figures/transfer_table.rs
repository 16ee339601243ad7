//! The values of Figures 1 to 3, for the page and for their files.

use maud::{Markup, html};

use crate::format::{self, attack_name, interval, short};
use crate::page::Table;
use crate::reproduction::context::Context;

/// Every value, for the file.
pub fn values(context: &Context, attack: &str, models: &[&str]) -> Table {
    let mut table = Table::new(&[
        "attack",
        "crafted_on",
        "evaluated_on",
        "eps",
        "accuracy",
        "low",
        "high",
        "seeds",
        "published_accuracy",
    ]);
    for crafted_on in models {
        for evaluated_on in models {
            for one in context.measured(attack, crafted_on, evaluated_on) {
                let paper = context
                    .published
                    .and_then(|paper| paper.accuracy(attack, crafted_on, evaluated_on, one.eps));
                table.row([
                    attack.into(),
                    (*crafted_on).into(),
                    (*evaluated_on).into(),
                    one.eps.into(),
                    one.accuracy.into(),
                    one.low.into(),
                    one.high.into(),
                    context.seeds().into(),
                    paper.into(),
                ]);
            }
        }
    }
    table
}

/// Every value, for the page.
pub fn table(context: &Context, attack: &str, models: &[&str]) -> Markup {
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
                @for crafted_on in models {
                    tbody {
                        @for evaluated_on in models {
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
            @match context.measured_at(attack, crafted_on, evaluated_on, eps) {
                Some(one) => { (format::bare_percent(one.accuracy)) br; span.interval { (interval(one.low, one.high)) } }
                None => (format::DASH),
            }
            @if let Some(paper) = paper { br; span.paper-value { "paper " (format::bare_percent(paper)) } }
        }
    }
}
