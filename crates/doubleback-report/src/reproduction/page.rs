//! The page on a reproduction: the claims, the figures as the paper has them, and what goes beyond it.

use std::path::{Path, PathBuf};

use doubleback_experiments::reproduce::{Pictures, Results};

use super::context::Context;
use super::figures;
use super::published::Published;
use super::sections::{authors, claims, classes, clean, cost, heat_map, images, masking, reproducibility, summary};
use crate::Error;
use crate::page::{Page, Part};

/// The page on a reproduction, as one string that needs no other file. What a run lacks (a model, an attack, a curve) is named where it would have
/// stood. The paper's numbers for the same data set, [`Published::for_dataset`], are drawn beside ours if they are given.
#[must_use]
pub fn reproduction_html(results: &Results, pictures: &Pictures, published: Option<&Published>) -> String {
    page().html(&Context::new(results, pictures, published))
}

/// Writes `report.html` into `folder`, and into `folder/figures` every figure that the run has: its drawing as `figure-01-fgsm.svg`, the values in it
/// as `figure-01-fgsm.csv`, and for pictures and animations `figure-05-jsma-doubleback.png` and `figure-11-itgsm-doubleback.gif`. Returns the
/// paths, the page first.
///
/// The drawings stand alone: light, with their own styles and no font but the viewer's sans-serif. A figure that the run lacks leaves no file; files
/// of earlier runs with the same names are replaced, each whole or not at all.
///
/// ```no_run
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// use std::path::Path;
///
/// use doubleback_experiments::reproduce::{Pictures, Results};
/// use doubleback_report::write_reproduction;
///
/// let folder = Path::new("reproduction");
/// let results: Results = serde_json::from_slice(&std::fs::read(folder.join("results.json"))?)?;
/// let pictures = Pictures::read(folder)?;
/// write_reproduction(&results, &pictures, folder)?;
/// # Ok(())
/// # }
/// ```
///
/// # Errors
/// When a folder cannot be made or written to, or the disk is full.
pub fn write_reproduction(
    results: &Results,
    pictures: &Pictures,
    folder: impl AsRef<Path>,
) -> Result<Vec<PathBuf>, Error> {
    let published = Published::for_dataset(&results.dataset);
    page().write(&Context::new(results, pictures, published.as_ref()), folder.as_ref())
}

fn page<'a>() -> Page<Context<'a>> {
    let before = [
        Part::text("claims", "The paper's claims", claims::body),
        Part::text("clean", "Models and clean accuracy", clean::body),
    ];
    let after = [
        Part::text("heat-map", "Every model against every model's examples", heat_map::body),
        Part::text("classes", "Accuracy by class", classes::body),
        Part::text("masking", "Gradient masking", masking::body),
        Part::text("images", "Adversarial examples", images::body),
        Part::text("authors", "The authors' own perturbations", authors::body),
        Part::text("cost", "Cost of training", cost::body),
        Part::text("reproducibility", "Reproducibility", reproducibility::body),
    ];
    Page {
        title: |context| format!("Input gradient regularization on {}", context.results.dataset),
        version: |context| &context.results.run.version,
        results: "claims",
        header: summary::header,
        parts: before
            .into_iter()
            .chain(figures::figures().map(Part::Figure))
            .chain(after)
            .collect(),
        source: "A. S. Ross and F. Doshi-Velez, “Improving the Adversarial Robustness and Interpretability of Deep Neural Networks by \
                 Regularizing their Input Gradients”, AAAI 2018, arXiv 1711.09404.",
        provenance: |context| provenance(context.results),
    }
}

/// Where the numbers of a reproduction come from.
fn provenance(results: &Results) -> String {
    let seeds: Vec<String> = results.seeds.iter().map(|run| run.seed.to_string()).collect();
    let seeds = match seeds.len() {
        0 | 1 => format!("seed {}", results.seed),
        _ => format!("seeds {}", seeds.join(", ")),
    };
    let mut text = format!(
        "doubleback {}, data set {}, profile {}, {seeds}",
        results.run.version, results.dataset, results.profile
    );
    if let Some(preparation) = &results.data.preparation {
        text += &format!(" ({preparation})");
    }
    for note in &results.data.notes {
        text += &format!(". {}", note.trim_end_matches('.'));
    }
    text
}
