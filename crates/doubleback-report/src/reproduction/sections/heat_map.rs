use maud::{Markup, html};

use super::panes::{Pane, panes};
use crate::eps::same_eps;
use crate::format::{self, bare_percent, interval, percent};
use crate::page::{caption, missing};
use crate::reproduction::context::Context;
use crate::reproduction::gallery::columns;
use crate::reproduction::headline::headline;
use crate::svg::badge;

/// Shades of the heat map: `h0` (0\u{a0}%) to `h10` (100\u{a0}%) in style.css.
const SHADES: f64 = 10.0;

pub fn body(context: &Context) -> Markup {
    let tables: Vec<Pane> = context
        .attacks()
        .into_iter()
        .flat_map(|attack| context.eps_values(attack).into_iter().map(move |eps| (attack, eps)))
        .map(|(attack, eps)| Pane {
            attack: attack.to_owned(),
            eps,
            body: table(context, attack, eps),
        })
        .collect();
    if tables.is_empty() {
        return missing("No adversarial examples were evaluated in this run.");
    }
    let wanted = headline(context);
    let first = tables
        .iter()
        .position(|pane| wanted.is_some_and(|eps| same_eps(eps, pane.eps)))
        .unwrap_or(0);
    html! {
        figure {
            (panes("heat-map", &tables, first, None))
            (caption(Some("The numbers of Figures 1 and 3 of the paper"), &html! {
                "Accuracy in percent. A row is the model whose gradients made the examples, a column the model that classifies them; "
                "outlined on the diagonal: the white-box cases. The stronger the color, the more are classified correctly: "
                "a row that fades into the page holds examples that fool every model, a column of strong color is a model that withstands them all. "
                @if context.published.is_some() { "Small numbers: the paper's." }
            }))
        }
    }
}

fn table(context: &Context, attack: &str, eps: f64) -> Markup {
    html! {
        div.scroll tabindex="0" role="region" aria-label="Accuracy of every model on every model's examples" {
            table.heat style=(columns(context)) {
                thead {
                    tr {
                        td.corner { "crafted on\u{a0}↓" br; "evaluated on\u{a0}→" }
                        @for model in context.models() { th scope="col" { (badge(context.slots.of(model), model)) } }
                    }
                }
                tbody {
                    @for crafted_on in context.models() {
                        tr {
                            th scope="row" { (badge(context.slots.of(crafted_on), crafted_on)) }
                            @for evaluated_on in context.models() { (cell(context, attack, crafted_on, evaluated_on, eps)) }
                        }
                    }
                }
            }
        }
    }
}

fn cell(context: &Context, attack: &str, crafted_on: &str, evaluated_on: &str, eps: f64) -> Markup {
    let Some(cell) = context.cell(attack, crafted_on, evaluated_on, eps) else {
        return html! { td.empty { (format::DASH) } };
    };
    let paper = context
        .published
        .and_then(|published| published.accuracy(attack, crafted_on, evaluated_on, eps));
    let shade = (cell.accuracy.clamp(0.0, 1.0) * SHADES).round() as usize;
    let class = format!("h{shade}{}", if crafted_on == evaluated_on { " white-box" } else { "" });
    let title = format!(
        "crafted on {crafted_on}, evaluated on {evaluated_on}: {} {}, {} images",
        percent(cell.accuracy),
        interval(cell.low, cell.high),
        format::count(cell.count),
    );
    html! {
        td class=(class) title=(title) {
            (bare_percent(cell.accuracy))
            @if let Some(paper) = paper { small { (bare_percent(paper)) } }
        }
    }
}
