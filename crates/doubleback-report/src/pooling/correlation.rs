//! Claim 4: do layers that lose more add more?

use doubleback_experiments::pooling_study::{LayerResult, RankCorrelation};
use maud::html;

use super::view::{AVERAGE, MAX, View};
use crate::format::{points, signed};
use crate::page::{Content, Group, Table};
use crate::svg::{Axis, Dot, Panel, Row, RowChart, ScatterChart, extent};

/// The figure.
pub fn content(view: &View) -> Result<Content, String> {
    if view.results.correlations.is_empty() {
        return Err("Loss of information and vulnerability were not compared in this run.".to_owned());
    }
    let mut panels = vec![chart(&view.results.correlations)];
    panels.extend(scatters(view));
    Ok(Content {
        reading: reading(&view.results.correlations),
        groups: vec![Group {
            heading: None,
            legend: Vec::new(),
            panels,
        }],
        pictures: html! {},
        file_panels: Vec::new(),
        caption: "Spearman's rank correlation of what a layer loses of the image and what it adds to the error under attack, over the layers of one network: mean over networks \
                  with normal training, with a 95\u{a0}% bootstrap interval over them. +1: layers that lose more always add more. In the other panels a dot is a \
                  layer, means over seeds: loss to the right, added error upward."
            .to_owned(),
        details: html! {},
        values: values(view),
    })
}

fn reading(correlations: &[RankCorrelation]) -> String {
    let all = correlations.iter().find(|one| one.architecture == "all");
    let Some((one, mean)) = all.and_then(|one| Some((one, one.mean?))) else {
        return String::new();
    };
    let verdict = match one.low.zip(one.high) {
        Some((low, _)) if low > 0.0 => "layers that lose more tend to add more, as claimed",
        Some((_, high)) if high < 0.0 => "layers that lose more tend to add less, against the claim",
        _ => "no order can be made out",
    };
    let bracket = match one.low.zip(one.high) {
        Some((low, high)) => format!(" [{},\u{a0}{}]", signed(low), signed(high)),
        None => String::new(),
    };
    format!(
        "Over {} networks the mean rank correlation is {}{bracket}: {verdict}.",
        one.values.len(),
        signed(mean)
    )
}

/// `max`, `avg` or both, as the page names them.
fn pool_words(pool: &str) -> &str {
    match pool {
        "avg" => "average",
        "all" => "both",
        other => other,
    }
}

fn pool_slot(pool: &str) -> usize {
    match pool {
        "max" => MAX,
        "avg" => AVERAGE,
        _ => 0,
    }
}

fn chart(correlations: &[RankCorrelation]) -> Panel {
    let rows: Vec<Row> = correlations
        .iter()
        .map(|one| {
            let mean = one.mean.unwrap_or(f64::NAN);
            Row {
                slot: pool_slot(&one.pool),
                name: if one.architecture == "all" {
                    "all networks".to_owned()
                } else {
                    format!("{}, {}", one.architecture, one.pool)
                },
                value: mean,
                interval: one.low.zip(one.high),
                published: None,
                text: signed(mean),
            }
        })
        .collect();
    let described: Vec<String> = rows.iter().map(|row| format!("{} {}", row.name, row.text)).collect();
    let chart = RowChart {
        x: Axis::linear("mean rank correlation", -1.0, 1.0),
        description: format!("Rank correlation of loss and vulnerability: {}.", described.join(", ")),
        bars: false,
        rows,
    };
    Panel::new("Rank correlation by kind of network", chart.draw())
}

fn scatters(view: &View) -> Vec<Panel> {
    let mut kinds: Vec<(&str, &str)> = Vec::new();
    for layer in &view.results.layers {
        let kind = (layer.architecture.as_str(), layer.pool.as_str());
        if !kinds.contains(&kind) {
            kinds.push(kind);
        }
    }
    kinds
        .into_iter()
        .filter_map(|(architecture, pool)| {
            let models: Vec<&LayerResult> = view
                .results
                .layers
                .iter()
                .filter(|one| one.architecture == architecture && one.pool == pool)
                .collect();
            scatter(architecture, pool, &models)
        })
        .collect()
}

/// Layers of networks of one kind, at their means over seeds.
fn scatter(architecture: &str, pool: &str, models: &[&LayerResult]) -> Option<Panel> {
    let stages = models.first()?.information.iter().map(|layer| layer.layer.as_str());
    let mean = |values: Vec<f64>| values.iter().sum::<f64>() / values.len() as f64;
    let dots: Vec<Dot> = stages
        .map(|stage| {
            let losses = models.iter().flat_map(|model| &model.information);
            let losses = losses
                .filter(|layer| layer.layer == stage)
                .filter_map(|layer| Some(layer.loss?.value));
            let shares = models.iter().flat_map(|model| &model.probes);
            let shares = shares.filter(|probe| probe.layer == stage).map(|probe| probe.v.value);
            Dot {
                name: stage.to_owned(),
                x: mean(losses.collect()),
                y: mean(shares.collect()),
                x_interval: None,
                y_interval: None,
            }
        })
        .filter(|dot| dot.x.is_finite() && dot.y.is_finite())
        .collect();
    if dots.len() < 2 {
        return None;
    }
    let (left, right) = extent(dots.iter().map(|dot| dot.x))?;
    let (low, high) = extent(dots.iter().map(|dot| dot.y))?;
    let described: Vec<String> = dots
        .iter()
        .map(|dot| format!("{} {} and {}", dot.name, signed(dot.x), points(dot.y)))
        .collect();
    let chart = ScatterChart {
        x: Axis::linear(
            "loss of the image (nats a pixel)",
            (left.min(0.0) * 5.0).floor() / 5.0,
            (right * 5.0).ceil() / 5.0,
        ),
        y: Axis::percent(
            "added error (points)",
            (low.min(0.0) * 20.0).floor() / 20.0,
            // Room for the name of the highest dot.
            ((high + 0.01) * 20.0).ceil() / 20.0,
        ),
        description: format!(
            "Loss of the image and added error by layer, {architecture} with {} pooling: {}.",
            pool_words(pool),
            described.join(", ")
        ),
        slot: pool_slot(pool),
        dots,
    };
    Some(Panel::new(
        format!("{architecture}, {} pooling", pool_words(pool)),
        chart.draw(),
    ))
}

fn values(view: &View) -> Table {
    let mut table = Table::new(&["architecture", "pool", "stages", "networks", "mean", "low", "high"]);
    for one in &view.results.correlations {
        table.row([
            one.architecture.as_str().into(),
            one.pool.as_str().into(),
            one.stages.into(),
            one.values.len().into(),
            one.mean.into(),
            one.low.into(),
            one.high.into(),
        ]);
    }
    table
}
