//! What metrics say of the methods: means with intervals, as a chart each metric.

use doubleback::faithfulness::Direction;
use doubleback::statistics::{greatest_by, least_by};
use doubleback_experiments::explanations::{MetricResults, ModelResults};
use maud::html;

use super::metric_table::{arrow, lacks, table};
use super::smoothing;
use super::view::View;
use crate::format::digits;
use crate::page::{Content, Entry, Group, Table};
use crate::svg::{Axis, IntervalPoint, IntervalRow, IntervalRows, Panel, extent};

/// By how many times the greatest mean is more than the least, where an axis is logarithmic.
const DECADES: f64 = 50.0;
/// Names in a sentence.
const NAMES: usize = 3;

/// The figure.
pub fn content(view: &View) -> Result<Content, String> {
    let metrics = view
        .methods()
        .first()
        .map(|method| method.metrics.as_slice())
        .unwrap_or_default();
    if metrics.is_empty() {
        return Err(
            "No metric was asked for: --metric deletion,sparseness and others say how far to believe each method."
                .to_owned(),
        );
    }
    let mut questions: Vec<&str> = Vec::new();
    for metric in metrics {
        if !questions.contains(&metric.question.as_str()) {
            questions.push(&metric.question);
        }
    }
    let group = |question: &&str| Group {
        heading: Some((*question).to_owned()),
        legend: match view.several() {
            true => view
                .models()
                .iter()
                .map(|model| Entry::ours(view.slot(model), &model.model))
                .collect(),
            false => Vec::new(),
        },
        panels: metrics
            .iter()
            .enumerate()
            .filter(|(_, metric)| metric.question == **question)
            .map(|(at, metric)| panel(view, at, metric))
            .collect(),
    };
    Ok(Content {
        reading: readings(view, metrics),
        groups: questions.iter().map(group).collect(),
        pictures: html! { (table(view, metrics)) (smoothing::table(view)) (lacks(view)) },
        file_panels: Vec::new(),
        caption: "Means over the images of which a method says something, with 95\u{a0}% intervals over these images: not over trainings, and as if values were normally \
                  distributed. Options of all metrics are their defaults, named under reproducibility. A metric is about the method and this model, not about what is \
                  truly in the image."
            .to_owned(),
        details: html! {},
        values: values(view),
    })
}

/// What a metric says of a method of a model, in the order of the methods and in each of the models.
fn found<'a>(view: &View<'a>, at: usize) -> impl Iterator<Item = (&'a ModelResults, &'static str, &'a MetricResults)> {
    let models = view.models();
    (0..view.methods().len()).flat_map(move |number| {
        models.iter().filter_map(move |model| {
            let method = model.methods.get(number)?;
            Some((model, method.spec.name(), method.metrics.get(at)?))
        })
    })
}

fn panel(view: &View, at: usize, metric: &MetricResults) -> Panel {
    let mut rows: Vec<IntervalRow> = Vec::new();
    for (model, method, measured) in found(view, at) {
        let point = IntervalPoint {
            slot: view.slot(model),
            value: measured.mean,
            interval: measured.interval,
        };
        match rows.last_mut().filter(|row| row.name == method) {
            Some(row) => row.points.push(point),
            None => rows.push(IntervalRow {
                name: method.to_owned(),
                text: match view.several() {
                    true => String::new(),
                    false => measured.mean.map(digits).unwrap_or_default(),
                },
                points: vec![point],
            }),
        }
    }
    let described = found(view, at).filter_map(|(model, method, measured)| {
        let on = if view.several() {
            format!(" on {}", model.model)
        } else {
            String::new()
        };
        Some(format!("{method}{on} {}", digits(measured.mean?)))
    });
    let chart = IntervalRows {
        x: axis(view, at, metric),
        description: format!(
            "Mean {} of each method: {}.",
            metric.spec.name(),
            described.collect::<Vec<_>>().join("; ")
        ),
        rows,
    };
    Panel {
        note: Some(format!("{} {}", arrow(metric.direction), metric.direction.in_words())),
        ..Panel::new(metric.spec.name(), chart.draw())
    }
}

