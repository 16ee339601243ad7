//! From files to a data set.

use std::fs;
use std::path::{Path, PathBuf};

use bytes::Bytes;

use super::classes::Classes;
use super::files::Files;
use super::rows::{Labelled, refused};
use crate::checksum::sha256;
use crate::dataset::{Bounds, Dataset, Source};
use crate::error::{DataError, ParquetProblem};
use crate::formats::class_names::ClassNames;
use crate::formats::image_folder::{Collected, ImageFolder, PassedOver, Wanted};
use crate::image_shape::ImageShape;
use crate::limits::parquet::MAX_BYTES;
use crate::part::Part;
use crate::preparation::shuffle::Shuffled;
use crate::sets::file_state::{FileState, FileStatus};
use crate::sets::folder::{TEST_PERCENT, VALIDATION_PERCENT};
use crate::sets::options::LoadOptions;
use crate::split::Split;
use crate::words::shown;

/// Reads the files in the folder `path`; `name` becomes the data set's.
pub(super) fn load(name: &str, path: &Path, options: &LoadOptions) -> Result<Dataset, DataError> {
    let files = Files::find(path)?;
    let mut wanted = wanted(options)?;
    let given = options.class_names.as_deref();
    let given = given.map(|file| Ok((file, ClassNames::read(file)?))).transpose()?;
    let given = given.as_ref().map(|(file, names)| (*file, names));
    let mut labelled = Labelled::new(given);
    let mut sources = Vec::new();
    let mut notes = files.notes;
    for note in &notes {
        tracing::warn!("{note}");
    }
    let mut parts: [Option<ImageFolder>; Part::ALL.len()] = [None, None, None];
    let mut shape: Option<ImageShape> = None;
    for (part, paths) in Part::ALL.into_iter().zip(&files.parts) {
        if paths.is_empty() {
            continue;
        }
        let called = called(part, paths);
        let mut collected = Collected::new(&called, wanted);
        for file in paths {
            let bytes = read(file)?;
            sources.push(source(path, file, &bytes));
            labelled.read(file, bytes, &wanted, &mut collected)?;
        }
        let images = finish(collected, part, &called)?;
        let found = images.pixels.shape;
        let expected = *shape.get_or_insert(found);
        if [found.height, found.width] != [expected.height, expected.width] {
            return Err(DataError::ImageSize {
                file: shown(&called),
                found: [found.height, found.width],
                expected: [expected.height, expected.width],
            });
        }
        wanted.channels = Some(expected.channels);
        notes.extend(images.notes.iter().cloned());
        parts[part as usize] = Some(images);
    }
    let refuse = |problem| refused(path, problem);
    let classes = classes(&labelled, &mut parts).map_err(refuse)?;
    notes.extend(labelled.note(path));
    let mut preparation = crate::dataset::Preparation::default();
    for images in parts.iter().flatten() {
        preparation = preparation.or(images.preparation);
    }
    let shape = shape.ok_or_else(|| refuse(ParquetProblem::NoFiles))?;
    let [train, validation, test] = deal(&parts, &classes, shape, path)?;
    let mut dataset = Dataset::new(name, classes.names, shape, Bounds::UNIT, train, validation, test)?;
    dataset.sources = sources;
    dataset.notes = notes;
    dataset.preparation = preparation;
    Ok(dataset)
}

/// The state of each file; and of the folder, if each file can be read but not all together.
pub(super) fn verify(name: &str, path: &Path, options: &LoadOptions) -> Result<Vec<FileStatus>, DataError> {
    let files = Files::find(path)?;
    let wanted = wanted(options)?;
    let mut states = Vec::new();
    for file in files.parts.iter().flatten() {
        let state = read(file).and_then(|bytes| {
            let sha256 = sha256([&bytes[..]].into_iter());
            Labelled::new(None).read(file, bytes, &wanted, &mut Collected::new(path, wanted))?;
            Ok(FileState::Unpublished { sha256 })
        });
        states.push(FileStatus::new(shown(file), state));
    }
    if states.iter().all(|file| file.state.is_right())
        && let Err(error) = load(name, path, options)
    {
        states.push(FileStatus::new(shown(path), Err(error)));
    }
    Ok(states)
}

/// The images in the bytes of one file as a test part.
pub(super) fn decode(name: &str, bytes: Vec<u8>) -> Result<Dataset, DataError> {
    let wanted = wanted(&LoadOptions::default())?;
    let path = Path::new(name);
    let mut labelled = Labelled::new(None);
    let mut collected = Collected::new(path, wanted);
    labelled.read(path, Bytes::from(bytes), &wanted, &mut collected)?;
    let images = finish(collected, Part::Test, path)?;
    let shape = images.pixels.shape;
    let mut parts = [None, None, Some(images)];
    let classes = classes(&labelled, &mut parts).map_err(|problem| refused(path, problem))?;
    let [train, validation, test] = deal(&parts, &classes, shape, path)?;
    Dataset::new(name, classes.names, shape, Bounds::UNIT, train, validation, test)
}

