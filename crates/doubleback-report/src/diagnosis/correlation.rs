//! Loss of information against share of the damage, layer by layer.

use doubleback::diagnose::{Estimate, InformationLayer, ProbeLayer};
use doubleback_experiments::diagnosis::{Correlation, ModelDiagnosis};
use maud::{Markup, html};

use super::information::{bracket, range};
use super::view::{EXPLANATIONS, PROBES, View, around, ends};
use crate::format::{self, DASH, points, signed};
use crate::page::{Content, Group, Table, scrolled};
use crate::svg::{Axis, Dot, Panel, ScatterChart};

/// The figure.
pub fn content(view: &View) -> Result<Content, String> {
    let shown = || {
        view.models()
            .filter(|model| pairs(model).len() > 1 || !model.correlations.is_empty())
    };
    if shown().next().is_none() {
        return Err("Loss of information and share of the damage were not both measured in this run.".to_owned());
    }
    Ok(Content {
        reading: view.reading(shown(), reading),
        groups: shown()
            .map(|model| Group {
                heading: view.label(model).map(|(_, name)| name),
                legend: Vec::new(),
                panels: panels(model),
            })
            .collect(),
        pictures: html! { @for model in shown() { (table(view, model)) } },
        file_panels: Vec::new(),
        caption: "A dot a layer: what it loses of the image, to the right, and what it adds to the damage, upward; lines are 95\u{a0}% intervals. A rank \
                  correlation of +1 says that layers that lose more always add more, −1 the opposite. Spearman's ρ compares ranks, Kendall's τ counts \
                  pairs in the same order. Over six layers, ranks at random reach a ρ beyond ±0.77 in one case of ten: a single model's correlation says little, \
                  and its interval here is over test images, not over layers."
            .to_owned(),
        details: html! {},
        values: values(view),
    })
}

/// Loss and share of the layers that have both.
fn pairs(model: &ModelDiagnosis) -> Vec<(&str, Estimate, Estimate)> {
    let pair = |information: &InformationLayer| {
        let layer = model.layers.iter().find(|layer| layer.layer == information.layer)?;
        let loss = information.loss?;
        (loss.value.is_finite() && layer.v.value.is_finite()).then_some((layer.layer.as_str(), loss, layer.v))
    };
    model.information.iter().filter_map(pair).collect()
}

/// Loss of the class and share of the probes.
fn probe_pairs(model: &ModelDiagnosis) -> Vec<(&str, Estimate, Estimate)> {
    let pair = |probe: &'_ ProbeLayer| {
        let value = probe.entropy_loss.filter(|loss| loss.is_finite())?;
        let (low, high) = (f64::NAN, f64::NAN);
        let share = Some(probe.v).filter(|v| v.value.is_finite())?;
        Some((Estimate { value, low, high }, share))
    };
    let probes = model.probes.iter();
    probes
        .filter_map(|probe| pair(probe).map(|(loss, share)| (probe.layer.as_str(), loss, share)))
        .collect()
}

fn reading(model: &ModelDiagnosis) -> Option<String> {
    let one = model.correlations.iter().find(|one| is_of_information(one))?;
    let Some(rho) = one.spearman else {
        return Some(format!("{} cannot be ranked: one of the two is constant.", one.name));
    };
    let verdict = if rho.low > 0.0 {
        "here, layers that lose more add more"
    } else if rho.high < 0.0 {
        "here, layers that lose more add less"
    } else {
        "no order can be made out"
    };
    Some(format!(
        "over {} stages, Spearman's ρ of {} is {} {}: {verdict}.",
        one.count,
        one.name,
        signed(rho.value),
        bracket(&rho)
    ))
}

fn is_of_information(one: &Correlation) -> bool {
    one.name.contains("IL") || one.name.contains("information")
}

fn panels(model: &ModelDiagnosis) -> Vec<Panel> {
    let charts = [
        (
            "By decoders and explanations",
            EXPLANATIONS,
            "loss of the image (nats a pixel)",
            pairs(model),
        ),
        (
            "By probes alone",
            PROBES,
            "loss of the class (nats an image)",
            probe_pairs(model),
        ),
    ];
    charts
        .into_iter()
        .filter(|(_, _, _, pairs)| pairs.len() > 1)
        .map(|(heading, slot, label, pairs)| {
            let (left, right) = range(pairs.iter().map(|(_, loss, _)| loss));
            let (low, high) = around(pairs.iter().map(|(_, _, v)| v));
            let words: Vec<String> = pairs
                .iter()
                .map(|(name, loss, v)| format!("{name} {} and {}", signed(loss.value), points(v.value)))
                .collect();
            let chart = ScatterChart {
                x: Axis::linear(label, left, right),
                y: Axis::percent("share of the damage (points)", low, high),
                description: format!(
                    "{label} and share of the damage by layer on the {} model: {}.",
                    model.model,
                    words.join(", ")
                ),
                slot,
                dots: pairs
                    .iter()
                    .map(|(name, loss, v)| Dot {
                        name: (*name).to_owned(),
                        x: loss.value,
                        y: v.value,
                        x_interval: ends(loss),
                        y_interval: ends(v),
                    })
                    .collect(),
            };
            Panel::new(heading, chart.draw())
        })
        .collect()
}

fn table(view: &View, model: &ModelDiagnosis) -> Markup {
    let cell = |estimate: &Option<Estimate>| match estimate {
        Some(estimate) => html! { td { (signed(estimate.value)) " " span.interval { (bracket(estimate)) } } },
        None => html! { td { (DASH) } },
    };
    let table = html! {
        table.numbers {
            @if let Some((_, name)) = view.label(model) { caption { (name) } }
            thead {
                tr {
                    th scope="col" { "Rank correlation over stages" }
                    th scope="col" { "Stages" }
                    th scope="col" { "Spearman’s ρ" }
                    th scope="col" { "Kendall’s τ" }
                }
            }
            tbody {
                @for one in &model.correlations {
                    tr {
                        th.wrapped scope="row" { (one.name) }
                        td { (format::count(one.count)) }
                        (cell(&one.spearman))
                        (cell(&one.kendall))
                    }
                }
            }
        }
    };
    html! { @if !model.correlations.is_empty() { (scrolled("Rank correlations", &table)) } }
}

fn values(view: &View) -> Table {
    let mut table = Table::new(&[
        "model",
        "compared",
        "stages",
        "spearman",
        "spearman_low",
        "spearman_high",
        "kendall",
        "kendall_low",
        "kendall_high",
    ]);
    for model in view.models() {
        for one in &model.correlations {
            let (rho, tau) = (one.spearman, one.kendall);
            table.row([
                model.model.as_str().into(),
                one.name.as_str().into(),
                one.count.into(),
                rho.map(|rho| rho.value).into(),
                rho.map(|rho| rho.low).into(),
                rho.map(|rho| rho.high).into(),
                tau.map(|tau| tau.value).into(),
                tau.map(|tau| tau.low).into(),
                tau.map(|tau| tau.high).into(),
            ]);
        }
    }
    table
}
