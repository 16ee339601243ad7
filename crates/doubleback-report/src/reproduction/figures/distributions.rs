use doubleback::evaluate::{Distribution, GradientDistribution};
use maud::{Markup, html};

use crate::format::{self, attack_name, scientific};
use crate::page::{Content, Group, Table};
use crate::reproduction::context::Context;
use crate::svg::{Panel, Ridge, badge, ridges};

const LOSSES: [(&str, &str); 2] = [
    ("fgsm", "‖∇x CE(true label)‖₂, as FGSM uses it"),
    ("tgsm", "‖∇x CE(next label)‖₂, as TGSM uses it"),
];

/// Figure 4.
pub fn distributions(context: &Context) -> Result<Content, String> {
    let results = context.results;
    if results.gradients.is_empty() && results.log_probabilities.is_empty() {
        return Err("Gradient norms and log-probabilities were not measured in this run.".to_owned());
    }
    let norms = LOSSES.iter().filter_map(|(loss, title)| norms(context, loss, title));
    let panels = norms.chain(log_probabilities(context)).collect();
    let mut caption = "Distributions over test images, on logarithmic axes; the height of each histogram is scaled to its own peak. The vertical \
                       line is the median. The bar at the left is the share of values at or below 10⁻²⁰, which includes exact zeros. Norms are \
                       of the gradient of one image's loss."
        .to_owned();
    if context.published.is_some() {
        caption += " Hollow markers: the paper's medians, read off its plots (±30\u{a0}%) and multiplied by 1,000, since they are of the mean loss \
                    over 1,000 images; at the left edge where the paper's is at its floor.";
    }
    Ok(Content {
        reading: reading(context),
        groups: vec![Group {
            panels,
            ..Group::default()
        }],
        pictures: html! {},
        file_panels: Vec::new(),
        caption,
        details: html! {
            details {
                summary { "Table: quantiles" }
                (table(context))
            }
        },
        values: values(context),
    })
}

fn reading(context: &Context) -> String {
    let medians = of_loss(context, "fgsm")
        .into_iter()
        .map(|one| {
            let paper = context
                .published
                .and_then(|paper| paper.gradient_norm_median("fgsm", &one.model));
            let paper = paper.map_or(String::new(), |paper| format!(" (paper {})", floored(paper)));
            format!("{} {}{paper}", one.model, floored(one.norm.quantiles[2]))
        })
        .collect::<Vec<_>>()
        .join(", ");
    if medians.is_empty() {
        medians
    } else {
        format!("Median norm of the gradient that FGSM follows: {medians}.")
    }
}

fn values(context: &Context) -> Table {
    let mut table = Table::new(&[
        "quantity",
        "model",
        "q05",
        "q25",
        "median",
        "q75",
        "q95",
        "mean",
        "at_floor",
        "count",
        "roughness",
        "published_median",
        "log10_low",
        "log10_high",
        "counts",
    ]);
    let mut add = |quantity: &str, model: &str, one: &Distribution, roughness: Option<f64>, paper: Option<f64>| {
        let [a, b, c, d, e] = one.quantiles;
        let counts: Vec<String> = one.log10.counts.iter().map(usize::to_string).collect();
        table.row([
            quantity.into(),
            model.into(),
            a.into(),
            b.into(),
            c.into(),
            d.into(),
            e.into(),
            one.mean.into(),
            one.floored.into(),
            one.count.into(),
            roughness.into(),
            paper.into(),
            one.log10.low.into(),
            one.log10.high.into(),
            counts.join(" ").into(),
        ]);
    };
    for (loss, _) in LOSSES {
        for one in of_loss(context, loss) {
            let paper = context
                .published
                .and_then(|paper| paper.gradient_norm_median(loss, &one.model));
            add(
                &format!("gradient norm, {loss}"),
                &one.model,
                &one.norm,
                one.roughness,
                paper,
            );
        }
    }
    for one in &context.results.log_probabilities {
        add("-log p", &one.model, &one.negative_log, None, None);
    }
    table
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

fn norms(context: &Context, loss: &str, title: &str) -> Option<Panel> {
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
    let what = format!("Distribution of the gradient norm of the {} loss", attack_name(loss));
    panel(
        format!("Gradient norm, {} loss", attack_name(loss)),
        title,
        "L2 norm",
        &what,
        &rows,
    )
}

fn log_probabilities(context: &Context) -> Option<Panel> {
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
    let note = "−log p over all images and classes (natural logarithm)";
    panel(
        "Log-probabilities".to_owned(),
        note,
        "−log p",
        "Distribution of the negative log-probability",
        &rows,
    )
}

fn panel(heading: String, note: &str, axis: &str, what: &str, rows: &[Ridge]) -> Option<Panel> {
    if rows.is_empty() {
        return None;
    }
    Some(Panel {
        note: Some(note.to_owned()),
        ..Panel::new(heading, ridges(axis, describe(what, rows), rows))
    })
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
