//! The page of an analysis: `report.html`, one file that needs no other and makes no request, and beside it `analysis.json` and each figure with its values.
//!
//! One section or figure a file; what they share is in `view`. Charts, tables and their looks are those of [`doubleback_report::parts`].

mod agreement;
mod answer;
mod answers;
mod claims;
mod comparison;
mod impressions;
mod limits;
mod mixed;
mod power;
mod rates;
mod reproducibility;
mod table;
mod view;

use std::path::{Path, PathBuf};

use doubleback_data::atomic_file;
use doubleback_report::parts::{Figure, Page, Part};

use self::view::View;
use crate::analysis::Analysis;
use crate::{Error, Result};

/// Name of the numbers in the folder.
const RESULTS: &str = "analysis.json";

/// Draws an analysis as one page.
pub fn analysis_html(analysis: &Analysis) -> String {
    page().html(&View { analysis })
}

/// Writes `report.html`, `analysis.json` and `figures/` into a folder, which is made if it is not there. Returns the paths, the page first.
///
/// Files of earlier runs with the same names are replaced, each whole or not at all.
///
/// # Errors
/// [`Error::File`] when a folder cannot be made or written to, or the disk is full.
pub fn write_analysis(analysis: &Analysis, folder: &Path) -> Result<Vec<PathBuf>> {
    let mut paths = page().write(&View { analysis }, folder).map_err(written)?;
    let path = folder.join(RESULTS);
    let json = serde_json::to_vec_pretty(analysis).map_err(|cause| Error::Content {
        path: path.clone(),
        what: format!("the analysis does not become JSON: {cause}. This is a fault of doubleback: please report it"),
    })?;
    atomic_file::replace(&path, &json).map_err(|cause| Error::File {
        path: path.clone(),
        action: "cannot write",
        cause,
    })?;
    paths.insert(1, path);
    Ok(paths)
}

fn written(error: doubleback_report::Error) -> Error {
    match error {
        doubleback_report::Error::Write { path, source, .. } => Error::File {
            path,
            action: "cannot write",
            cause: source,
        },
        other => Error::Setting(other.to_string()),
    }
}

fn page<'a>() -> Page<View<'a>> {
    let figure = |slug, title, content| Part::Figure(Figure::new(slug, title, content));
    Page {
        title: |view| format!("Human study: {}", view.analysis.title),
        version: |view| &view.analysis.version,
        results: "rates",
        header: answer::header,
        parts: vec![
            Part::text("claims", "What Table 1 claims", claims::body),
            figure(
                "rates",
                "Who is fooled, and which mistakes are reasonable",
                rates::content,
            ),
            Part::text("table", "Beside the published table", table::body),
            figure("comparison", "Normal against regularized", comparison::content),
            Part::Text {
                id: "mixed",
                title: "The same question with people and images in a model",
                shown: |view| !view.analysis.mixed.is_empty(),
                body: mixed::body,
            },
            Part::text("agreement", "Do participants agree?", agreement::body),
            Part::Text {
                id: "impressions",
                title: "What participants said of the confusion matrices",
                shown: |view| view.analysis.impressions.participants > 0,
                body: impressions::body,
            },
            figure("power", "How many participants are enough", power::content),
            Part::text("answers", "Participants and answers", answers::body),
            Part::text("limits", "What this cannot say", limits::body),
            Part::text("reproducibility", "Reproducibility", reproducibility::body),
        ],
        source: "After A. S. Ross and F. Doshi-Velez, “Improving the Adversarial Robustness and Interpretability of Deep Neural Networks by Regularizing \
                 Their Input Gradients”, AAAI 2018, Table 1.",
        provenance: |view| {
            let analysis = view.analysis;
            format!(
                "doubleback {}, human study {}, {} participants",
                analysis.version, analysis.title, analysis.description.participants
            )
        },
    }
}
