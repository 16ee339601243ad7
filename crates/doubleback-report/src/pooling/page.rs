use std::path::{Path, PathBuf};

use doubleback_experiments::pooling_study::PoolingResults;

use super::view::View;
use super::{
    accuracy, answer, caveats, claims, correlation, difference, layers, masking, matched, numbers, reproducibility,
    setup,
};
use crate::Error;
use crate::page::{Figure, Page, Part};

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
    page().html(&View { results })
}

/// Writes `report.html` into `folder`, and into `folder/figures` every figure that the run has: its drawing (`accuracy.svg`) and the values in it
/// (`accuracy.csv`). Returns the paths, the page first.
///
/// Files of earlier runs with the same names are replaced, each whole or not at all.
///
/// ```no_run
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// use doubleback_experiments::pooling_study::PoolingResults;
///
/// let results: PoolingResults = serde_json::from_slice(&std::fs::read("pooling/results.json")?)?;
/// doubleback_report::write_pooling(&results, "pooling")?;
/// # Ok(())
/// # }
/// ```
///
/// # Errors
/// When a folder cannot be made or written to, or the disk is full.
pub fn write_pooling(results: &PoolingResults, folder: impl AsRef<Path>) -> Result<Vec<PathBuf>, Error> {
    page().write(&View { results }, folder.as_ref())
}

fn page<'a>() -> Page<View<'a>> {
    let figure = |slug, title, content| Part::Figure(Figure::new(slug, title, content));
    Page {
        title: |view| format!("Max against average pooling on {}", view.results.dataset),
        version: |view| &view.results.run.version,
        results: "claims",
        header: answer::header,
        parts: vec![
            Part::text("setup", "What was asked, and how it was tried", setup::body),
            Part::text("claims", "The claims", claims::body),
            figure("accuracy", "Accuracy under the worst of the attacks", accuracy::content),
            Part::text("numbers", "All numbers, attack by attack", numbers::body),
            figure(
                "difference",
                "Average less max pooling, attack by attack",
                difference::content,
            ),
            Part::text("matched", "At like clean accuracy", matched::body),
            figure("layers", "What the pooling layers lose and add", layers::content),
            figure(
                "correlation",
                "Do layers that lose more add more?",
                correlation::content,
            ),
            Part::text("masking", "Gradient masking", masking::body),
            Part::text("limits", "What this cannot say", caveats::body),
            Part::text("reproducibility", "Reproducibility", reproducibility::body),
        ],
        source: "After H. Zheng, Z. Zhang, H. Lee and A. Prakash, “Understanding and Diagnosing Vulnerability under Adversarial Attacks”, 2020, \
                 arXiv 2007.08716, in this project's own formulation: only the abstract of the paper could be had.",
        provenance: |view| provenance(view.results),
    }
}

fn provenance(results: &PoolingResults) -> String {
    format!(
        "doubleback {}, data set {}, profile {}, {} seeds",
        results.run.version,
        results.dataset,
        results.profile,
        results.seeds.len()
    )
}
