//! Files in a folder, each whole or not there.

use std::fs;
use std::path::{Path, PathBuf};

use doubleback::data::atomic_file;

use super::content::Content;
use super::sheet;
use crate::Error;

/// A picture or an animation of a figure.
pub struct File {
    /// What stands after the name of the figure, such as `doubleback.gif`.
    pub name: String,
    pub bytes: Vec<u8>,
}

/// A folder, and what was written to it.
pub struct Folder {
    folder: PathBuf,
    /// What was written so far.
    pub paths: Vec<PathBuf>,
}

impl Folder {
    /// Makes the folder if it is not there, and removes what killed writes left in it.
    pub fn new(folder: &Path) -> Result<Self, Error> {
        fs::create_dir_all(folder).map_err(|source| Error::Write {
            path: folder.to_owned(),
            operation: "create the folder",
            advice: "Choose another folder",
            source,
        })?;
        atomic_file::remove_partial_files(folder);
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
        atomic_file::replace(&path, bytes).map_err(|source| Error::Write {
            path: path.clone(),
            operation: "write the file",
            advice: "Check that no folder has this name, that you may write there, and that the disk has space",
            source,
        })?;
        self.paths.push(path);
        Ok(())
    }
}
