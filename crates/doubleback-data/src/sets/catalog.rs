//! The data sets there are, by name.

use std::path::PathBuf;

use crate::dataset::Dataset;
use crate::error::DataError;
use crate::part::Part;
use crate::preparation::duplicates;
use crate::preparation::duplicates::DuplicatePolicy;
use crate::sets::file_state::FileStatus;
use crate::sets::info::DatasetInfo;
use crate::sets::options::LoadOptions;
use crate::sets::{cifar10, cifar100, emnist, fashion_mnist, folder, mnist, mnist_mini, notmnist, npz, parquet, svhn};

static CATALOG: [DatasetInfo; 14] = [
    mnist_mini::INFO,
    mnist::INFO,
    fashion_mnist::INFO,
    notmnist::INFO,
    svhn::INFO,
    cifar10::INFO,
    cifar100::INFO,
    cifar100::OF_COARSE,
    emnist::balanced::INFO,
    emnist::letters::INFO,
    emnist::digits::INFO,
    emnist::mnist_like::INFO,
    emnist::byclass::INFO,
    emnist::bymerge::INFO,
];

/// All data sets, whether or not their files are here.
///
/// ```
/// use doubleback_data::{LoadOptions, Presence, catalog};
/// let mini = catalog().iter().find(|info| info.name == "mnist-mini").expect("it is always there");
/// assert_eq!((mini.train, mini.validation, mini.test), (10_000, 1_000, 2_000));
/// assert_eq!(mini.presence(&LoadOptions::default())?, Presence::Embedded);
/// # Ok::<(), doubleback_data::DataError>(())
/// ```
pub fn catalog() -> &'static [DatasetInfo] {
    &CATALOG
}

/// The data set `name`, read and checked; `folder:PATH` is a folder with one sub-folder of PNG or JPEG images a class, or with
/// sub-folders `train`, `validation` and `test` of that kind; `npz:FILE` are arrays of NumPy; `parquet:PATH` is a folder of Parquet files as
/// Hugging Face's hub has them, for which the feature `parquet` is needed.
///
/// ```
/// use doubleback_data::{LoadOptions, load};
/// let dataset = load("mnist-mini", &LoadOptions::default())?;
/// assert_eq!(dataset.test.len(), 2_000);
/// assert_eq!(dataset.test.labels()[0], 7);
/// assert_eq!(dataset.test.image(0).len(), dataset.shape.len());
///
/// let error = load("mnist-mimi", &LoadOptions::default()).unwrap_err();
/// assert_eq!(
///     error.to_string(),
///     "unknown data set `mnist-mimi`. Did you mean `mnist-mini`? \
///      Data sets: `mnist-mini`, `mnist`, `fashion-mnist`, `notmnist`, `svhn`, `cifar10`, `cifar100`, `emnist`, `folder:PATH`, `npz:FILE`, `parquet:PATH`"
/// );
/// # Ok::<(), doubleback_data::DataError>(())
/// ```
///
/// # Errors
/// [`DataError`] if there is no such data set, or its files are missing or damaged. Files that are sound but not the published ones are
/// no error: a warning is logged, and [`Source::official`](crate::Source::official) is false.
pub fn load(name: &str, options: &LoadOptions) -> Result<Dataset, DataError> {
    let of_pictures = folder::path(name).or_else(|| parquet::path(name)).is_some();
    let made_gray = of_pictures && options.channels == Some(1);
    if options.grayscale.is_some() && name != svhn::INFO.name && !made_gray {
        return Err(DataError::Grayscale {
            dataset: name.to_owned(),
        });
    }
    // Test images stay whatever other parts have; of the others it has to be known.
    let needs_all = options.duplicates == Some(DuplicatePolicy::Remove) && options.only != Some(Part::Test);
    let options = &LoadOptions {
        only: options.only.filter(|_| !needs_all),
        ..options.clone()
    };
    let mut dataset = if let Some(path) = folder::path(name) {
        folder::load(name, &path, options)?
    } else if let Some(path) = parquet::path(name) {
        parquet::load(name, &path, options)?
    } else if let Some(path) = npz::path(name) {
        as_they_are(name, options)?;
        npz::load(name, &path)?
    } else {
        (no_folder(find(name)?, options)?.load)(options)?
    };
    if options.duplicates == Some(DuplicatePolicy::Remove) {
        dataset = duplicates::remove(dataset);
    }
    for note in dataset.missing_classes() {
        tracing::warn!("{}: {note}", dataset.name);
        dataset.notes.push(note);
    }
    Ok(dataset)
}

