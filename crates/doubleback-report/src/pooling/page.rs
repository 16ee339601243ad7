use doubleback_experiments::pooling_study::PoolingResults;
use maud::{Markup, html};

use super::view::View;
use super::write::FIGURES;
use super::{answer, claims, limits, masking, matched, numbers, reproducibility, setup};
use crate::document::Document;
use crate::sections::{Section, missing};

/// The page on a pooling study, as one string that needs no other file. What a run lacks is named where it would have stood.
///
/// ```no_run
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// use doubleback_experiments::pooling_study::PoolingResults;
///
/// let results: PoolingResults = serde_json::from_slice(&std::fs::read("pooling/results.json")?)?;
/// std::fs::write("page.html", doubleback_report::pooling_html(&results))?;
/// # Ok(())
/// # }
/// ```
#[must_use]
pub fn pooling_html(results: &PoolingResults) -> String {
    let view = View { results };
    let part = |id: &str, title, body| Section {
        id: id.to_owned(),
        figure: None,
        title,
        body,
    };
    let figure = |slug: &str| {
        let figure = FIGURES.iter().find(|figure| figure.slug == slug);
        figure.map(|figure| part(figure.slug, figure.title, drawn(&view, figure.content)))
    };
    let sections = [
        Some(part(
            "setup",
            "What was asked, and how it was tried",
            setup::body(&view),
        )),
        Some(part("claims", "The claims", claims::body(&view))),
        figure("accuracy"),
        Some(part("numbers", "All numbers, attack by attack", numbers::body(&view))),
        figure("difference"),
        Some(part("matched", "At like clean accuracy", matched::body(&view))),
        figure("layers"),
        figure("correlation"),
        Some(part("masking", "Gradient masking", masking::body(&view))),
        Some(part("limits", "What this cannot say", limits::body(&view))),
        Some(part("reproducibility", "Reproducibility", reproducibility::body(&view))),
    ];
    Document {
        title: format!("Max against average pooling on {}", results.dataset),
        version: &results.version,
        results: "claims",
        header: answer::header(&view),
        sections: sections.into_iter().flatten().collect(),
        footer: html! {
            p {
                "Made by doubleback " (results.version) ". After H. Zheng, Z. Zhang, H. Lee and A. Prakash, “Understanding and Diagnosing Vulnerability "
                "under Adversarial Attacks”, 2020, arXiv 2007.08716, in this project's own formulation: only the abstract of the paper could be had."
            }
        },
    }
    .render()
    .into_string()
}

fn drawn(view: &View, content: fn(&View) -> Result<crate::figures::Content, String>) -> Markup {
    match content(view) {
        Ok(content) => content.body(&html! {}),
        Err(why) => missing(&why),
    }
}
