use std::path::{Path, PathBuf};

use doubleback::audit::Audit;
use doubleback_experiments::audit::Examples;

use super::view::View;
use super::{answer, attacks, classes, curve, examples, flags, reproducibility};
use crate::Error;
use crate::page::{Figure, Page, Part};

/// The page on an audit, as one string that needs no other file.
///
/// ```no_run
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// use doubleback_experiments::audit::{read, read_examples};
///
/// let folder = std::path::Path::new("audit");
/// let page = doubleback_report::audit_html(&read(folder)?, &read_examples(folder)?);
/// std::fs::write("page.html", page)?;
/// # Ok(())
/// # }
/// ```
#[must_use]
pub fn audit_html(audit: &Audit, examples: &Examples) -> String {
    page().html(&View { audit, examples })
}

/// Writes `report.html` into `folder`, and into `folder/figures` every figure: its drawing and the values in it. Returns the paths, the page first.
///
/// # Errors
/// When a folder cannot be made or written to, or the disk is full.
pub fn write_audit(audit: &Audit, examples: &Examples, folder: impl AsRef<Path>) -> Result<Vec<PathBuf>, Error> {
    page().write(&View { audit, examples }, folder.as_ref())
}

fn page<'a>() -> Page<View<'a>> {
    let figure = |slug, title, content| Part::Figure(Figure::new(slug, title, content));
    Page {
        title: |view| format!("Audit of {}", view.audit.setup.model),
        version: |view| &view.audit.setup.settings.version,
        results: "attacks",
        header: answer::header,
        parts: vec![
            Part::text("flags", "Can these numbers be trusted?", flags::body),
            figure("attacks", "What each attack left standing", attacks::content),
            figure("classes", "Which classes stand", classes::content),
            figure("curve", "Accuracy over eps", curve::content),
            Part::text("examples", "Hardest and most telling images", examples::body),
            Part::text("reproducibility", "Settings and reproducibility", reproducibility::body),
        ],
        source: "Attacks after Croce & Hein 2020 (APGD, FAB 2020, the ensemble), Andriushchenko et al. 2020 (Square); checks after Carlini et al. 2019 and \
                 Athalye, Carlini & Wagner 2018.",
        provenance: |view| {
            let setup = &view.audit.setup;
            format!(
                "doubleback {}, {} on {}, {} test images, eps {}, seed {}",
                setup.settings.version, setup.model, setup.dataset, setup.count, setup.eps, setup.settings.seed
            )
        },
    }
}
