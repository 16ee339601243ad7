//! Accuracy of either kind of pooling under the worst of the attacks, by eps.

use doubleback::statistics::greatest_by;
use doubleback_experiments::pooling_study::{ModelResult, WORST_CASE};
use maud::html;

use super::view::{AVERAGE, MAX, View, eps_name, training_words, words};
use crate::eps::{distinct, same_eps};
use crate::format::{capital, interval, percent};
use crate::page::{Content, Entry, Group, Table};
use crate::svg::{Axis, Line, LineChart, Look, Panel, Point, Style, extent};

/// The figure.
pub fn content(view: &View) -> Result<Content, String> {
    if view.results.models.is_empty() {
        return Err("No model was attacked in this run.".to_owned());
    }
    let architectures = view.results.architectures.iter();
    Ok(Content {
        reading: reading(view),
        groups: architectures
            .map(|architecture| Group {
                heading: Some(architecture.clone()),
                legend: vec![Entry::ours(MAX, "max pooling"), Entry::ours(AVERAGE, "average pooling")],
                panels: trainings(view, architecture)
                    .into_iter()
                    .map(|training| panel(view, architecture, training))
                    .collect(),
            })
            .collect(),
        pictures: html! {},
        file_panels: Vec::new(),
        caption: "Share of test images that withstand every white-box attack, by the size of the perturbation; at 0, unperturbed. Lines are means over seeds, bands reach \
                  from the least seed to the greatest."
            .to_owned(),
        details: html! {},
        values: values(view),
    })
}

fn reading(view: &View) -> String {
    let worst = view.worst();
    let known = worst
        .iter()
        .filter(|one| one.difference.mean.is_some_and(f64::is_finite));
    let size = |one: &doubleback_experiments::pooling_study::Comparison| one.difference.mean.unwrap_or(0.0).abs();
    greatest_by(known, |one| size(one)).map_or(String::new(), |one| {
        format!(
            "The largest difference: {}, {} at ε\u{a0}=\u{a0}{}, {} with average and {} with max pooling, {} points.",
            one.architecture,
            training_words(&one.training),
            eps_name(one.eps),
            percent(one.avg),
            percent(one.max),
            words(&one.difference)
        )
    })
}

/// The trainings of an architecture's models, in order of appearance.
fn trainings<'a>(view: &View<'a>, architecture: &str) -> Vec<&'a str> {
    let mut trainings: Vec<&str> = Vec::new();
    for model in view
        .results
        .models
        .iter()
        .filter(|model| model.architecture == architecture)
    {
        if !trainings.contains(&model.training.as_str()) {
            trainings.push(&model.training);
        }
    }
    trainings
}

/// Accuracy of each seed by eps, 0 for the unperturbed images.
fn by_eps(models: &[&ModelResult], attack: &str) -> Vec<(f64, Vec<f64>)> {
    let sizes = distinct(models.iter().flat_map(|model| {
        let own = model.attacked.iter().filter(|attacked| attacked.attack == attack);
        own.map(|attacked| attacked.eps)
    }));
    let clean = models.iter().map(|model| model.clean.accuracy).collect();
    let mut all = vec![(0.0, clean)];
    all.extend(sizes.into_iter().map(|eps| {
        let at = |model: &&ModelResult| {
            let mut own = model.attacked.iter();
            own.find(|attacked| attacked.attack == attack && same_eps(attacked.eps, eps))
                .map(|attacked| attacked.accuracy.accuracy)
        };
        (eps, models.iter().filter_map(at).collect())
    }));
    all
}

fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len() as f64
}

fn panel(view: &View, architecture: &str, training: &str) -> Panel {
    let line = |pool: &str, slot: usize, name: &str| {
        let models: Vec<&ModelResult> = view
            .results
            .models
            .iter()
            .filter(|model| model.architecture == architecture && model.training == training && model.pool == pool)
            .collect();
        let points = by_eps(&models, WORST_CASE).into_iter().map(|(eps, values)| {
            let ends = extent(values.iter().copied());
            let range = ends.filter(|_| values.len() > 1).map(|(low, high)| interval(low, high));
            Point {
                x: eps,
                y: mean(&values),
                interval: ends,
                text: (
                    eps_name(eps),
                    format!("{} {}", percent(mean(&values)), range.unwrap_or_default()),
                ),
                look: Look::Plain,
            }
        });
        Line {
            slot,
            name: name.to_owned(),
            style: Style::Ours,
            points: points.collect(),
        }
    };
    let lines = vec![line("max", MAX, "max"), line("avg", AVERAGE, "average")];
    let greatest = lines
        .iter()
        .flat_map(|line| line.points.iter().map(|point| point.x))
        .fold(0.0, f64::max);
    let described: Vec<String> = lines
        .iter()
        .map(|line| {
            let values: Vec<String> = line.points.iter().map(|point| point.text.1.clone()).collect();
            format!("{} {}", line.name, values.join(", "))
        })
        .collect();
    let chart = LineChart {
        x: Axis::linear("ε", 0.0, greatest),
        y: Axis::percent("accuracy (%)", 0.0, 1.0),
        head: "ε =",
        description: format!(
            "Accuracy under the worst of the attacks by ε, {architecture}, {}: {}.",
            training_words(training),
            described.join("; ")
        ),
        lines,
        rules: Vec::new(),
    };
    Panel::new(capital(training_words(training)), chart.draw())
}

fn values(view: &View) -> Table {
    let mut table = Table::new(&[
        "architecture",
        "training",
        "pool",
        "seed",
        "attack",
        "eps",
        "right",
        "images",
        "accuracy",
        "low",
        "high",
    ]);
    for model in &view.results.models {
        let clean = [("clean", 0.0, &model.clean)];
        let attacked = model
            .attacked
            .iter()
            .map(|one| (one.attack.as_str(), one.eps, &one.accuracy));
        for (attack, eps, accuracy) in clean.into_iter().chain(attacked) {
            table.row([
                model.architecture.as_str().into(),
                model.training.as_str().into(),
                model.pool.as_str().into(),
                model.seed.to_string().into(),
                attack.into(),
                eps.into(),
                accuracy.right.into(),
                accuracy.count.into(),
                accuracy.accuracy.into(),
                accuracy.low.into(),
                accuracy.high.into(),
            ]);
        }
    }
    table
}
