//! Data sets laid out as MNIST is: images and labels for training and for testing, in four IDX files.

use crate::dataset::{Bounds, Dataset};
use crate::error::DataError;
use crate::part::Part;
use crate::preparation::shuffle;
use crate::sets::file_state::FileStatus;
use crate::sets::info::DatasetInfo;
use crate::sets::labelled::{Input, Labelled, Published};
use crate::sets::options::LoadOptions;
use crate::split::Split;

/// Training images and labels, test images and labels, in this order.
type Files = [Published; 4];

/// Reads the four files. The first images of the training file, as many as `info` says, are for validation; of files that are not the official
/// ones, the first in the order of their SHA-256, for they may be sorted by class.
pub(crate) fn load(info: &DatasetInfo, files: &'static Files, options: &LoadOptions) -> Result<Dataset, DataError> {
    let folder = info.find(options)?;
    let needed = [options.wants_training_files(), options.wants(Part::Test)];
    let is_missing = |file: &Published| file.find(&folder).is_none();
    if [(needed[0], &files[..2]), (needed[1], &files[2..])]
        .into_iter()
        .any(|(needed, files)| needed && files.iter().any(is_missing))
    {
        let missing = files.iter().filter(|file| is_missing(file));
        let missing = missing.map(|file| file.name.into()).collect();
        return Err(DataError::MissingFiles { folder, missing });
    }
    let [train_images, train_labels, test_images, test_labels] =
        files.each_ref().map(|file| Input::in_folder(&folder, file));
    let read = |needed: bool, images, labels| {
        let read = || Labelled::read(images, labels, info.shape, info.classes.len());
        needed.then(read).transpose()
    };
    let of_training = read(needed[0], train_images, train_labels)?;
    let of_test = read(needed[1], test_images, test_labels)?;

    let pairs = [&of_training, &of_test].into_iter().flatten();
    let sources = pairs.flat_map(|pair| pair.sources(info.notice)).collect();
    // At least one image to train on.
    if let Some(training) = &of_training {
        training.require(info.validation + 1)?;
    }
    let official = of_training.as_ref().is_none_or(Labelled::is_official);
    let [train, validation] = match of_training {
        None => [Split::empty(info.shape), Split::empty(info.shape)],
        Some(training) => {
            let training = training.into_pixels(info.shape);
            let order: Vec<usize> = if official {
                (0..training.labels.len()).collect()
            } else {
                shuffle::order(&training.bytes, info.shape.len())
            };
            let (validation, train) = order.split_at(info.validation);
            [training.split(train, unit)?, training.split(validation, unit)?]
        }
    };
    let test = match of_test {
        None => Split::empty(info.shape),
        Some(test) => test.into_pixels(info.shape).whole(unit)?,
    };
    let mut dataset = Dataset::new(
        info.name,
        info.class_names(),
        info.shape,
        Bounds::UNIT,
        train,
        validation,
        test,
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
