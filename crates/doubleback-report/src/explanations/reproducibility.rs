use maud::{Markup, html};
use serde_json::{Map, Value};

use super::command::command;
use super::view::View;
use crate::page::{pairs, saved};

/// The command, settings with their seeds, and checksums.
pub fn body(view: &View) -> Markup {
    let results = view.results;
    let run = &results.run;
    let methods = view.methods().iter();
    let methods = methods.map(|method| (method.spec.name().to_owned(), in_words(method.spec.options())));
    let metrics = view
        .methods()
        .first()
        .map(|method| method.metrics.as_slice())
        .unwrap_or_default();
    let of_metrics = metrics
        .iter()
        .map(|metric| (metric.spec.name().to_owned(), in_words(metric.spec.options())));
    html! {
        p {
            "The same numbers, times apart, come from doubleback " (run.version) " on " (run.device) " with the instruction set " (run.isa)
            ", from models and images of these checksums, by this command:"
        }
        pre { code { (command(results)) } }
        h3 { "Methods" }
        (pairs("Settings of the methods", ["Method", "Options and seeds"], methods, false))
        @if !metrics.is_empty() {
            h3 { "Metrics" }
            (pairs("Settings of the metrics", ["Metric", "Options and seeds"], of_metrics, false))
        }
        h3 { "Checksums" }
        (pairs("Checksums", ["Of", "SHA-256"], results.checksums.clone().into_iter(), true))
        (saved(results))
    }
}

/// `steps 50, rule gauss-legendre`.
fn in_words(options: doubleback::Result<Map<String, Value>>) -> String {
    let options = options.unwrap_or_default();
    let words = options.iter().filter(|(_, value)| !value.is_null());
    let words: Vec<String> = words
        .map(|(name, value)| {
            let value = match value {
                Value::String(text) => text.clone(),
                other => other.to_string(),
            };
            format!("{} {value}", name.replace('_', " "))
        })
        .collect();
    match words.is_empty() {
        true => "none".to_owned(),
        false => words.join(", "),
    }
}
