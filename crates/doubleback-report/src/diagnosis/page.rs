use doubleback_experiments::diagnosis::DiagnosisResults;
use maud::html;

use super::view::View;
use super::write::FIGURES;
use super::{answer, asked, checks, compare, limits, reproducibility};
use crate::document::Document;
use crate::sections::{Section, missing};

/// The page on a diagnosis, as one string that needs no other file. What a run lacks is named where it would have stood.
///
/// ```no_run
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// use doubleback_experiments::diagnosis::DiagnosisResults;
///
/// let results: DiagnosisResults = serde_json::from_slice(&std::fs::read("diagnosis/results.json")?)?;
/// std::fs::write("page.html", doubleback_report::diagnosis_html(&results))?;
/// # Ok(())
/// # }
/// ```
#[must_use]
pub fn diagnosis_html(results: &DiagnosisResults) -> String {
    let view = View::new(results);
    let part = |id: &str, title, body| Section {
        id: id.to_owned(),
        figure: None,
        title,
        body,
    };
    let mut sections = vec![
        part("asked", "What was asked", asked::body(&view)),
        part("checks", "Can the explanations be trusted?", checks::body(&view)),
    ];
    if view.several() {
        sections.push(part("compare", "The models side by side", compare::body(&view)));
    }
    for figure in &FIGURES {
        let body = match (figure.content)(&view) {
            Ok(content) => content.body(&html! {}),
            Err(why) => missing(&why),
        };
        sections.push(part(figure.slug, figure.title, body));
    }
    sections.push(part(
        "limits",
        "How to read this, and what it cannot say",
        limits::body(&view),
    ));
    sections.push(part("reproducibility", "Reproducibility", reproducibility::body(&view)));
    Document {
        title: format!("Layer-by-layer diagnosis on {}", results.dataset),
        version: &results.version,
        results: "checks",
        header: answer::header(&view),
        sections,
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
