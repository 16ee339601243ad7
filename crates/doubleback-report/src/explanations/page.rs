use std::path::{Path, PathBuf};

use doubleback::data::Bounds;
use doubleback::evaluate::TestSet;
use doubleback_experiments::explanations::Outcome;

use super::view::View;
use super::{answer, images, limits, methods, metrics, reproducibility};
use crate::Error;
use crate::page::{Figure, Page, Part};

/// The page on explanations, as one string that needs no other file. `test` has the images that were explained, and `bounds` says what is black and white in them.
#[must_use]
pub fn explanation_html(outcome: &Outcome, test: &TestSet<'_>, bounds: Bounds) -> String {
    page().html(&View::new(outcome, test, bounds))
}

/// Writes `report.html` into `folder`, and into `folder/figures` the metrics: the drawing and the values in it. Returns the paths, the page first.
///
/// # Errors
/// When a folder cannot be made or written to, or the disk is full.
pub fn write_explanation_page(
    outcome: &Outcome,
    test: &TestSet<'_>,
    bounds: Bounds,
    folder: impl AsRef<Path>,
) -> Result<Vec<PathBuf>, Error> {
    page().write(&View::new(outcome, test, bounds), folder.as_ref())
}

fn page<'a>() -> Page<View<'a>> {
    Page {
        title: |view| format!("Explanations of {}", view.names()),
        version: |view| &view.results.run.version,
        results: "images",
        header: answer::header,
        parts: vec![
            Part::text("images", "What each method says, image by image", images::body),
            Part::text("methods", "What the methods are", methods::body),
            Part::Figure(Figure::new("metrics", "How far to believe them", metrics::content)),
            Part::text("limits", "How to read this, and what it cannot say", limits::body),
            Part::text("reproducibility", "Settings and reproducibility", reproducibility::body),
        ],
        source: "Methods and metrics each after the work that is named beside it in the documentation.",
        provenance: |view| {
            let results = view.results;
            format!(
                "doubleback {}, {} on {}, {} test images",
                results.run.version,
                view.names(),
                results.dataset,
                results.count
            )
        },
    }
}
