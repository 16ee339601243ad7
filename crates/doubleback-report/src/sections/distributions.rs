use doubleback::evaluate::{Distribution, GradientDistribution};
use maud::{Markup, html};

use super::{caption, missing};
use crate::context::{Context, attack_name};
use crate::format::{self, scientific};
use crate::model::badge;
use crate::svg::{Ridge, panel, ridges};

const LOSSES: [(&str, &str); 2] = [
    ("fgsm", "‖∇x CE(true label)‖₂, as FGSM uses it"),
    ("tgsm", "‖∇x CE(next label)‖₂, as TGSM uses it"),
];

pub fn body(context: &Context) -> Markup {
    let results = context.results;
    if results.gradients.is_empty() && results.log_probabilities.is_empty() {
        return missing("Gradient norms and log-probabilities were not measured in this run.");
    }
    html! {
        figure.group {
            div.charts {
                @for (loss, title) in LOSSES { (norms(context, loss, title)) }
                (log_probabilities(context))
            }
            (caption(Some("Figure 4 of the paper"), &html! {
                "Distributions over test images, on logarithmic axes; the height of each histogram is scaled to its own peak. "
                "The vertical line is the median. The bar at the left is the share of values at or below 10⁻²⁰, which includes exact zeros. "
                "Norms are of the gradient of one image's loss. "
                @if context.published.is_some() {
                    "Hollow markers: the paper's medians, read off its plots (±30\u{a0}%) and multiplied by 1,000, since they are of the mean loss over 1,000 images; at the left edge where the paper's is at its floor."
                }
            }))
        }
        details {
            summary { "Table: quantiles" }
            (table(context))
        }
    }
}

/// The distributions of one loss in the order of the models.
fn of_loss<'a>(context: &Context<'a>, loss: &str) -> Vec<&'a GradientDistribution> {
    let all = &context.results.gradients;
    context
        .models()
        .filter_map(|model| all.iter().find(|one| one.model == model && one.loss == loss))
        .collect()
}

/// The median in words.
fn median(distribution: &Distribution) -> String {
    format!("median {}", floored(distribution.quantiles[2]))
}

/// A value in words, or that it lies at the floor.
fn floored(value: f64) -> String {
    if value <= 1e-20 {
        "≤\u{a0}10⁻²⁰".to_owned()
    } else {
        scientific(value)
    }
}

fn norms(context: &Context, loss: &str, title: &str) -> Markup {
    let rows: Vec<Ridge> = of_loss(context, loss)
        .into_iter()
        .map(|one| Ridge {
            slot: context.slots.of(&one.model),
            name: one.model.clone(),
            distribution: &one.norm,
            published: context
                .published
                .and_then(|published| published.gradient_norm_median(loss, &one.model)),
            text: median(&one.norm),
        })
        .collect();
    let heading = html! { "Gradient norm, " (attack_name(loss)) " loss" };
    if rows.is_empty() {
        return panel(&heading, None, &missing("Not measured in this run."));
    }
    let description = describe(
        &format!("Distribution of the gradient norm of the {} loss", attack_name(loss)),
        &rows,
    );
    panel(&heading, Some(title), &ridges("L2 norm", &description, &rows))
}

fn log_probabilities(context: &Context) -> Markup {
    let all = &context.results.log_probabilities;
    let rows: Vec<Ridge> = context
        .models()
        .filter_map(|model| all.iter().find(|one| one.model == model))
        .map(|one| Ridge {
            slot: context.slots.of(&one.model),
            name: one.model.clone(),
            distribution: &one.negative_log,
            published: None,
            text: median(&one.negative_log),
        })
        .collect();
    let heading = html! { "Log-probabilities" };
    if rows.is_empty() {
        return panel(&heading, None, &missing("Not measured in this run."));
    }
    let description = describe("Distribution of the negative log-probability", &rows);
    panel(
        &heading,
        Some("−log p over all images and classes (natural logarithm)"),
        &ridges("−log p", &description, &rows),
    )
}

fn describe(what: &str, rows: &[Ridge]) -> String {
    let medians: Vec<String> = rows.iter().map(|row| format!("{} {}", row.name, row.text)).collect();
    format!("{what} by model: {}.", medians.join(", "))
}

fn table(context: &Context) -> Markup {
    html! {
        div.scroll tabindex="0" role="region" aria-label="Quantiles of gradient norms and log-probabilities" {
            table.numbers.dense {
                thead {
                    tr {
                        th scope="col" { "Quantity" }
                        th.text scope="col" { "Model" }
                        @for quantile in ["5\u{a0}%", "25\u{a0}%", "50\u{a0}%", "75\u{a0}%", "95\u{a0}%"] { th scope="col" { (quantile) } }
                        th scope="col" { "Mean" }
                        th scope="col" { "≤ 10⁻²⁰" }
                        th scope="col" { "Roughness" }
                    }
                }
                @for (loss, _) in LOSSES {
                    tbody {
                        @for one in of_loss(context, loss) {
                            (row(context, &format!("norm, {}", attack_name(loss)), &one.model, &one.norm, one.roughness))
                        }
                    }
                }
                tbody {
                    @for one in &context.results.log_probabilities { (row(context, "−log p", &one.model, &one.negative_log, None)) }
                }
            }
        }
        p.caption {
            "Roughness of a gradient: mean absolute difference of neighboring pixels over mean absolute value, median over images. "
            "White noise has about 1.41, a smooth picture less."
        }
    }
}

fn row(context: &Context, quantity: &str, model: &str, distribution: &Distribution, roughness: Option<f64>) -> Markup {
    html! {
        tr {
            th scope="row" { (quantity) }
            th scope="row" { (badge(context.slots.of(model), model)) }
            @for quantile in distribution.quantiles { td { (floored(quantile)) } }
            td { (scientific(distribution.mean)) }
            td { (format::count(distribution.floored)) " of " (format::count(distribution.count)) }
            td { (roughness.map_or(format::DASH.to_owned(), scientific)) }
        }
    }
}