fn wanted(options: &LoadOptions) -> Result<Wanted<'static>, DataError> {
    if options.image_size.is_some() && options.preprocess.is_some() {
        return Err(DataError::TwoSizes);
    }
    Ok(Wanted {
        size: options.image_size,
        preprocess: options.preprocess,
        channels: options.channels,
        channels_asked: options.channels.is_some(),
        grayscale: options.grayscale.unwrap_or_default(),
        background: options.background,
        // Which these are shows when all files are read; it need not have images of all.
        classes: Some(&[]),
        ..Wanted::default()
    })
}

/// What the files of a part are called where something is said about all of them.
fn called(part: Part, paths: &[PathBuf]) -> PathBuf {
    match paths {
        [one] => one.clone(),
        _ => paths[0].with_file_name(format!("{part}-*.parquet")),
    }
}

fn read(file: &Path) -> Result<Bytes, DataError> {
    let failed = |cause| DataError::Io {
        path: file.to_owned(),
        cause,
    };
    let size = fs::metadata(file).map_err(failed)?.len();
    if size > MAX_BYTES as u64 {
        return Err(refused(file, ParquetProblem::TooLarge));
    }
    fs::read(file).map_err(failed).map(Bytes::from)
}

fn source(folder: &Path, file: &Path, bytes: &[u8]) -> Source {
    Source {
        file: shown(file.strip_prefix(folder).unwrap_or(file)),
        sha256: sha256([bytes].into_iter()),
        bytes: bytes.len() as u64,
        official: false,
        notice: String::new(),
    }
}

fn finish(collected: Collected<'_>, part: Part, called: &Path) -> Result<ImageFolder, DataError> {
    if collected.files().next().is_none() && !collected.is_too_large {
        let why = "there are no images. Leave its files out".to_owned();
        let part = part.name();
        return Err(refused(called, ParquetProblem::Shards { part, why }));
    }
    collected.finish(Vec::new(), PassedOver::default())
}

/// The classes of all parts, whose labels become those of the classes.
fn classes(
    labelled: &Labelled<'_>,
    parts: &mut [Option<ImageFolder>; Part::ALL.len()],
) -> Result<Classes, ParquetProblem> {
    let all: Vec<u32> = parts
        .iter()
        .flatten()
        .flat_map(|images| images.pixels.labels.iter().copied())
        .collect();
    let classes = labelled.classes(&all)?;
    if classes.names.len() < 2 {
        let text = "it has a single class, from which nothing can be told apart. Add images of another";
        return Err(ParquetProblem::Classes(text.to_owned()));
    }
    for images in parts.iter_mut().flatten() {
        for label in &mut images.pixels.labels {
            *label = classes.class(*label);
        }
    }
    Ok(classes)
}

/// Training, validation and test images. Parts that are not there are dealt out of the training images by the SHA-256 of their files; the others
/// stay in the order of the rows, but for training images, which may be sorted by class.
fn deal(
    [train, validation, test]: &[Option<ImageFolder>; Part::ALL.len()],
    classes: &Classes,
    shape: ImageShape,
    path: &Path,
) -> Result<[Split; 3], DataError> {
    let whole = |part: &Option<ImageFolder>| part.as_ref().map(|images| images.pixels.whole(unit)).transpose();
    let (validation, test) = (whole(validation)?, whole(test)?);
    let empty = || Split::empty(shape);
    let Some(train) = train else {
        return Ok([empty(), validation.unwrap_or_else(empty), test.unwrap_or_else(empty)]);
    };
    let mut rest = Shuffled::by(&train.hashes, &train.pixels.labels, classes.names.len());
    let counts = rest.counts();
    let mut dealt = |percent: usize| {
        let wanted: Vec<usize> = counts.iter().map(|&count| (count * percent).div_ceil(100)).collect();
        train.pixels.split(&rest.deal(&wanted), unit)
    };
    let test = match test {
        Some(test) => test,
        None => dealt(TEST_PERCENT)?,
    };
    let validation = match validation {
        Some(validation) => validation,
        None => dealt(VALIDATION_PERCENT)?,
    };
    let left = rest.counts();
    if let Some(class) = (0..counts.len()).find(|&class| counts[class] > 0 && left[class] == 0) {
        let problem = ParquetProblem::TooFew {
            class: classes.names[class].clone(),
            found: counts[class],
        };
        return Err(refused(path, problem));
    }
    Ok([train.pixels.split(&rest.deal(&counts), unit)?, validation, test])
}

fn unit(byte: u8) -> f32 {
    f32::from(byte) / 255.0
}
