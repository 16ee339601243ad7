//! Tables of images, one test image a row and one model a column.

use std::collections::BTreeMap;

use doubleback_experiments::reproduce::{Picture, Prediction};
use maud::{Markup, html};

use super::context::Context;
use crate::page::picture;

/// Tells the style sheet how many models stand side by side, so that a table may be as wide as they need.
pub fn columns(context: &Context) -> String {
    format!("--models: {}", context.results.models.len())
}

/// The unperturbed image with its true class.
pub fn original(context: &Context, picture: &Picture) -> Markup {
    let pictures = context.pictures;
    let class = context.class_name(picture.label);
    html! {
        th scope="row" data-guess=(guesses(context, &picture.predictions)) {
            @match picture::image(&picture.pixels, pictures.shape, pictures.bounds) {
                Some(uri) => img src=(uri) alt={ "Test image " (picture.index) ", class " (class) };,
                None => span.missing { "no image" },
            }
            span.truth { (class) }
            span.guess {}
        }
    }
}

/// `95`: the probability of a class in percent.
pub fn whole_percent(probability: f32) -> String {
    if probability.is_finite() {
        format!("{:.0}", 100.0 * probability)
    } else {
        "–".to_owned()
    }
}

/// `class:percent` of each model in the order of the run, for report.js.
pub fn guesses(context: &Context, predictions: &BTreeMap<String, Prediction>) -> String {
    let one = |model| {
        predictions.get(model).map_or(String::new(), |prediction| {
            format!("{}:{}", prediction.class, whole_percent(prediction.probability))
        })
    };
    context.models().map(one).collect::<Vec<_>>().join("|")
}
