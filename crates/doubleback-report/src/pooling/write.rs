use std::path::{Path, PathBuf};

use doubleback_experiments::pooling_study::PoolingResults;

use super::view::View;
use super::{accuracy, correlation, difference, layers, page};
use crate::Error;
use crate::figures::Content;
use crate::files::FigureFolder;

/// A figure of the page that is a file of its own as well.
pub struct Figure {
    /// Its name in file names and in the page.
    pub slug: &'static str,
    pub title: &'static str,
    /// What it shows, or what is missing from the run.
    pub content: fn(&View) -> Result<Content, String>,
}

/// The figures.
pub const FIGURES: [Figure; 4] = [
    Figure {
        slug: "accuracy",
        title: "Accuracy under the worst of the attacks",
        content: accuracy::content,
    },
    Figure {
        slug: "difference",
        title: "Average less max pooling, attack by attack",
        content: difference::content,
    },
    Figure {
        slug: "layers",
        title: "What the pooling layers lose and add",
        content: layers::content,
    },
    Figure {
        slug: "correlation",
        title: "Do layers that lose more add more?",
        content: correlation::content,
    },
];

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
    let folder = folder.as_ref();
    let view = View { results };
    let mut top = FigureFolder::new(folder)?;
    top.file("report.html".to_owned(), page::pooling_html(results).as_bytes())?;
    let mut writer = FigureFolder::new(&folder.join("figures"))?;
    let provenance = format!(
        "doubleback {}, data set {}, profile {}, {} seeds",
        results.version,
        results.dataset,
        results.profile,
        results.seeds.len()
    );
    for figure in &FIGURES {
        if let Ok(content) = (figure.content)(&view) {
            writer.figure(figure.slug, figure.title, &provenance, &content)?;
        }
    }
    top.paths.append(&mut writer.paths);
    Ok(top.paths)
}
