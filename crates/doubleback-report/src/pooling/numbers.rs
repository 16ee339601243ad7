//! All comparisons in one table an architecture.

use doubleback_experiments::pooling_study::{CLEAN, Comparison, Difference};
use maud::{Markup, html};

use super::view::{Sign, View, attack_words, ends, eps_name, training_words};
use crate::format::{DASH, bare_percent, points, points_interval};
use crate::page::{missing, scrolled};

/// The section.
pub fn body(view: &View) -> Markup {
    if view.results.comparisons.is_empty() {
        return missing("Nothing was compared in this run.");
    }
    html! {
        p {
            "Accuracy in percent, mean over seeds: max pooling, then average pooling. Below, average less max in points with its 95\u{a0}% interval over seeds; "
            (Sign::Above.mark()) " the interval lies above zero, " (Sign::Below.mark()) " below, " (Sign::Open.mark()) " it holds zero."
        }
        @for architecture in &view.results.architectures {
            h3 { (architecture) }
            (scrolled("Accuracy by training, eps and attack", &table(view, architecture)))
        }
    }
}

fn table(view: &View, architecture: &str) -> Markup {
    let attacks = view.attacks();
    html! {
        table.numbers.pairs {
            thead {
                tr {
                    th scope="col" { "Training" }
                    th scope="col" { "Clean" }
                    th scope="col" { "ε" }
                    @for attack in &attacks { th scope="col" { (attack_words(attack)) } }
                }
            }
            @for training in view.trainings(architecture) {
                @let sizes = view.sizes(architecture, training);
                tbody {
                    @for (index, eps) in sizes.iter().enumerate() {
                        tr {
                            @if index == 0 {
                                th scope="rowgroup" rowspan=(sizes.len()) { (training_words(training)) }
                                (cell(view.find(architecture, training, CLEAN, 0.0), Some(sizes.len())))
                            }
                            th scope="row" { (eps_name(*eps)) }
                            @for attack in &attacks { (cell(view.find(architecture, training, attack, *eps), None)) }
                        }
                    }
                }
            }
        }
    }
}

fn cell(comparison: Option<&Comparison>, rows: Option<usize>) -> Markup {
    let Some(one) = comparison else {
        return html! { td rowspan=[rows] { (DASH) } };
    };
    html! {
        td rowspan=[rows] {
            (bare_percent(one.max)) " → " (bare_percent(one.avg))
            (difference(&one.difference))
        }
    }
}

/// A difference under its two numbers.
fn difference(difference: &Difference) -> Markup {
    html! {
        @if let Some(mean) = difference.mean {
            span.difference { (Sign::of(difference).mark()) " " (points(mean)) }
            @if let Some((low, high)) = ends(difference) { span.interval { (points_interval(low, high)) } }
        }
    }
}
