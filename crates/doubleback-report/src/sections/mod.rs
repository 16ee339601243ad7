//! One section of the report a file. Each draws what there is and says what is missing.

mod authors;
mod claims;
mod clean;
mod cost;
mod heat_map;
mod images;
mod masking;
mod panes;
mod reproducibility;
mod summary;

use maud::{Markup, html};

use crate::context::Context;
use crate::figures::FIGURES;

pub use claims::verdict;
pub use images::original;
pub use reproducibility::saved;
pub use summary::{header, headline};

/// A part of the report.
pub struct Section {
    /// What links point to.
    pub id: String,
    /// Number of the figure that it is in the paper.
    pub figure: Option<usize>,
    /// Heading.
    pub title: &'static str,
    /// What stands under the heading.
    pub body: Markup,
}

type Part = (&'static str, &'static str, fn(&Context) -> Markup);

const BEFORE: [Part; 2] = [
    ("claims", "The paper's claims", claims::body),
    ("clean", "Models and clean accuracy", clean::body),
];

const AFTER: [Part; 6] = [
    ("heat-map", "Every model against every model's examples", heat_map::body),
    ("masking", "Gradient masking", masking::body),
    ("images", "Adversarial examples", images::body),
    ("authors", "The authors' own perturbations", authors::body),
    ("cost", "Cost of training", cost::body),
    ("reproducibility", "Reproducibility", reproducibility::body),
];

/// The sections in their order on the page: the claims, the figures as the paper has them, and what goes beyond it.
pub fn sections(context: &Context) -> Vec<Section> {
    let part = |&(id, title, body): &Part| Section {
        id: id.to_owned(),
        figure: None,
        title,
        body: body(context),
    };
    let figures = FIGURES.iter().map(|figure| Section {
        id: format!("figure-{}", figure.number),
        figure: Some(figure.number),
        title: figure.title,
        body: figure.body(context),
    });
    BEFORE
        .iter()
        .map(part)
        .chain(figures)
        .chain(AFTER.iter().map(part))
        .collect()
}

/// What stands where a figure cannot be drawn.
pub fn missing(why: &str) -> Markup {
    html! { p.missing { (why) } }
}

/// Tells the style sheet how many models stand side by side, so that a table may be as wide as they need.
pub fn columns(context: &Context) -> String {
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
