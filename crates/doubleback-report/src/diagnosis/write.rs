use std::path::{Path, PathBuf};

use doubleback_experiments::diagnosis::DiagnosisResults;

use super::view::View;
use super::{
    agreement, compare, correlation, explanation_pictures, explanations, flips, information, page, sweep, training,
    vulnerability,
};
use crate::Error;
use crate::figures::Content;
use crate::files::{FigureFolder, File};

/// A figure of the page that is a file of its own as well.
pub struct Figure {
    /// Its name in file names and in the page.
    pub slug: &'static str,
    pub title: &'static str,
    /// What it shows, or what is missing from the run.
    pub content: fn(&View) -> Result<Content, String>,
}

/// The figures in the order of the page.
pub const FIGURES: [Figure; 8] = [
    figure("explanations", "What each stage shows", explanations::content),
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
];

const fn figure(slug: &'static str, title: &'static str, content: fn(&View) -> Result<Content, String>) -> Figure {
    Figure { slug, title, content }
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
    let folder = folder.as_ref();
    let view = View::new(results);
    let mut top = FigureFolder::new(folder)?;
    top.file("report.html".to_owned(), page::diagnosis_html(results).as_bytes())?;
    let mut writer = FigureFolder::new(&folder.join("figures"))?;
    let provenance = provenance(results);
    for figure in &FIGURES {
        if let Ok(content) = (figure.content)(&view) {
            writer.figure(figure.slug, figure.title, &provenance, &content)?;
        }
    }
    if let Some(content) = compare::content(&view) {
        writer.figure("models", "The models side by side", &provenance, &content)?;
    }
    for File { name, bytes } in explanation_pictures::sheets(&view) {
        writer.file(format!("explanations-{name}"), &bytes)?;
    }
    top.paths.append(&mut writer.paths);
    Ok(top.paths)
}

fn provenance(results: &DiagnosisResults) -> String {
    format!(
        "doubleback {}, data set {}, profile {}, seed {}, {} test images",
        results.version, results.dataset, results.profile, results.seed, results.count
    )
}
