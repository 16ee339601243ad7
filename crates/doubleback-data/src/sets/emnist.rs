//! EMNIST (Cohen, Afshar, Tapson & van Schaik 2017, arXiv 1702.05373): handwritten digits and letters in MNIST's format, in six splits.
//!
//! The files are read one by one, packed or not, or within `gzip.zip`, as NIST publishes them all. Their images lie on their side, rows and
//! columns exchanged; here they stand. Labels of `letters` begin at 1 in its files and at 0 here.

use std::fs::File;
use std::io::{self, BufReader, Read};
use std::path::Path;
use std::sync::Arc;

use zip::ZipArchive;

use crate::checksum::Checksummed;
use crate::dataset::{Bounds, Dataset, Source};
use crate::error::DataError;
use crate::image_shape::ImageShape;
use crate::part::Part;
use crate::preparation::pixels::Pixels;
use crate::preparation::shuffle;
use crate::sets::file_state::{FileState, FileStatus};
use crate::sets::info::DatasetInfo;
use crate::sets::labelled::{Input, Labelled, Published};
use crate::sets::mnist;
use crate::sets::mnist::SHAPE;
use crate::sets::options::LoadOptions;
use crate::split::Split;

const NOTICE: &str = "EMNIST by G. Cohen, S. Afshar, J. Tapson and A. van Schaik, from NIST Special Database 19, published without a license";
/// One in so many training images is for validation.
const VALIDATION: usize = 10;

const UPPER: [&str; 26] = [
    "A", "B", "C", "D", "E", "F", "G", "H", "I", "J", "K", "L", "M", "N", "O", "P", "Q", "R", "S", "T", "U", "V", "W",
    "X", "Y", "Z",
];
/// Digits, capitals, and the small letters that do not look like them.
const MERGED: [&str; 47] = [
    "0", "1", "2", "3", "4", "5", "6", "7", "8", "9", "A", "B", "C", "D", "E", "F", "G", "H", "I", "J", "K", "L", "M",
    "N", "O", "P", "Q", "R", "S", "T", "U", "V", "W", "X", "Y", "Z", "a", "b", "d", "e", "f", "g", "h", "n", "q", "r",
    "t",
];
const ALL: [&str; 62] = [
    "0", "1", "2", "3", "4", "5", "6", "7", "8", "9", "A", "B", "C", "D", "E", "F", "G", "H", "I", "J", "K", "L", "M",
    "N", "O", "P", "Q", "R", "S", "T", "U", "V", "W", "X", "Y", "Z", "a", "b", "c", "d", "e", "f", "g", "h", "i", "j",
    "k", "l", "m", "n", "o", "p", "q", "r", "s", "t", "u", "v", "w", "x", "y", "z",
];

/// All splits in one archive; of the files in it no checksums are known.
static ARCHIVE: [Published; 1] = [Published {
    name: "gzip.zip",
    packed: "fb9bb67e33772a9cc0b895e4ecf36d2cf35be8b709693c3564cea2a019fcda8e",
    unpacked: Published::UNKNOWN,
}];

/// Where torchvision and unpacked archives have the files.
const PLACES: [&str; 5] = [
    "emnist/gzip",
    "emnist/EMNIST/raw",
    "emnist/raw",
    "EMNIST/raw",
    "EMNIST/raw/gzip",
];

/// A split: its name in file names, the classes, the label of the first of them, its images.
macro_rules! split {
    ($module:ident, $name:literal, $split:literal, $description:literal, $classes:expr, $first:literal, $train:literal, $test:literal) => {
        pub(crate) mod $module {
            use super::*;

            static FILES: [Published; 4] = [
                Published::unknown(concat!("emnist-", $split, "-train-images-idx3-ubyte.gz")),
                Published::unknown(concat!("emnist-", $split, "-train-labels-idx1-ubyte.gz")),
                Published::unknown(concat!("emnist-", $split, "-test-images-idx3-ubyte.gz")),
                Published::unknown(concat!("emnist-", $split, "-test-labels-idx1-ubyte.gz")),
            ];

            /// What the catalog says of this split.
            pub(crate) const INFO: DatasetInfo = DatasetInfo {
                name: $name,
                description: $description,
                classes: &$classes,
                shape: SHAPE,
                train: $train - $train / VALIDATION,
                validation: $train / VALIDATION,
                test: $test,
                license: "no license stated",
                notice: NOTICE,
                files: &FILES,
                folders: &[],
                places: &PLACES,
                archives: &ARCHIVE,
                load,
                verify,
            };

            fn load(options: &LoadOptions) -> Result<Dataset, DataError> {
                super::load(&INFO, &FILES, $first, options)
            }

            fn verify(options: &LoadOptions) -> Result<Vec<FileStatus>, DataError> {
                super::verify(&INFO, &FILES, $first, options)
            }
        }
    };
}

