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
    /// Where else, below the folder of all data sets, other programs put the files.
    pub(crate) places: &'static [&'static str],
    /// Archives that may stand in the data set's folder, or in that of all data sets, in place of the files.
    pub(crate) archives: &'static [Published],
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
        let folder = self.find(options)?;
        let in_folders = self.folders.iter().any(|name| folder.join(name).is_dir());
        let in_archive = self.archive(options)?.is_some();
        let missing: Vec<_> = self
            .files
            .iter()
            .filter(|file| file.find(&folder).is_none())
            .map(|file| file.name)
            .collect();
        Ok(if missing.is_empty() || in_folders || in_archive {
            Presence::Present { folder }
        } else {
            Presence::Missing { folder, files: missing }
        })
    }

    /// The folder with the files: its own, or one where another program put them.
    ///
    /// # Errors
    /// [`DataError::NoDataDir`] if there is no folder to look in.
    pub(crate) fn find(&self, options: &LoadOptions) -> Result<PathBuf, DataError> {
        let (root, own) = (options.root()?, options.folder(self.name)?);
        let has_all = |folder: &PathBuf| self.files.iter().all(|file| file.find(folder).is_some());
        let places = self.places.iter().map(|place| {
            if place.is_empty() {
                root.clone()
            } else {
                root.join(place)
            }
        });
        Ok([own.clone()].into_iter().chain(places).find(has_all).unwrap_or(own))
    }

    /// The archive with the files, if it is there.
    ///
    /// # Errors
    /// [`DataError::NoDataDir`] if there is no folder to look in.
    pub(crate) fn archive(&self, options: &LoadOptions) -> Result<Option<(PathBuf, &'static Published)>, DataError> {
        let folders = [options.folder(self.name)?, options.root()?, self.find(options)?];
        let found = folders.iter().find_map(|folder| {
            let mut archives = self.archives.iter();
            archives.find_map(|archive| Some((archive.find(folder)?, archive)))
        });
        Ok(found)
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
