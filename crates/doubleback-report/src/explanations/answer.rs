use maud::{Markup, html};

use super::view::View;
use crate::format::count;

/// The top of the page: what is on it, how to see it, and what to doubt.
pub fn header(view: &View) -> Markup {
    let results = view.results;
    let methods = view.methods().len();
    html! {
        header.top {
            p.kicker { "doubleback " (results.run.version) " · explanations" }
            h1 { (view.names()) " on " (results.dataset) }
            p.lede {
                strong { (numbered(methods, "method")) } @if methods == 1 { " says" } @else { " say" }
                " which values of " strong { (numbered(results.count, "test image")) } " speak for " (view.target()) "."
            }
            p.reading {
                "Red-brown speaks for the class, blue against it, and white says nothing. Each map is scaled by its own greatest value, which stands below it."
            }
            @for (model, note) in view.models().iter().flat_map(|model| model.notes.iter().map(move |note| (model, note))) {
                div.note { p { @if view.several() { (model.model) ": " } (note) } }
            }
            @for warning in warnings(view) { div.note { p { (warning) } } }
            dl.facts { @for (name, value) in facts(view) { div { dt { (name) } dd { (value) } } } }
        }
    }
}

fn numbered(number: usize, what: &str) -> String {
    match number {
        1 => format!("One {what}"),
        _ => format!("{} {what}s", count(number)),
    }
}

/// Methods of which the maps of some images are zero everywhere.
fn warnings(view: &View) -> Vec<String> {
    let each = view
        .models()
        .iter()
        .flat_map(|model| model.methods.iter().map(move |method| (model, method)));
    let silent = each.filter(|(_, method)| method.summary.zero_images > 0);
    silent
        .map(|(model, method)| {
            let on = if view.several() {
                format!(" on {}", model.model)
            } else {
                String::new()
            };
            format!(
                "{}{on} says nothing of {} of {} images: all values of the map are exactly zero.",
                method.spec.name(),
                count(method.summary.zero_images),
                count(view.results.count)
            )
        })
        .collect()
}

fn facts(view: &View) -> Vec<(&'static str, String)> {
    let results = view.results;
    let seconds: f64 = view
        .models()
        .iter()
        .flat_map(|model| &model.methods)
        .map(|method| method.seconds)
        .sum();
    let metrics = view.methods().first().map_or(0, |method| method.metrics.len());
    let mut facts = vec![
        ("Data set", results.dataset.clone()),
        ("Images", count(results.count)),
        ("On this page", count(view.shown())),
        ("Explained", view.target()),
        ("Methods", count(view.methods().len())),
        ("Metrics", count(metrics)),
        ("Time of the methods", crate::format::duration(seconds)),
        ("Device", results.run.device.clone()),
    ];
    if view.several() {
        facts.insert(0, ("Models", count(view.models().len())));
    }
    if let Some(seed) = results.sample_seed {
        facts.push(("Images drawn by seed", seed.to_string()));
    }
    facts
}
