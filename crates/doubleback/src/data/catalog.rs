//! The data sets there are: their names, what they are, and whether their files are here.

use std::fmt;
use std::io;
use std::path::PathBuf;

use super::dataset::Dataset;
use super::duplicates::{self, DuplicatePolicy};
use super::error::DataError;
use super::labelled::Published;
use super::options::LoadOptions;
use super::split::ImageShape;
use super::{cifar10, fashion_mnist, folder, mnist, mnist_mini, notmnist, svhn};

static CATALOG: [DatasetInfo; 6] = [
    mnist_mini::INFO,
    mnist::INFO,
    fashion_mnist::INFO,
    notmnist::INFO,
    svhn::INFO,
    cifar10::INFO,
];

/// All data sets, whether or not their files are here.
///
/// ```
/// use doubleback::data::{LoadOptions, Presence, catalog};
/// let mini = catalog().iter().find(|info| info.name == "mnist-mini").expect("it is always there");
/// assert_eq!((mini.train, mini.validation, mini.test), (10_000, 1_000, 2_000));
/// assert_eq!(mini.presence(&LoadOptions::default())?, Presence::Embedded);
/// # Ok::<(), doubleback::data::DataError>(())
/// ```
pub fn catalog() -> &'static [DatasetInfo] {
    &CATALOG
}

/// The data set `name`, read and checked; `folder:PATH` is a folder with one sub-folder of PNG or JPEG images a class, or with
/// sub-folders `train`, `validation` and `test` of that kind.
///
/// ```
/// use doubleback::data::{LoadOptions, load};
/// let dataset = load("mnist-mini", &LoadOptions::default())?;
/// assert_eq!(dataset.test.len(), 2_000);
/// assert_eq!(dataset.test.labels()[0], 7);
/// assert_eq!(dataset.test.image(0).len(), dataset.shape.len());
///
/// let error = load("mnist-mimi", &LoadOptions::default()).unwrap_err();
/// assert_eq!(
///     error.to_string(),
///     "unknown data set `mnist-mimi`. Did you mean `mnist-mini`? \
///      Data sets: `mnist-mini`, `mnist`, `fashion-mnist`, `notmnist`, `svhn`, `cifar10`, `folder:PATH`"
/// );
/// # Ok::<(), doubleback::data::DataError>(())
/// ```
///
/// # Errors
/// [`DataError`] if there is no such data set, or its files are missing or damaged. Files that are sound but not the published ones are
/// no error: a warning is logged, and [`Source::official`](super::Source::official) is false.
pub fn load(name: &str, options: &LoadOptions) -> Result<Dataset, DataError> {
    if options.grayscale.is_some() && name != svhn::INFO.name {
        return Err(DataError::Grayscale {
            dataset: name.to_owned(),
        });
    }
    let dataset = match folder::path(name) {
        Some(path) => folder::load(name, &path, options)?,
        None => (one_size(find(name)?, options)?.load)(options)?,
    };
    match options.duplicates {
        Some(DuplicatePolicy::Remove) => duplicates::remove(dataset),
        _ => Ok(dataset),
    }
}