split!(
    balanced,
    "emnist",
    "balanced",
    "handwritten digits and letters in 47 classes, as many of each (split balanced)",
    MERGED,
    0,
    112_800,
    18_800
);
split!(
    letters,
    "emnist:letters",
    "letters",
    "its 26 letters, capital and small as one class",
    UPPER,
    1,
    124_800,
    20_800
);
split!(
    digits,
    "emnist:digits",
    "digits",
    "its digits",
    mnist::CLASSES,
    0,
    240_000,
    40_000
);
split!(
    mnist_like,
    "emnist:mnist",
    "mnist",
    "its digits, as many as MNIST has",
    mnist::CLASSES,
    0,
    60_000,
    10_000
);
split!(
    byclass,
    "emnist:byclass",
    "byclass",
    "all of it in 62 classes, digits, capitals and small letters",
    ALL,
    0,
    697_932,
    116_323
);
split!(
    bymerge,
    "emnist:bymerge",
    "bymerge",
    "all of it in 47 classes, letters that look alike merged",
    MERGED,
    0,
    697_932,
    116_323
);

fn load(
    info: &DatasetInfo,
    files: &'static [Published; 4],
    first: usize,
    options: &LoadOptions,
) -> Result<Dataset, DataError> {
    let folder = info.find(options)?;
    let (inputs, archive) = inputs(info, files, &folder, options)?;
    let [train_images, train_labels, test_images, test_labels] = inputs;
    let read = |needed: bool, images, labels| {
        let read = || Labelled::read_from(first, images, labels, info.shape, info.classes.len());
        needed.then(read).transpose()
    };
    let training = read(options.wants_training_files(), train_images, train_labels)?;
    let test = read(options.wants(Part::Test), test_images, test_labels)?;
    let sources = match archive {
        Some(archive) => vec![archive],
        None => {
            let pairs = [&training, &test].into_iter().flatten();
            pairs.flat_map(|pair| pair.sources(NOTICE)).collect()
        }
    };
    let [train, validation] = match training {
        None => [Split::empty(SHAPE), Split::empty(SHAPE)],
        Some(training) => {
            // One image to train on and one for validation.
            training.require(VALIDATION)?;
            let training = upright(training.into_pixels(SHAPE));
            let order = shuffle::order(&training.bytes, SHAPE.len());
            let (validation, train) = order.split_at(order.len() / VALIDATION);
            [training.split(train, unit)?, training.split(validation, unit)?]
        }
    };
    let test = match test {
        None => Split::empty(SHAPE),
        Some(test) => upright(test.into_pixels(SHAPE)).whole(unit)?,
    };
    let (classes, bounds) = (info.class_names(), Bounds::UNIT);
    let mut dataset = Dataset::new(info.name, classes, info.shape, bounds, train, validation, test)?;
    dataset.sources = sources;
    dataset
        .notes
        .push("images are turned upright: rows and columns are exchanged in the files".to_owned());
    Ok(dataset)
}

/// A byte as a value from 0 to 1.
fn unit(byte: u8) -> f32 {
    f32::from(byte) / 255.0
}

/// The images with rows and columns exchanged.
fn upright(mut pixels: Pixels) -> Pixels {
    let ImageShape { height, width, .. } = pixels.shape;
    for image in Arc::make_mut(&mut pixels.bytes).chunks_exact_mut(height * width) {
        for row in 0..height {
            for column in row + 1..width {
                image.swap(row * width + column, column * width + row);
            }
        }
    }
    pixels
}