/// The folder or file that [`load`] reads the data set `name` from, whether or not it is there; none for one that is within the program, and
/// for a name that is not known.
///
/// ```
/// use std::path::Path;
/// use doubleback_data::{LoadOptions, location};
/// let options = LoadOptions::in_dir("/srv");
/// assert_eq!(location("mnist", &options).as_deref(), Some(Path::new("/srv/mnist")));
/// assert_eq!(location("folder:images", &options).as_deref(), Some(Path::new("images")));
/// assert_eq!(location("npz:mine.npz", &options).as_deref(), Some(Path::new("mine.npz")));
/// assert_eq!(location("mnist-mini", &options), None);
/// ```
pub fn location(name: &str, options: &LoadOptions) -> Option<PathBuf> {
    let own = folder::path(name).or_else(|| npz::path(name));
    own.or_else(|| parquet::path(name)).or_else(|| {
        let info = find(name).ok()?;
        info.files().next()?;
        info.find(options).ok()
    })
}

/// The state of each file of the data set `name`.
///
/// ```
/// use doubleback_data::{FileState, LoadOptions, verify};
/// let files = verify("mnist-mini", &LoadOptions::default())?;
/// assert!(files.iter().all(|file| matches!(file.state, FileState::Official)));
/// # Ok::<(), doubleback_data::DataError>(())
/// ```
///
/// # Errors
/// [`DataError`] if there is no such data set, or no folder to look in. Whatever is wrong with a file is in its
/// [`FileState`](crate::FileState).
pub fn verify(name: &str, options: &LoadOptions) -> Result<Vec<FileStatus>, DataError> {
    if let Some(path) = folder::path(name) {
        folder::verify(&path, options)
    } else if let Some(path) = parquet::path(name) {
        parquet::verify(name, &path, options)
    } else if let Some(path) = npz::path(name) {
        as_they_are(name, options)?;
        Ok(npz::verify(&path))
    } else {
        (no_folder(find(name)?, options)?.verify)(options)
    }
}

pub(crate) fn find(name: &str) -> Result<&'static DatasetInfo, DataError> {
    CATALOG
        .iter()
        .find(|info| info.name == name)
        .ok_or_else(|| DataError::UnknownDataset {
            name: name.to_owned(),
            nearest: nearest(name),
            known: known_names(),
        })
}

/// Refuses what is for image folders.
fn no_folder(info: &'static DatasetInfo, options: &LoadOptions) -> Result<&'static DatasetInfo, DataError> {
    match for_folders(options) {
        None => Ok(info),
        Some(option) => Err(DataError::NoFolder {
            dataset: info.name.to_owned(),
            option,
            shape: info.shape,
        }),
    }
}

/// The same for images of arrays.
fn as_they_are(name: &str, options: &LoadOptions) -> Result<(), DataError> {
    match for_folders(options) {
        None => Ok(()),
        Some(option) => Err(DataError::NoFolderButArrays {
            dataset: name.to_owned(),
            option,
        }),
    }
}

/// An option that is given and is for image folders alone.
pub(super) fn for_folders(options: &LoadOptions) -> Option<&'static str> {
    let given = [
        ("--image-size", options.image_size.is_some()),
        ("--preprocess", options.preprocess.is_some()),
        ("--class-names", options.class_names.is_some()),
        ("--channels", options.channels.is_some()),
        ("--background", options.background.is_some()),
    ];
    given.into_iter().find_map(|(option, given)| given.then_some(option))
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

/// All names, for messages; those of the other forms of a data set, after a colon, are left to `data list`.
fn known_names() -> String {
    CATALOG
        .iter()
        .filter(|info| !info.name.contains(':'))
        .map(|info| format!("`{}`", info.name))
        .chain(["folder:PATH", "npz:FILE", "parquet:PATH"].map(|form| format!("`{form}`")))
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
