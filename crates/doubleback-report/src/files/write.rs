use std::fs;
use std::path::{Path, PathBuf};

use doubleback::evaluate::{Pictures, Results};
use doubleback::write::write_atomically;

use super::sheet;
use crate::context::Context;
use crate::figures::FIGURES;
use crate::{Error, Published};

/// A picture or an animation of a figure.
pub struct File {
    /// What stands after the name of the figure, such as `doubleback.gif`.
    pub name: String,
    pub bytes: Vec<u8>,
}

/// Writes every figure that the run has into `folder`: its drawing as `figure-01-fgsm.svg`, the values in it as `figure-01-fgsm.csv`, and for
/// pictures and animations `figure-05-jsma-doubleback.png` and `figure-11-itgsm-doubleback.gif`. Returns the paths in that order.
///
/// The drawings stand alone: light, with their own styles and no font but the viewer's sans-serif. A figure that the run lacks leaves no file;
/// files of earlier runs with the same names are replaced, each whole or not at all.
///
/// ```no_run
/// # fn draw(finished: &doubleback::reproduce::Finished) -> Result<(), doubleback_report::Error> {
/// use doubleback_report::{Published, write_figures};
///
/// let (results, pictures) = (&finished.results, &finished.pictures);
/// let published = Published::for_dataset(&results.dataset);
/// write_figures(results, pictures, published.as_ref(), "reproduction/figures")?;
/// # Ok(())
/// # }
/// ```
///
/// # Errors
/// When the folder cannot be made or written to, or the disk is full.
pub fn write_figures(
    results: &Results,
    pictures: &Pictures,
    published: Option<&Published>,
    folder: impl AsRef<Path>,
) -> Result<Vec<PathBuf>, Error> {
    let folder = folder.as_ref();
    fs::create_dir_all(folder).map_err(|source| Error::Write {
        path: folder.to_owned(),
        operation: "create the folder",
        advice: "Choose another folder",
        source,
    })?;
    let context = Context::new(results, pictures, published);
    let mut paths = Vec::new();
    let mut keep = |name: String, bytes: &[u8]| {
        let path = folder.join(name);
        write_atomically(&path, bytes).map_err(|source| Error::File { source })?;
        paths.push(path);
        Ok::<_, Error>(())
    };
    for figure in &FIGURES {
        let Ok(content) = (figure.content)(&context) else {
            continue;
        };
        let name = format!("figure-{:02}-{}", figure.number, figure.slug);
        keep(format!("{name}.svg"), sheet::svg(figure, &content, results).as_bytes())?;
        let csv = content.values.csv().map_err(|source| Error::Values {
            path: folder.join(format!("{name}.csv")),
            source,
        })?;
        keep(format!("{name}.csv"), &csv)?;
        for file in (figure.files)(&context) {
            keep(format!("{name}-{}", file.name), &file.bytes)?;
        }
    }
    Ok(paths)
}
