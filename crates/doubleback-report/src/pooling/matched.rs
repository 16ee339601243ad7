//! The comparison among pairs whose clean accuracies are alike.

use doubleback_experiments::pooling_study::{Comparison, Difference, WORST_CASE};
use maud::{Markup, html};

use super::view::{Sign, View, ends, eps_name, training_words};
use crate::format::{DASH, points, points_interval, short};
use crate::page::{missing, scrolled};

/// The section.
pub fn body(view: &View) -> Markup {
    let all: Vec<&Comparison> = view
        .results
        .comparisons
        .iter()
        .filter(|one| one.attack == WORST_CASE)
        .collect();
    if all.is_empty() {
        return missing("No worst case was compared in this run.");
    }
    html! {
        p {
            "A network that is less accurate to begin with can look more robust, and the other way round. So the worst case once more, from those pairs alone whose "
            "accuracies on unperturbed images lie within " (short(100.0 * view.results.matched_within)) " points of each other."
        }
        (scrolled("Matched clean accuracy", &html! {
            table.numbers {
                thead {
                    tr {
                        th scope="col" { "Network and training" }
                        th scope="col" { "ε" }
                        th scope="col" { "Clean, average less max" }
                        th scope="col" { "Worst case, all pairs" }
                        th scope="col" { "Worst case, matched pairs" }
                        th scope="col" { "Pairs matched" }
                    }
                }
                tbody {
                    @for one in &all {
                        tr {
                            th.wrapped scope="row" { (one.architecture) ", " (training_words(&one.training)) }
                            td { (eps_name(one.eps)) }
                            td { (points(one.clean_difference)) }
                            (cell(&one.difference))
                            (cell(&one.matched))
                            td { (one.matched.values.len()) " of " (one.difference.values.len()) }
                        }
                    }
                }
            }
        }))
        p.caption { "Points; 95\u{a0}% intervals over seeds. One pair has no interval, and where no pair is matched there is nothing to say." }
    }
}

/// A difference with its sign and interval, as a cell.
pub fn cell(difference: &Difference) -> Markup {
    html! {
        td {
            @match difference.mean {
                Some(mean) => {
                    (Sign::of(difference).mark()) " " (points(mean))
                    @if let Some((low, high)) = ends(difference) { " " span.interval { (points_interval(low, high)) } }
                },
                None => (DASH),
            }
        }
    }
}
