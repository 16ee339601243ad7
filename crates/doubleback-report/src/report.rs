use std::fs;
use std::io;
use std::path::Path;

use doubleback::data::atomic_file;
use doubleback_experiments::reproduce::{Pictures, Results};

use crate::context::Context;
use crate::{Error, Published, page};

/// A report on one run.
///
/// ```no_run
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// use doubleback_experiments::reproduce::{Pictures, Results};
/// use doubleback_report::{Published, Report};
///
/// let results: Results = serde_json::from_slice(&std::fs::read("reproduction/results.json")?)?;
/// let pictures: Pictures = serde_json::from_slice(&std::fs::read("reproduction/pictures.json")?)?;
/// let published = Published::for_dataset(&results.dataset);
/// Report { results: &results, pictures: &pictures, published: published.as_ref() }.write("reproduction/report.html")?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Report<'a> {
    /// What was measured.
    pub results: &'a Results,
    /// Images, their adversarial versions and saliency maps.
    pub pictures: &'a Pictures,
    /// The paper's numbers for the same data set, drawn beside ours; see [`Published::for_dataset`].
    pub published: Option<&'a Published>,
}

impl Report<'_> {
    /// The page as one string. What a run lacks (a model, an attack, a curve) is named where it would have stood.
    #[must_use]
    pub fn html(&self) -> String {
        page::render(&Context::new(self.results, self.pictures, self.published)).into_string()
    }

    /// Writes the page to `path`, whole or not at all.
    ///
    /// # Errors
    /// When the folder cannot be made or written to, or the disk is full.
    pub fn write(&self, path: impl AsRef<Path>) -> Result<(), Error> {
        let path = path.as_ref();
        let folder = match path.parent() {
            Some(parent) if !parent.as_os_str().is_empty() => parent,
            _ => Path::new("."),
        };
        fs::create_dir_all(folder).map_err(failed(folder, "create the folder", "Choose another folder"))?;
        atomic_file::replace(path, self.html().as_bytes()).map_err(failed(
            path,
            "write the report",
            "Check that no folder has this name, that you may write there, and that the disk has space",
        ))
    }
}

fn failed(path: &Path, operation: &'static str, advice: &'static str) -> impl FnOnce(io::Error) -> Error {
    let path = path.to_owned();
    move |source| Error::Write {
        path,
        operation,
        advice,
        source,
    }
}