/// The four files, and the archive that they are in if they are in one.
fn inputs(
    info: &DatasetInfo,
    files: &'static [Published; 4],
    folder: &Path,
    options: &LoadOptions,
) -> Result<([Input; 4], Option<Source>), DataError> {
    let missing: Vec<String> = files
        .iter()
        .filter(|file| file.find(folder).is_none())
        .map(|file| file.name.to_owned())
        .collect();
    if missing.is_empty() {
        return Ok((files.each_ref().map(|file| Input::in_folder(folder, file)), None));
    }
    let Some((path, published)) = info.archive(options)? else {
        let folder = folder.to_owned();
        return Err(DataError::MissingFiles { folder, missing });
    };
    let failed = |cause| DataError::Io {
        path: path.clone(),
        cause,
    };
    let mut archive = File::open(&path)
        .map_err(failed)
        .and_then(|file| ZipArchive::new(BufReader::new(file)).map_err(|cause| damaged(&path, &cause)))?;
    let mut inputs = Vec::new();
    for file in files {
        let names: Vec<String> = archive.file_names().map(str::to_owned).collect();
        let member = names
            .iter()
            .find(|name| file.is_called(name.rsplit('/').next().unwrap_or(name)));
        let Some(member) = member else {
            return Err(damaged(&path, &format!("it holds no {}", file.name)));
        };
        let mut bytes = Vec::new();
        let member = archive.by_name(member).map_err(|cause| damaged(&path, &cause))?;
        member
            .take(MOST_PACKED)
            .read_to_end(&mut bytes)
            .map_err(|cause| damaged(&path, &cause))?;
        inputs.push(Input::member(&path, bytes, file));
    }
    let mut whole = Checksummed::new(File::open(&path).map_err(failed)?);
    io::copy(&mut whole, &mut io::sink()).map_err(failed)?;
    let (sha256, bytes) = whole.finish();
    let source = Source {
        file: path.file_name().unwrap_or_default().to_string_lossy().into_owned(),
        official: sha256 == published.packed,
        sha256,
        bytes,
        notice: NOTICE.to_owned(),
    };
    let missing = || DataError::MissingFiles {
        folder: folder.to_owned(),
        missing: Vec::new(),
    };
    Ok((inputs.try_into().map_err(|_| missing())?, Some(source)))
}

/// Most bytes of a file in the archive: 1 GiB, several times the largest.
const MOST_PACKED: u64 = 1 << 30;

fn damaged(path: &Path, cause: &dyn std::fmt::Display) -> DataError {
    DataError::Archive {
        path: path.to_owned(),
        why: format!("{cause}. Remove it and get it again with `doubleback data fetch emnist`"),
    }
}

fn verify(
    info: &DatasetInfo,
    files: &'static [Published; 4],
    first: usize,
    options: &LoadOptions,
) -> Result<Vec<FileStatus>, DataError> {
    let folder = info.find(options)?;
    let (inputs, archive) = match inputs(info, files, &folder, options) {
        Ok(found) => found,
        Err(DataError::MissingFiles { .. }) => (files.each_ref().map(|file| Input::in_folder(&folder, file)), None),
        Err(DataError::Archive { path, why }) => {
            let file = path.display().to_string();
            let state = FileState::Damaged(DataError::Archive { path, why });
            return Ok(vec![FileStatus::new(file, Ok(state))]);
        }
        Err(error) => return Err(error),
    };
    let [train_images, train_labels, test_images, test_labels] = inputs;
    let verify = |images, labels| Labelled::verify_from(first, images, labels, info.shape, info.classes.len());
    let mut states: Vec<FileStatus> = [verify(train_images, train_labels), verify(test_images, test_labels)]
        .into_iter()
        .flatten()
        .collect();
    // Of the files there are no checksums to compare with.
    for file in &mut states {
        if let FileState::NotOfficial { sha256 } = &file.state {
            file.state = FileState::Unpublished { sha256: sha256.clone() };
        }
    }
    if let Some(Source {
        file, official, sha256, ..
    }) = archive
    {
        let state = if official {
            FileState::Official
        } else {
            FileState::NotOfficial { sha256 }
        };
        states.insert(0, FileStatus::new(file, Ok(state)));
    }
    Ok(states)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn classes_are_those_of_the_published_mappings() {
        assert_eq!(MERGED[36..], ["a", "b", "d", "e", "f", "g", "h", "n", "q", "r", "t"]);
        assert_eq!((ALL[10], ALL[36], ALL[61]), ("A", "a", "z"));
        let infos = [
            balanced::INFO,
            letters::INFO,
            digits::INFO,
            mnist_like::INFO,
            byclass::INFO,
            bymerge::INFO,
        ];
        assert_eq!(infos.map(|info| info.classes.len()), [47, 26, 10, 10, 62, 47]);
    }
}
