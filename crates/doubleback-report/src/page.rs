use maud::{Markup, html};

use crate::context::Context;
use crate::document::Document;
use crate::sections::{header, sections};

/// The page on a reproduction.
pub fn render(context: &Context) -> Markup {
    let version = &context.results.version;
    Document {
        title: format!("Input gradient regularization on {}", context.results.dataset),
        version,
        results: "claims",
        header: header(context),
        sections: sections(context),
        footer: html! {
            p {
                "Made by doubleback " (version)
                ". A. S. Ross and F. Doshi-Velez, “Improving the Adversarial Robustness and Interpretability of Deep Neural Networks by "
                "Regularizing their Input Gradients”, AAAI 2018, arXiv 1711.09404."
            }
        },
    }
    .render()
}
