//! `npz:FILE`: your own images and labels as arrays of NumPy.
//!
//! The file holds `x` and `y`, or `x_train`, `y_train`, `x_test`, `y_test` and perhaps `x_val`, `y_val` (as Keras' `mnist.npz` does; MedMNIST's
//! names are known too). Parts that are not there are dealt out of the training images as those of `folder:PATH` are; `x_test` and `y_test`
//! alone are a test part and nothing else. What it may hold besides: `classes`, names; `bounds`, the least and the greatest value of a pixel;
//! `layout`, such as `NCHW`.

mod images;
mod labels;
mod names;

use std::fs;
use std::path::{Path, PathBuf};

use crate::checksum::sha256;
use crate::dataset::{Dataset, Source};
use crate::error::{DataError, NpzProblem};
use crate::formats::npz::Npz;
use crate::image_shape::ImageShape;
use crate::limits::npy::MAX_BYTES;
use crate::preparation::shuffle::Shuffled;
use crate::sets::file_state::{FileState, FileStatus};
use crate::sets::folder::{TEST_PERCENT, VALIDATION_PERCENT};
use crate::split::Split;
use crate::words::count;
use images::{Images, Layout};
use labels::Labels;
use names::{Arrays, Pair};

/// What names of such data sets begin with.
pub(crate) const PREFIX: &str = "npz:";

/// The file, if `name` names one.
pub(crate) fn path(name: &str) -> Option<PathBuf> {
    let path = name.strip_prefix(PREFIX)?;
    // A shell leaves `npz:~/images.npz` as it is.
    match (path.strip_prefix("~/"), etcetera::home_dir()) {
        (Some(rest), Ok(home)) => Some(home.join(rest)),
        _ => Some(path.into()),
    }
}

/// Reads the file `path`; `name` becomes the data set's.
pub(crate) fn load(name: &str, path: &Path) -> Result<Dataset, DataError> {
    let bytes = read(path)?;
    let source = Source {
        file: path.file_name().unwrap_or_default().to_string_lossy().into_owned(),
        sha256: sha256([&bytes[..]].into_iter()),
        bytes: bytes.len() as u64,
        official: false,
        notice: String::new(),
    };
    let mut dataset = decode_named(name, &path.display().to_string(), bytes)?;
    dataset.sources.push(source);
    Ok(dataset)
}

/// The state of the file.
pub(crate) fn verify(path: &Path) -> Vec<FileStatus> {
    let state = load(PREFIX, path).map(|dataset| FileState::Unpublished {
        sha256: dataset.sources.into_iter().map(|source| source.sha256).collect(),
    });
    vec![FileStatus::new(path.display().to_string(), state)]
}

/// The data set in the bytes of a `.npz` file; `name` stands for the file in messages. It has no sources.
///
/// # Errors
/// [`DataError::Npz`] or [`DataError::LabelRange`] if they are anything else.
pub fn decode(name: &str, bytes: Vec<u8>) -> Result<Dataset, DataError> {
    decode_named(name, name, bytes)
}

fn read(path: &Path) -> Result<Vec<u8>, DataError> {
    let failed = |cause| DataError::Io {
        path: path.to_owned(),
        cause,
    };
    let size = fs::metadata(path).map_err(failed)?.len();
    if size > MAX_BYTES as u64 {
        return Err(refused(&path.display().to_string())(NpzProblem::TooLarge));
    }
    fs::read(path).map_err(failed)
}

fn refused(file: &str) -> impl Fn(NpzProblem) -> DataError {
    move |problem| DataError::Npz {
        file: file.to_owned(),
        problem: Box::new(problem),
    }
}

/// A part as the file has it.
struct Stored {
    images: Images,
    labels: Vec<u32>,
}

impl Stored {
    /// All images in the order of the file.
    fn whole(&self) -> Result<Split, DataError> {
        let all: Vec<usize> = (0..self.labels.len()).collect();
        self.images.split(&all, &self.labels)
    }
}

