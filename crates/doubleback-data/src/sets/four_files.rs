//! Data sets laid out as MNIST is: images and labels for training and for testing, in four IDX files.

use crate::dataset::{Bounds, Dataset};
use crate::error::DataError;
use crate::sets::file_state::FileStatus;
use crate::sets::info::DatasetInfo;
use crate::sets::labelled::{Input, Labelled, Published};
use crate::sets::options::LoadOptions;

/// Training images and labels, test images and labels, in this order.
type Files = [Published; 4];

/// Reads the four files. The first images of the training file, as many as `info` says, are for validation.
pub(crate) fn load(info: &DatasetInfo, files: &'static Files, options: &LoadOptions) -> Result<Dataset, DataError> {
    let folder = options.folder(info.name)?;
    let missing: Vec<_> = files
        .iter()
        .filter(|file| file.find(&folder).is_none())
        .map(|file| file.name.into())
        .collect();
    if !missing.is_empty() {
        return Err(DataError::MissingFiles { folder, missing });
    }
    let read = |images, labels| Labelled::read(images, labels, info.shape, info.classes.len());
    let [train_images, train_labels, test_images, test_labels] =
        files.each_ref().map(|file| Input::in_folder(&folder, file));
    let official_train = read(train_images, train_labels)?;
    let official_test = read(test_images, test_labels)?;

    // At least one image to train on.
    let end = official_train.len().max(info.validation + 1);
    let train = official_train.split(info.validation..end, info.shape)?;
    let validation = official_train.split(0..info.validation, info.shape)?;
    let test = official_test.split(0..official_test.len(), info.shape)?;
    let mut dataset = Dataset::new(
        info.name,
        info.class_names(),
        info.shape,
        Bounds::UNIT,
        train,
        validation,
        test,
    )?;
    dataset.sources = [official_train.sources(info.notice), official_test.sources(info.notice)].concat();
    for source in dataset.sources.iter().filter(|source| !source.official) {
        tracing::warn!(
            file = %folder.join(&source.file).display(),
            sha256 = %source.sha256,
            "not the official bytes of {}: results may differ from published ones",
            info.name
        );
    }
    Ok(dataset)
}

/// The state of each of the four files.
pub(crate) fn verify(
    info: &DatasetInfo,
    files: &'static Files,
    options: &LoadOptions,
) -> Result<Vec<FileStatus>, DataError> {
    let folder = options.folder(info.name)?;
    let [train_images, train_labels, test_images, test_labels] =
        files.each_ref().map(|file| Input::in_folder(&folder, file));
    let verify = |images, labels| Labelled::verify(images, labels, info.shape, info.classes.len());
    Ok([verify(train_images, train_labels), verify(test_images, test_labels)]
        .into_iter()
        .flatten()
        .collect())
}
