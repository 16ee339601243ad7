//! The means and intervals as a table, and what could not be measured.

use doubleback::faithfulness::Direction;
use doubleback::statistics::{greatest_by, least_by};
use doubleback_experiments::explanations::{MethodResults, MetricResults, ModelResults};
use maud::{Markup, html};

use super::view::View;
use crate::format::{DASH, count, digits};
use crate::page::scrolled;

/// Where better values are.
pub fn arrow(direction: Direction) -> &'static str {
    match direction {
        Direction::Higher => "↑",
        Direction::Lower => "↓",
        Direction::Neither => "·",
    }
}

/// A row each method, and in it each model.
pub fn table(view: &View, metrics: &[MetricResults]) -> Markup {
    let best: Vec<Option<f64>> = (0..metrics.len()).map(|at| best(view, at)).collect();
    let table = html! {
        table.numbers.dense.measures {
            thead {
                tr {
                    th.text scope="col" { "Method" }
                    @if view.several() { th.text scope="col" { "Model" } }
                    @for metric in metrics { th scope="col" { (metric.spec.name()) "\u{a0}" (arrow(metric.direction)) } }
                }
            }
            tbody {
                @for number in 0..view.methods().len() {
                    @for (model, method) in view.models().iter().filter_map(|model| Some((model, model.methods.get(number)?))) {
                        tr {
                            th scope="row" { (method.spec.name()) }
                            @if view.several() { td.text { (view.badge(model)) } }
                            @for (metric, best) in method.metrics.iter().zip(&best) { td { (cell(metric, *best)) } }
                        }
                    }
                }
            }
        }
    };
    html! {
        (scrolled("Metrics", &table))
        p.caption { "↑ higher is better, ↓ lower is better, · neither. Bold: the best mean; the intervals say whether that is clear." }
    }
}

fn cell(metric: &MetricResults, best: Option<f64>) -> Markup {
    let Some(mean) = metric.mean else {
        return html! { (DASH) };
    };
    html! {
        @if best == Some(mean) { strong { (digits(mean)) } } @else { (digits(mean)) }
        @if let Some([low, high]) = metric.interval { span.interval { "[" (digits(low)) ",\u{a0}" (digits(high)) "]" } }
    }
}

fn best(view: &View, at: usize) -> Option<f64> {
    let measured: Vec<&MetricResults> = methods(view).filter_map(|(_, method)| method.metrics.get(at)).collect();
    let means = measured.iter().filter_map(|metric| metric.mean);
    match measured.first()?.direction {
        Direction::Higher => greatest_by(means, |mean| *mean),
        Direction::Lower => least_by(means, |mean| *mean),
        Direction::Neither => None,
    }
}

fn methods<'a>(view: &View<'a>) -> impl Iterator<Item = (&'a ModelResults, &'a MethodResults)> {
    let models = view.models().iter();
    models.flat_map(|model| model.methods.iter().map(move |method| (model, method)))
}

/// What could not be measured, and which images were left out.
pub fn lacks(view: &View) -> Markup {
    let on = |model: &ModelResults| {
        if view.several() {
            format!(" on {}", model.model)
        } else {
            String::new()
        }
    };
    // By metric and reason, the methods.
    let mut missing: Vec<(&str, &str, Vec<String>)> = Vec::new();
    let mut partial: Vec<(String, Vec<&str>)> = Vec::new();
    for (model, method) in methods(view) {
        let name = format!("{}{}", method.spec.name(), on(model));
        for metric in &method.metrics {
            let metric_name = metric.spec.name();
            if let Some(reason) = metric.not_measured.as_deref() {
                match missing
                    .iter_mut()
                    .find(|(of, why, _)| (*of, *why) == (metric_name, reason))
                {
                    Some((_, _, methods)) => methods.push(name.clone()),
                    None => missing.push((metric_name, reason, vec![name.clone()])),
                }
            } else if metric.undefined > 0 {
                let left_out = format!(
                    "{name}: {} of {} images left out",
                    count(metric.undefined),
                    count(view.results.count)
                );
                match partial.iter_mut().find(|(of, _)| *of == left_out) {
                    Some((_, metrics)) => metrics.push(metric_name),
                    None => partial.push((left_out, vec![metric_name])),
                }
            }
        }
    }
    html! {
        @if !missing.is_empty() || !partial.is_empty() {
            h3 { "What could not be measured" }
            ul.plain-list {
                @for (metric, reason, methods) in &missing { li { strong { (metric) } " of " (methods.join(", ")) ": " (reason) "." } }
                @for (left_out, metrics) in &partial {
                    li { (left_out) " by " (metrics.join(", ")) ": the map is zero everywhere there, or there is no other map to compare it with." }
                }
            }
        }
    }
}
