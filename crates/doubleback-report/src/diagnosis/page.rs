use std::path::{Path, PathBuf};

use doubleback_experiments::diagnosis::DiagnosisResults;

use super::view::View;
use super::{
    agreement, answer, asked, caveats, checks, compare, correlation, explanation_pictures, explanations, flips,
    information, reproducibility, sweep, training, vulnerability,
};
use crate::Error;
use crate::page::{Figure, Page, Part};

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
    page().html(&View::new(results))
}

/// Writes `report.html` into `folder`, and into `folder/figures` every figure that the run has: its drawing (`vulnerability.svg`), the values in it
/// (`vulnerability.csv`), and the explanations as pictures (`explanations-normal.png`). Returns the paths, the page first.
///
/// Files of earlier runs with the same names are replaced, each whole or not at all.
///
/// ```no_run
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// use doubleback_experiments::diagnosis::DiagnosisResults;
///
/// let results: DiagnosisResults = serde_json::from_slice(&std::fs::read("diagnosis/results.json")?)?;
/// doubleback_report::write_diagnosis(&results, "diagnosis")?;
/// # Ok(())
/// # }
/// ```
///
/// # Errors
/// When a folder cannot be made or written to, or the disk is full.
pub fn write_diagnosis(results: &DiagnosisResults, folder: impl AsRef<Path>) -> Result<Vec<PathBuf>, Error> {
    page().write(&View::new(results), folder.as_ref())
}

fn page<'a>() -> Page<View<'a>> {
    let figure = |slug, title, content| Part::Figure(Figure::new(slug, title, content));
    Page {
        title: |view| format!("Layer-by-layer diagnosis on {}", view.results.dataset),
        version: |view| &view.results.run.version,
        results: "checks",
        header: answer::header,
        parts: vec![
            Part::text("asked", "What was asked", asked::body),
            Part::text("checks", "Can the explanations be trusted?", checks::body),
            Part::Text {
                id: "compare",
                title: compare::TITLE,
                shown: View::several,
                body: compare::body,
            },
            Part::Figure(Figure {
                files: explanation_pictures::sheets,
                ..Figure::new("explanations", "What each stage shows", explanations::content)
            }),
            figure("vulnerability", "How much each layer adds", vulnerability::content),
            figure("agreement", "What the explanations agree with", agreement::content),
            figure("flips", "Where single images turn", flips::content),
            figure(
                "information",
                "What each layer loses of the image",
                information::content,
            ),
            figure(
                "correlation",
                "Do layers that lose more add more?",
                correlation::content,
            ),
            figure("sweep", "How strong the attack was made", sweep::content),
            figure("training", "How the generators were trained", training::content),
            Part::File(Figure::new("models", compare::TITLE, compare::content)),
            Part::text("limits", "How to read this, and what it cannot say", caveats::body),
            Part::text("reproducibility", "Reproducibility", reproducibility::body),
        ],
        source: "After H. Zheng, Z. Zhang, H. Lee and A. Prakash, “Understanding and Diagnosing Vulnerability under Adversarial Attacks”, 2020, \
                 arXiv 2007.08716, in this project's own formulation: only the abstract of the paper could be had.",
        provenance: |view| provenance(view.results),
    }
}

fn provenance(results: &DiagnosisResults) -> String {
    format!(
        "doubleback {}, data set {}, profile {}, seed {}, {} test images",
        results.run.version, results.dataset, results.profile, results.seed, results.count
    )
}
