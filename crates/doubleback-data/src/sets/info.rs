//! What the catalog knows of a data set.

use std::path::PathBuf;

use crate::dataset::Dataset;
use crate::error::DataError;
use crate::image_shape::ImageShape;
use crate::sets::file_state::FileStatus;
use crate::sets::labelled::Published;
use crate::sets::options::LoadOptions;

/// A data set, as the catalog has it.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct DatasetInfo {
    /// Name, such as `mnist-mini`.
    pub name: &'static str,
    /// A few words on what it is.
    pub description: &'static str,
    /// Names of the classes in the order of the labels.
    pub classes: &'static [&'static str],
    /// Shape of every image.
    pub shape: ImageShape,
    /// Training images, when all published files are there.
    pub train: usize,
    /// Validation images, likewise.
    pub validation: usize,
    /// Test images.
    pub test: usize,
    /// License of the data.
    pub license: &'static str,
    /// Who made the data, and under which license it is.
    pub notice: &'static str,
    pub(crate) files: &'static [Published],
    /// Folders of images, within the data set's folder, that may stand there in place of the files.
    pub(crate) folders: &'static [&'static str],
    pub(crate) load: fn(&LoadOptions) -> Result<Dataset, DataError>,
    pub(crate) verify: fn(&LoadOptions) -> Result<Vec<FileStatus>, DataError>,
}

impl DatasetInfo {
    /// Names of the files it needs, as published; unpacked ones without `.gz` will do. None if it is within the program. Some data sets use
    /// more if they are there: `svhn` its extra images, `cifar10` its other training batches.
    pub fn files(&self) -> impl Iterator<Item = &'static str> {
        self.files.iter().map(|file| file.name)
    }

    /// Whether its files are where `options` says. They are looked for, not read.
    ///
    /// # Errors
    /// [`DataError::NoDataDir`] if there is no folder to look in.
    pub fn presence(&self, options: &LoadOptions) -> Result<Presence, DataError> {
        if self.files.is_empty() {
            return Ok(Presence::Embedded);
        }
        let folder = options.folder(self.name)?;
        let in_folders = self.folders.iter().any(|name| folder.join(name).is_dir());
        let missing: Vec<_> = self
            .files
            .iter()
            .filter(|file| file.find(&folder).is_none())
            .map(|file| file.name)
            .collect();
        Ok(if missing.is_empty() || in_folders {
            Presence::Present { folder }
        } else {
            Presence::Missing { folder, files: missing }
        })
    }

    pub(crate) fn class_names(&self) -> Vec<String> {
        self.classes.iter().map(|&class| class.to_owned()).collect()
    }
}

/// Whether the files of a data set are here.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Presence {
    /// Within the program.
    Embedded,
    /// In this folder.
    Present {
        /// The folder.
        folder: PathBuf,
    },
    /// Not all in the folder where they belong.
    Missing {
        /// The folder.
        folder: PathBuf,
        /// Those that are not there.
        files: Vec<&'static str>,
    },
}
