//! `folder:PATH`: your own images, one sub-folder a class.
//!
//! With sub-folders `train` and, if you like, `validation` (or `val`) and `test`, each of which holds the classes, these are the parts, in
//! capitals or not.
//! Parts that are not there are dealt out of the training images, of every class 10 % to validation and 15 % to the test part, by the
//! SHA-256 of their files: the same files always fall into the same parts, whatever they are called and resized to.

use std::path::{Path, PathBuf};

use crate::dataset::{Bounds, Dataset};
use crate::error::{DataError, FolderProblem};
use crate::formats::class_names::ClassNames;
use crate::formats::image_folder;
use crate::formats::image_folder::{ImageFolder, SubFolder, Wanted};
use crate::image_shape::ImageShape;
use crate::part::Part;
use crate::preparation::shuffle::Shuffled;
use crate::sets::file_state::{FileState, FileStatus};
use crate::sets::options::LoadOptions;
use crate::sets::part_folders::PartFolders;
use crate::split::Split;
use crate::words::{self, grouped, shown};

/// What names of such data sets begin with.
pub(crate) const PREFIX: &str = "folder:";

/// Images of each class in a hundred that are for validation and for the test part, unless there are folders of them.
pub(crate) const VALIDATION_PERCENT: usize = 10;
pub(crate) const TEST_PERCENT: usize = 15;

/// The folder of images that the name of a data set names, if it is of the form `folder:PATH`.
pub fn path(name: &str) -> Option<PathBuf> {
    let path = name.strip_prefix(PREFIX)?;
    // A shell leaves `folder:~/images` as it is.
    match (path.strip_prefix("~/"), etcetera::home_dir()) {
        (Some(rest), Ok(home)) => Some(home.join(rest)),
        _ => Some(path.into()),
    }
}

/// Reads the images of the folder `path`; `name` becomes the data set's.
pub(crate) fn load(name: &str, path: &Path, options: &LoadOptions) -> Result<Dataset, DataError> {
    let parts = read(path, options)?;
    if parts.is_for_testing {
        return for_testing(name, &parts.train);
    }
    let classes = parts.train.classes.len();
    let mut rest = Shuffled::by(&parts.train.hashes, &parts.train.pixels.labels, classes);
    let counts = rest.counts();
    let mut dealt = |percent: usize| {
        let wanted: Vec<usize> = counts.iter().map(|&count| (count * percent).div_ceil(100)).collect();
        let indices = rest.deal(&wanted);
        parts.train.pixels.split(&indices, unit)
    };
    let test = match &parts.test {
        Some(folder) => whole(folder)?,
        None => dealt(TEST_PERCENT)?,
    };
    let validation = match &parts.validation {
        Some(folder) => whole(folder)?,
        None => dealt(VALIDATION_PERCENT)?,
    };
    if let Some((class, &found)) = rest
        .counts()
        .iter()
        .enumerate()
        .find(|(class, left)| **left == 0 && counts[*class] > 0)
        .map(|(class, _)| (class, &counts[class]))
    {
        let problem = FolderProblem::TooFew {
            class: parts.train.classes[class].clone(),
            found,
        };
        return Err(DataError::Folder {
            path: path.to_owned(),
            problem,
        });
    }
    let train = parts.train.pixels.split(&rest.deal(&counts), unit)?;
    let shape = parts.train.pixels.shape;
    let mut dataset = Dataset::new(
        name,
        parts.train.classes.clone(),
        shape,
        Bounds::UNIT,
        train,
        validation,
        test,
    )?;
    for folder in parts.all() {
        dataset.sources.push(folder.source.clone());
        dataset.notes.extend(folder.notes.iter().cloned());
        dataset.preparation = dataset.preparation.or(folder.preparation);
    }
    Ok(dataset)
}

/// A data set of test images alone.
fn for_testing(name: &str, folder: &ImageFolder) -> Result<Dataset, DataError> {
    let (shape, classes) = (folder.pixels.shape, folder.classes.clone());
    let empty = || Split::empty(shape);
    let test = whole(folder)?;
    let mut dataset = Dataset::new(name, classes, shape, Bounds::UNIT, empty(), empty(), test)?;
    let present = dataset
        .class_counts(Part::Test)
        .iter()
        .filter(|&&count| count > 0)
        .count();
    dataset.sources.push(folder.source.clone());
    dataset.notes.clone_from(&folder.notes);
    dataset.notes.push(format!(
        "all images are for testing, of {} of the {} that `--class-names` has",
        grouped(present),
        words::classes(folder.classes.len())
    ));
    dataset.preparation = folder.preparation;
    Ok(dataset)
}

