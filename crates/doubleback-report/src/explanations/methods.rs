//! What each method says, in a sentence, and by how much it misses what it promises.

use doubleback_experiments::explanations::{MethodResults, ModelResults};
use maud::{Markup, html};

use super::view::View;
use crate::format::{capital, count, digits, duration};
use crate::page::scrolled;

/// The section.
pub fn body(view: &View) -> Markup {
    html! {
        dl.glossary {
            @for (number, method) in view.methods().iter().enumerate() {
                dt id={ "method-" (method.spec.name()) } { (method.spec.name()) }
                dd { (sentences(view, number, method)) }
            }
        }
        (table(view))
    }
}

fn sentences(view: &View, number: usize, method: &MethodResults) -> Markup {
    let of_models = || {
        view.models()
            .iter()
            .filter_map(move |model| Some((model, model.methods.get(number)?)))
    };
    let on = |model: &ModelResults| {
        if view.several() {
            format!(" on {}", model.model)
        } else {
            String::new()
        }
    };
    html! {
        (capital(&method.settings)) "."
        @if let Some([rows, columns]) = method.map_size {
            " Its maps have " (rows) " by " (columns) " pixels."
        }
        @for (model, method) in of_models() {
            @if let Some(gap) = method.summary.gap {
                " Its values miss what they should sum to by " (digits(gap.mean)) " on average" (on(model)) ", by " (digits(gap.greatest)) " at most."
            }
        }
        @for (model, method) in of_models().filter(|(_, method)| method.summary.zero_images > 0) {
            " " strong { "It says nothing of " (count(method.summary.zero_images)) " of " (count(view.results.count)) " images" (on(model)) "." }
        }
    }
}

fn table(view: &View) -> Markup {
    let gaps = view
        .models()
        .iter()
        .flat_map(|model| &model.methods)
        .any(|method| method.summary.gap.is_some());
    let table = html! {
        table.numbers {
            thead {
                tr {
                    th.text scope="col" { "Method" }
                    @if view.several() { th.text scope="col" { "Model" } }
                    th scope="col" { "Mean magnitude" } th scope="col" { "Greatest" }
                    @if gaps { th scope="col" { "Completeness gap, mean" } th scope="col" { "Greatest" } }
                    th scope="col" { "Says nothing of" } th scope="col" { "Time" }
                }
            }
            tbody {
                @for number in 0..view.methods().len() {
                    @for (model, method) in view.models().iter().filter_map(|model| Some((model, model.methods.get(number)?))) {
                        tr {
                            th scope="row" { (method.spec.name()) }
                            @if view.several() { td.text { (view.badge(model)) } }
                            td { (digits(method.summary.mean_magnitude)) }
                            td { (digits(method.summary.greatest_magnitude)) }
                            @if gaps {
                                @let gap = method.summary.gap;
                                td { @if let Some(gap) = gap { (digits(gap.mean)) } }
                                td { @if let Some(gap) = gap { (digits(gap.greatest)) } }
                            }
                            td { (count(method.summary.zero_images)) }
                            td { (duration(method.seconds)) }
                        }
                    }
                }
            }
        }
    };
    html! {
        (scrolled("Methods in numbers", &table))
        p.caption {
            "Magnitudes are of all values of all images. "
            @if gaps { "The completeness gap is the sum of a map's values less the difference of the logit that they should sum to, in magnitude; it is a number, not a verdict. " }
            "Time is that of the maps alone."
        }
    }
}