/// Holds all means with their intervals; zero too, where that is not far off.
fn axis(view: &View, at: usize, metric: &MetricResults) -> Axis {
    let means = || found(view, at).filter_map(|(_, _, measured)| measured.mean);
    let ends = found(view, at)
        .filter_map(|(_, _, measured)| measured.interval)
        .flatten();
    let Some((low, high)) = extent(means().chain(ends)) else {
        return Axis::linear(&metric.units, 0.0, 1.0);
    };
    if let Some((least, greatest)) =
        extent(means()).filter(|&(least, greatest)| least > 0.0 && greatest > DECADES * least)
    {
        let label = format!("{} (logarithmic)", metric.units);
        return Axis::log10_around(label, [least, greatest, low, high].into_iter());
    }
    let around = 0.04 * (high - low).max(1e-9);
    let low = if low >= 0.0 && low < 0.5 * high {
        0.0
    } else {
        low - around
    };
    Axis::linear(&metric.units, low, high + around)
}

/// Which method is best by each metric, and whether that is clear; a line each.
fn readings(view: &View, metrics: &[MetricResults]) -> String {
    let lines = metrics
        .iter()
        .enumerate()
        .filter_map(|(at, metric)| reading(view, at, metric));
    lines.collect::<Vec<_>>().join("\n")
}

fn reading(view: &View, at: usize, metric: &MetricResults) -> Option<String> {
    let all: Vec<_> = found(view, at)
        .filter(|(_, _, measured)| measured.mean.is_some())
        .collect();
    let mean = |(_, _, measured): &&(&ModelResults, &str, &MetricResults)| measured.mean.unwrap_or(f64::NAN);
    let best = match metric.direction {
        Direction::Higher => greatest_by(&all, mean),
        Direction::Lower => least_by(&all, mean),
        Direction::Neither => None,
    }?;
    if all.len() < 2 {
        return None;
    }
    let named = |(model, method, _): &(&ModelResults, &str, &MetricResults)| match view.several() {
        true => format!("{method} on {}", model.model),
        false => (*method).to_owned(),
    };
    let overlaps = |other: &&(&ModelResults, &str, &MetricResults)| {
        let [a, b] = [best.2.interval, other.2.interval];
        a.zip(b)
            .is_none_or(|([low, high], [other_low, other_high])| low <= other_high && other_low <= high)
    };
    let others = all.iter().filter(|other| !std::ptr::eq(*other, best));
    let near: Vec<String> = others.filter(overlaps).map(named).collect();
    let clear = match near.as_slice() {
        [] => "clear of all others".to_owned(),
        near if near.len() <= NAMES => format!("its interval overlaps that of {}", near.join(", ")),
        near => format!(
            "its interval overlaps that of {} and {} more",
            near[..NAMES].join(", "),
            near.len() - NAMES
        ),
    };
    let mean = digits(best.2.mean?);
    Some(format!(
        "By {} ({}), {} is best: {mean}; {clear}.",
        metric.spec.name(),
        metric.direction.in_words(),
        named(best)
    ))
}

fn values(view: &View) -> Table {
    let mut table = Table::new(&[
        "model",
        "method",
        "metric",
        "direction",
        "units",
        "mean",
        "low",
        "high",
        "images",
        "undefined",
        "not_measured",
    ]);
    for model in view.models() {
        for method in &model.methods {
            for metric in &method.metrics {
                table.row([
                    model.model.as_str().into(),
                    method.spec.name().into(),
                    metric.spec.name().into(),
                    metric.direction.in_words().into(),
                    metric.units.as_str().into(),
                    metric.mean.into(),
                    metric.interval.map(|[low, _]| low).into(),
                    metric.interval.map(|[_, high]| high).into(),
                    metric.n.into(),
                    metric.undefined.into(),
                    metric.not_measured.as_deref().unwrap_or_default().into(),
                ]);
            }
        }
    }
    table
}
