//! Data sets laid out as MNIST is: images and labels for training and for testing, in four IDX files.

use crate::dataset::{Bounds, Dataset};
use crate::error::DataError;
use crate::preparation::shuffle;
use crate::sets::file_state::FileStatus;
use crate::sets::info::DatasetInfo;
use crate::sets::labelled::{Input, Labelled, Published};
use crate::sets::options::LoadOptions;

/// Training images and labels, test images and labels, in this order.
type Files = [Published; 4];

/// Reads the four files. The first images of the training file, as many as `info` says, are for validation; of files that are not the official
/// ones, the first in the order of their SHA-256, for they may be sorted by class.
pub(crate) fn load(info: &DatasetInfo, files: &'static Files, options: &LoadOptions) -> Result<Dataset, DataError> {
    let folder = info.find(options)?;
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
    let of_training = read(train_images, train_labels)?;
    let of_test = read(test_images, test_labels)?;

    let sources = [of_training.sources(info.notice), of_test.sources(info.notice)].concat();
    // At least one image to train on.
    of_training.require(info.validation + 1)?;
    let official = of_training.is_official();
    let (training, test) = (of_training.into_pixels(info.shape), of_test.into_pixels(info.shape));
    let order: Vec<usize> = if official {
        (0..training.labels.len()).collect()
    } else {
        shuffle::order(&training.bytes, info.shape.len())
    };
    let (validation, train) = order.split_at(info.validation);
    let in_order: Vec<usize> = (0..test.labels.len()).collect();
    let mut dataset = Dataset::new(
        info.name,
        info.class_names(),
        info.shape,
        Bounds::UNIT,
        training.split(train, unit)?,
        training.split(validation, unit)?,
        test.split(&in_order, unit)?,
    )?;
    if !official {
        dataset.notes.push(shuffle::NOTE.to_owned());
    }
    dataset.sources = sources;
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

/// A byte as a value from 0 to 1.
fn unit(byte: u8) -> f32 {
    f32::from(byte) / 255.0
}

/// The state of each of the four files.
pub(crate) fn verify(
    info: &DatasetInfo,
    files: &'static Files,
    options: &LoadOptions,
) -> Result<Vec<FileStatus>, DataError> {
    let folder = info.find(options)?;
    let [train_images, train_labels, test_images, test_labels] =
        files.each_ref().map(|file| Input::in_folder(&folder, file));
    let verify = |images, labels| Labelled::verify(images, labels, info.shape, info.classes.len());
    Ok([verify(train_images, train_labels), verify(test_images, test_labels)]
        .into_iter()
        .flatten()
        .collect())
}
