use doubleback_experiments::diagnosis::ModelDiagnosis;
use maud::{Markup, html};

use super::view::View;
use crate::format::duration;
use crate::page::{missing, pairs, saved};

pub fn body(view: &View) -> Markup {
    let results = view.results;
    html! {
        p {
            "The same numbers, times apart, come from doubleback " (results.run.version) " with seed " (results.seed) ", profile " (results.profile) ", on "
            (results.run.device) " with " (results.run.threads) @if results.run.threads == 1 { " thread" } @else { " threads" } " and the instruction set " (results.run.isa) ", from the files below, with these settings:"
        }
        @if results.settings.is_empty() {
            (missing("This run does not give its settings."))
        } @else {
            (pairs("Settings", ["Setting", "Value"], results.settings.clone().into_iter(), false))
        }
        h3 { "Models" }
        @for model in view.models() { (card(view, model)) }
        h3 { "Files" }
        (pairs("Checksums", ["File", "SHA-256"], files(view).into_iter(), true))
        @if !results.seconds.is_empty() {
            h3 { "Time" }
            (pairs("Time", ["Phase", "Time"], times(view).into_iter(), false))
        }
        (saved(results))
    }
}

fn card(view: &View, model: &ModelDiagnosis) -> Markup {
    html! {
        @if view.several() { h4 { (view.badge(model)) } }
        @if model.card.is_empty() {
            (missing("The file of this model does not say how it was trained."))
        } @else {
            (pairs("How the model was trained", ["Of the model's file", "Value"], model.card.clone().into_iter(), false))
        }
    }
}

/// Data, models and oracle with their checksums.
fn files(view: &View) -> Vec<(String, String)> {
    let results = view.results;
    let data = results.data.iter().map(|(name, sum)| (name.clone(), sum.clone()));
    let models = view
        .models()
        .map(|model| (format!("model {}", model.model), model.sha256.clone()));
    let oracle = results.oracle.sha256.iter();
    let oracle = oracle.map(|sum| ("oracle".to_owned(), sum.clone()));
    data.chain(models)
        .chain(oracle)
        .filter(|(_, sum)| !sum.is_empty())
        .collect()
}

fn times(view: &View) -> Vec<(String, String)> {
    let seconds = view.results.seconds.iter();
    seconds
        .map(|(phase, seconds)| (phase.clone(), duration(*seconds)))
        .collect()
}
