//! One section of the report a file. Each draws what there is and says what is missing.

mod authors;
mod claims;
mod clean;
mod cost;
mod curves;
mod distributions;
mod heat_map;
mod images;
mod legend;
mod masking;
mod panes;
mod reproducibility;
mod saliency;
mod summary;
mod transfer;

use maud::{Markup, html};

use crate::context::Context;

pub use summary::header;

/// A part of the report.
pub struct Section {
    /// What links point to.
    pub id: &'static str,
    /// Heading.
    pub title: &'static str,
    /// What stands under the heading.
    pub body: fn(&Context) -> Markup,
}

/// The sections in their order on the page.
pub const SECTIONS: [Section; 12] = [
    Section {
        id: "claims",
        title: "The paper's claims",
        body: claims::body,
    },
    Section {
        id: "clean",
        title: "Models and clean accuracy",
        body: clean::body,
    },
    Section {
        id: "transfer",
        title: "Accuracy by perturbation size",
        body: transfer::body,
    },
    Section {
        id: "heat-map",
        title: "Every model against every model's examples",
        body: heat_map::body,
    },
    Section {
        id: "masking",
        title: "Gradient masking",
        body: masking::body,
    },
    Section {
        id: "distributions",
        title: "Gradient norms and log-probabilities",
        body: distributions::body,
    },
    Section {
        id: "images",
        title: "Adversarial examples",
        body: images::body,
    },
    Section {
        id: "saliency",
        title: "Saliency maps",
        body: saliency::body,
    },
    Section {
        id: "curves",
        title: "Training curves",
        body: curves::body,
    },
    Section {
        id: "cost",
        title: "Cost of training",
        body: cost::body,
    },
    Section {
        id: "authors",
        title: "The authors' own perturbations",
        body: authors::body,
    },
    Section {
        id: "reproducibility",
        title: "Reproducibility",
        body: reproducibility::body,
    },
];

/// What stands where a figure cannot be drawn.
fn missing(why: &str) -> Markup {
    html! { p.missing { (why) } }
}

/// Tells the style sheet how many models stand side by side, so that a table may be as wide as they need.
fn columns(context: &Context) -> String {
    format!("--models: {}", context.results.models.len())
}

/// A caption: which figure of the paper, and how to read it.
fn caption(figure: Option<&str>, text: &Markup) -> Markup {
    html! {
        figcaption {
            @if let Some(figure) = figure { b { (figure) ". " } }
            (text)
        }
    }
}