fn decode_named(name: &str, file: &str, bytes: Vec<u8>) -> Result<Dataset, DataError> {
    let refuse = refused(file);
    let mut npz = Npz::open(bytes).map_err(&refuse)?;
    let arrays = Arrays::find(&npz).map_err(&refuse)?;
    let layout = Layout::read(&mut npz, &arrays).map_err(&refuse)?;
    let pairs = [&arrays.train, &arrays.validation, &arrays.test];
    let labels = pairs.map(|pair| pair.as_ref().map(|pair| Labels::read(&mut npz, pair)).transpose());
    let [a, b, c] = labels;
    let labels = [a, b, c].into_iter().collect::<Result<Vec<_>, _>>().map_err(&refuse)?;
    let found: Vec<&Labels> = labels.iter().flatten().collect();
    let classes = labels::classes(file, &mut npz, &arrays, &found)?;

    let mut parts = Vec::new();
    for (pair, labels) in pairs.into_iter().zip(&labels) {
        let part = match (pair, labels) {
            (Some(Pair { images, .. }), Some(labels)) => Some(Stored {
                images: Images::read(&mut npz, images, layout, labels).map_err(&refuse)?,
                labels: labels.as_classes(),
            }),
            _ => None,
        };
        parts.push(part);
    }
    let of_images: Vec<&Images> = parts.iter().flatten().map(|part| &part.images).collect();
    let shape = images::one_shape(&of_images).map_err(&refuse)?;
    let bounds = images::bounds(&mut npz, &arrays, &of_images).map_err(&refuse)?;
    let mut notes: Vec<String> = of_images.iter().map(|images| images.description()).collect();
    notes.extend(arrays.note());

    let [train, validation, test] = match <[Option<Stored>; 3]>::try_from(parts) {
        Ok(parts) => deal(parts, &classes, shape).map_err(|problem| match problem {
            Dealt::TooFew(problem) => refuse(problem),
            Dealt::Data(error) => error,
        })?,
        Err(_) => [Split::empty(shape), Split::empty(shape), Split::empty(shape)],
    };
    let mut dataset = Dataset::new(name, classes, shape, bounds, train, validation, test)?;
    dataset.notes = notes;
    Ok(dataset)
}

/// Why images could not be dealt out.
enum Dealt {
    TooFew(NpzProblem),
    Data(DataError),
}

impl From<DataError> for Dealt {
    fn from(error: DataError) -> Self {
        Self::Data(error)
    }
}

/// Training, validation and test images. Parts that are not there are dealt out of the training images by the SHA-256 of their pixels; the
/// others stay in the order of the file, but for training images, which may be sorted by class.
fn deal(
    [train, validation, test]: [Option<Stored>; 3],
    classes: &[String],
    shape: ImageShape,
) -> Result<[Split; 3], Dealt> {
    let whole = |part: &Option<Stored>| part.as_ref().map(Stored::whole).transpose();
    let Some(train) = train else {
        let empty = || Split::empty(shape);
        return Ok([
            empty(),
            whole(&validation)?.unwrap_or_else(empty),
            whole(&test)?.unwrap_or_else(empty),
        ]);
    };
    let mut rest = Shuffled::by(&train.images.hashes(), &train.labels, classes.len());
    let counts = rest.counts();
    let mut dealt = |percent: usize| {
        let wanted: Vec<usize> = counts.iter().map(|&count| (count * percent).div_ceil(100)).collect();
        train.images.split(&rest.deal(&wanted), &train.labels)
    };
    let test = match whole(&test)? {
        Some(test) => test,
        None => dealt(TEST_PERCENT)?,
    };
    let validation = match whole(&validation)? {
        Some(validation) => validation,
        None => dealt(VALIDATION_PERCENT)?,
    };
    let left = rest.counts();
    if let Some(class) = (0..classes.len()).find(|&class| counts[class] > 0 && left[class] == 0) {
        return Err(Dealt::TooFew(NpzProblem::Classes(format!(
            "class `{}` has {}, too few for a training, a validation and a test part. Add images, or save `x_train`, `y_train`, `x_val`, `y_val`, \
             `x_test` and `y_test`; `x_test` and `y_test` alone are for testing alone",
            classes[class],
            count(counts[class], "image")
        ))));
    }
    Ok([
        train.images.split(&rest.deal(&counts), &train.labels)?,
        validation,
        test,
    ])
}