/// The files that are no images; one line on the rest.
pub(crate) fn verify(path: &Path, options: &LoadOptions) -> Result<Vec<FileStatus>, DataError> {
    let parts = read(path, options)?;
    let mut files = Vec::new();
    for folder in parts.all() {
        files.push(FileStatus {
            images: Some(folder.pixels.labels.len()),
            ..FileStatus::new(
                folder.source.file.clone(),
                Ok(FileState::Unpublished {
                    sha256: folder.source.sha256.clone(),
                }),
            )
        });
        files.extend(folder.skipped.iter().map(|skipped| FileStatus {
            images: Some(1),
            ..FileStatus::new(shown(&skipped.file), Err(skipped.error()))
        }));
    }
    Ok(files)
}

struct Parts {
    train: ImageFolder,
    /// The classes are those of a model that is there already, and there are no parts: all images are to test it.
    is_for_testing: bool,
    validation: Option<ImageFolder>,
    test: Option<ImageFolder>,
}

impl Parts {
    fn all(&self) -> impl Iterator<Item = &ImageFolder> {
        [Some(&self.train), self.validation.as_ref(), self.test.as_ref()]
            .into_iter()
            .flatten()
    }
}

fn read(path: &Path, options: &LoadOptions) -> Result<Parts, DataError> {
    if options.image_size.is_some() && options.preprocess.is_some() {
        return Err(DataError::TwoSizes);
    }
    let found = image_folder::sub_folders(path)?;
    let refuse = |problem| DataError::Folder {
        path: path.to_owned(),
        problem,
    };
    let folders = PartFolders::among(&found);
    let mut wanted = Wanted {
        size: options.image_size,
        preprocess: options.preprocess,
        channels: options.channels,
        channels_asked: options.channels.is_some(),
        grayscale: options.grayscale.unwrap_or_default(),
        background: options.background,
        ..Wanted::default()
    };
    let names = options.class_names.as_deref();
    let names = names.map(|file| Ok((file, ClassNames::read(file)?))).transpose()?;
    if let Some((file, names)) = &names {
        wanted.classes = Some(names.names());
        wanted.names = Some((file, names));
    }
    let train_folder = match first_with_folders(folders.all(Part::Train))? {
        Some(_) => folders.one(Part::Train).map_err(refuse)?,
        None => None,
    };
    if train_folder.is_none() {
        let others = [Part::Validation, Part::Test]
            .into_iter()
            .flat_map(|part| folders.all(part));
        if let Some(other) = first_with_folders(others)? {
            return Err(refuse(FolderProblem::NoTraining {
                found: other.name.clone(),
                folder: path.to_owned(),
            }));
        }
    }
    if train_folder.is_some() {
        // Before anything is read, which may take a while.
        for part in [Part::Validation, Part::Test] {
            folders.one(part).map_err(refuse)?;
        }
        if let Some(stranger) = folders.stranger() {
            let class = stranger.name.clone();
            return Err(refuse(FolderProblem::NotAPart { class }));
        }
    }
    let train = image_folder::read(train_folder.map_or(path, |folder| &folder.path), wanted)?;
    if train.classes.len() < 2 {
        let class = train.classes[0].clone();
        return Err(refuse(FolderProblem::OneClass { class }));
    }
    let mut parts = Parts {
        train,
        is_for_testing: train_folder.is_none() && names.is_some(),
        validation: None,
        test: None,
    };
    if train_folder.is_none() {
        return Ok(parts);
    }
    let (shape, classes) = (parts.train.pixels.shape, parts.train.classes.clone());
    wanted.classes = Some(&classes);
    wanted.channels = Some(shape.channels);
    let part = |part: Part| -> Result<Option<ImageFolder>, DataError> {
        let Some(SubFolder { path, .. }) = folders.one(part).map_err(refuse)? else {
            return Ok(None);
        };
        let folder = image_folder::read(path, wanted)?;
        check_size(path, folder.pixels.shape, shape)?;
        Ok(Some(folder))
    };
    parts.validation = part(Part::Validation)?;
    parts.test = part(Part::Test)?;
    Ok(parts)
}

/// The first that holds folders, as those of parts do and those of classes do not.
fn first_with_folders<'a>(
    folders: impl IntoIterator<Item = &'a SubFolder>,
) -> Result<Option<&'a SubFolder>, DataError> {
    for folder in folders {
        if !image_folder::sub_folders(&folder.path)?.is_empty() {
            return Ok(Some(folder));
        }
    }
    Ok(None)
}

fn check_size(folder: &Path, found: ImageShape, expected: ImageShape) -> Result<(), DataError> {
    if [found.height, found.width] == [expected.height, expected.width] {
        return Ok(());
    }
    Err(DataError::ImageSize {
        file: folder.display().to_string(),
        found: [found.height, found.width],
        expected: [expected.height, expected.width],
    })
}

fn whole(folder: &ImageFolder) -> Result<Split, DataError> {
    let mut all = Shuffled::by(&folder.hashes, &folder.pixels.labels, folder.classes.len());
    let counts = all.counts();
    folder.pixels.split(&all.deal(&counts), unit)
}

fn unit(byte: u8) -> f32 {
    f32::from(byte) / 255.0
}
