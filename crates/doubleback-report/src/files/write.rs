use std::fs;
use std::path::{Path, PathBuf};

use doubleback::write::write_atomically;
use doubleback_experiments::reproduce::{Pictures, Results};

use super::sheet;
use crate::context::Context;
use crate::figures::{Content, FIGURES};
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
/// # fn draw(finished: &doubleback_experiments::reproduce::Finished) -> Result<(), doubleback_report::Error> {
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
    let context = Context::new(results, pictures, published);
    let provenance = sheet::provenance(results);
    let mut writer = FigureFolder::new(folder.as_ref())?;
    for figure in &FIGURES {
        if let Ok(content) = (figure.content)(&context) {
            let name = format!("figure-{:02}-{}", figure.number, figure.slug);
            let title = format!("Figure {}. {}", figure.number, figure.title);
            writer.figure(&name, &title, &provenance, &content)?;
            for file in (figure.files)(&context) {
                writer.file(format!("{name}-{}", file.name), &file.bytes)?;
            }
        }
    }
    Ok(writer.paths)
}

/// A folder of figures, each file whole or not there.
pub struct FigureFolder {
    folder: PathBuf,
    /// What was written so far.
    pub paths: Vec<PathBuf>,
}

impl FigureFolder {
    /// Makes the folder if it is not there.
    pub fn new(folder: &Path) -> Result<Self, Error> {
        fs::create_dir_all(folder).map_err(|source| Error::Write {
            path: folder.to_owned(),
            operation: "create the folder",
            advice: "Choose another folder",
            source,
        })?;
        Ok(Self {
            folder: folder.to_owned(),
            paths: Vec::new(),
        })
    }

    /// A figure's drawing as `name.svg` and its values as `name.csv`.
    pub fn figure(&mut self, name: &str, title: &str, provenance: &str, content: &Content) -> Result<(), Error> {
        self.file(format!("{name}.svg"), sheet::svg(title, provenance, content).as_bytes())?;
        let csv = content.values.csv().map_err(|source| Error::Values {
            path: self.folder.join(format!("{name}.csv")),
            source,
        })?;
        self.file(format!("{name}.csv"), &csv)
    }

    /// Any other file.
    pub fn file(&mut self, name: String, bytes: &[u8]) -> Result<(), Error> {
        let path = self.folder.join(name);
        write_atomically(&path, bytes).map_err(|source| Error::File { source })?;
        self.paths.push(path);
        Ok(())
    }
}