/// The state of each file of the data set `name`.
///
/// ```
/// use doubleback::data::{FileState, LoadOptions, verify};
/// let files = verify("mnist-mini", &LoadOptions::default())?;
/// assert!(files.iter().all(|file| matches!(file.state, FileState::Official)));
/// # Ok::<(), doubleback::data::DataError>(())
/// ```
///
/// # Errors
/// [`DataError`] if there is no such data set, or no folder to look in. Whatever is wrong with a file is in its [`FileState`].
pub fn verify(name: &str, options: &LoadOptions) -> Result<Vec<FileStatus>, DataError> {
    match folder::path(name) {
        Some(path) => folder::verify(&path, options),
        None => (one_size(find(name)?, options)?.verify)(options),
    }
}

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
    pub(super) files: &'static [Published],
    /// Folders of images, within the data set's folder, that may stand there in place of the files.
    pub(super) folders: &'static [&'static str],
    pub(super) load: fn(&LoadOptions) -> Result<Dataset, DataError>,
    pub(super) verify: fn(&LoadOptions) -> Result<Vec<FileStatus>, DataError>,
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

    pub(super) fn class_names(&self) -> Vec<String> {
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

/// A file and its state.
#[derive(Debug)]
#[non_exhaustive]
pub struct FileStatus {
    /// The file's path.
    pub file: String,
    /// Its state.
    pub state: FileState,
}

impl FileStatus {
    /// The state of a file that was read, or could not be.
    pub(super) fn new(file: String, read: Result<FileState, DataError>) -> Self {
        let state = read.unwrap_or_else(FileState::from);
        Self { file, state }
    }
}

/// How a file compares with the published one.
#[derive(Debug)]
#[non_exhaustive]
pub enum FileState {
    /// The published bytes, packed or unpacked.
    Official,
    /// Sound, but not the published bytes.
    NotOfficial {
        /// SHA-256 of the file.
        sha256: String,
    },
    /// Sound, and there are no published bytes to compare with.
    Unpublished {
        /// SHA-256 of the file; of a folder, that of the names and the SHA-256 of all files in it.
        sha256: String,
    },
    /// Not there.
    Missing,
    /// Cannot be used.
    Damaged(DataError),
}

impl From<DataError> for FileState {
    fn from(error: DataError) -> Self {
        match error {
            DataError::Io { cause, .. } if cause.kind() == io::ErrorKind::NotFound => Self::Missing,
            error => Self::Damaged(error),
        }
    }
}

impl fmt::Display for FileState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Official => f.write_str("official"),
            Self::NotOfficial { sha256 } => write!(f, "not the official bytes (SHA-256 {sha256})"),
            Self::Unpublished { sha256 } => write!(f, "sound, nothing published to compare with (SHA-256 {sha256})"),
            Self::Missing => f.write_str("missing"),
            Self::Damaged(error) => write!(f, "damaged: {error}"),
        }
    }
}

pub(super) fn find(name: &str) -> Result<&'static DatasetInfo, DataError> {
    CATALOG
        .iter()
        .find(|info| info.name == name)
        .ok_or_else(|| DataError::UnknownDataset {
            name: name.to_owned(),
            nearest: nearest(name),
        })
}

/// Refuses to resize a data set whose images have one size.
fn one_size(info: &'static DatasetInfo, options: &LoadOptions) -> Result<&'static DatasetInfo, DataError> {
    match options.image_size {
        None => Ok(info),
        Some(_) => Err(DataError::FixedSize {
            dataset: info.name,
            shape: info.shape,
        }),
    }
}

/// The known name with the fewest typing errors, if they are few for the length of what was typed.
fn nearest(name: &str) -> Option<&'static str> {
    let typed = name.to_lowercase();
    let bearable = typed.chars().count() / 3;
    let errors = |known| strsim::damerau_levenshtein(&typed, known);
    CATALOG
        .iter()
        .map(|info| info.name)
        .filter(|known| errors(known) <= bearable)
        .min_by_key(|known| errors(known))
}

/// All names, for messages.
pub(super) fn known_names() -> String {
    CATALOG
        .iter()
        .map(|info| format!("`{}`", info.name))
        .chain(["`folder:PATH`".to_owned()])
        .collect::<Vec<_>>()
        .join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn typing_errors_are_seen_through() {
        let nearest = [
            "mnist-mini",
            "MNIST",
            "minst",
            "mnist_mini",
            "notMNIST",
            "CIFAR-10",
            "imagenet",
        ]
        .map(nearest);
        let (mini, mnist, not) = (Some("mnist-mini"), Some("mnist"), Some("notmnist"));
        assert_eq!(nearest, [mini, mnist, mnist, mini, not, Some("cifar10"), None]);
    }

    #[test]
    fn names_are_unique() {
        let names: std::collections::BTreeSet<_> = CATALOG.iter().map(|info| info.name).collect();
        assert_eq!(names.len(), CATALOG.len());
    }
}
