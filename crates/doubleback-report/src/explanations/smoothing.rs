//! Is smoothing needed? What the smoothed gradient has over the plain one, by metric and model.

use doubleback_experiments::Verdict;
use doubleback_experiments::explanations::{Gain, Smoothing, smoothing};
use maud::{Markup, html};

use super::view::View;
use crate::format::{DASH, digits};
use crate::page::scrolled;

/// The table, where the gradient and its SmoothGrad were both measured.
pub fn table(view: &View) -> Markup {
    let rows = smoothing(view.results);
    let table = html! {
        table.numbers.dense.measures {
            thead { tr {
                th.text scope="col" { "Metric" }
                @for model in view.models() { th scope="col" { "Smoothing gains" @if view.several() { " on " (model.model) } } }
                @for (first, model) in pairs(view) {
                    th scope="col" { "Plain on " (model) " over smoothed on " (first) }
                    th.text scope="col" { "The claim, for " (model) }
                }
            } }
            tbody { @for row in &rows { (cells(row)) } }
        }
    };
    html! {
        @if !rows.is_empty() {
            h3 { "Is smoothing needed?" }
            (scrolled("What smoothing gains", &table))
            p.caption {
                "What the smoothed gradient (smoothgrad) has over the plain one: mean difference of the images with its 95\u{a0}% interval, turned so that more is better. "
                @if view.several() {
                    "The claim (Ross & Doshi-Velez 2018): regularized gradients need no smoothing. It holds for a model if smoothing gains nothing there, gains on the first, "
                    "and its plain gradient is as good as the smoothed one of the first; in part, if the last is so or the others are."
                }
            }
        }
    }
}

/// Names of the first model and of each other.
fn pairs<'a>(view: &View<'a>) -> impl Iterator<Item = (&'a str, &'a str)> {
    let mut names = view.models().iter().map(|model| model.model.as_str());
    let first = names.next().unwrap_or_default();
    names.map(move |name| (first, name))
}

fn cells(row: &Smoothing) -> Markup {
    html! {
        tr {
            th scope="row" { (row.metric.name()) }
            @for gain in &row.gains { td { (cell(gain.as_ref())) } }
            @for against in &row.against_first {
                td { (cell(against.as_ref().map(|(gain, _)| gain))) }
                td.text { (against.as_ref().map_or(DASH, |(_, verdict)| in_words(*verdict))) }
            }
        }
    }
}

fn cell(gain: Option<&Gain>) -> Markup {
    let Some(Gain {
        mean,
        interval: [low, high],
    }) = gain
    else {
        return html! { (DASH) };
    };
    html! {
        (digits(*mean))
        span.interval { "[" (digits(*low)) ",\u{a0}" (digits(*high)) "]" }
    }
}

fn in_words(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Holds => "holds",
        Verdict::HoldsInPart => "holds in part",
        _ => "does not hold",
    }
}
