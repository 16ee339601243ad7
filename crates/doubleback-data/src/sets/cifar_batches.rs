//! What CIFAR-10 and CIFAR-100 have in common: training batches and a test batch, in files or in an archive as published.

use std::fs::File;
use std::io;
use std::ops::ControlFlow;
use std::path::Path;

use crate::checksum::Checksummed;
use crate::dataset::{Bounds, Dataset, Source};
use crate::error::DataError;
use crate::fetch::archive::read_archive;
use crate::fetch::archive_problem::{ArchiveLimits, ArchiveProblem};
use crate::formats::cifar;
use crate::formats::cifar::{Batch, LabelKind};
use crate::image_shape::ImageShape;
use crate::limits::cifar::PIXELS;
use crate::part::Part;
use crate::preparation::pixels::Pixels;
use crate::preparation::shuffle;
use crate::sets::file_state::{FileState, FileStatus};
use crate::sets::info::DatasetInfo;
use crate::sets::labelled::{Input, Published, Stored};
use crate::sets::options::LoadOptions;

/// Shape of the images.
pub(crate) const SHAPE: ImageShape = ImageShape {
    channels: 3,
    height: 32,
    width: 32,
};
/// Validation images of the whole set: the last ones of the training files.
const VALIDATION: usize = 5_000;
const TRAINING: usize = 50_000;

/// Which files there are, and which labels in them.
#[derive(Clone, Copy)]
pub(crate) struct Kind<const K: usize> {
    /// The training batches in order.
    pub training: &'static [Published],
    /// The test batch.
    pub test: &'static Published,
    /// Whether the published images stay in the order of their files, in all forms of them.
    pub in_order: bool,
    /// Kinds of labels, in the order of the binary form.
    pub labels: &'static [LabelKind; K],
}

impl<const K: usize> Kind<K> {
    /// Whether the images of the file at a place in [`files`](Self::files) are needed.
    fn is_needed(&self, place: usize, options: &LoadOptions) -> bool {
        let is_test = place == self.training.len();
        if is_test {
            options.wants(Part::Test)
        } else {
            options.wants_training_files()
        }
    }

    /// The training batches in order, then the test batch.
    fn files(&self) -> impl Iterator<Item = &'static Published> {
        self.training.iter().chain([self.test])
    }
}

/// What was found: for each file its batch, if it is there.
struct Found<const K: usize> {
    batches: Vec<Option<Batch<K>>>,
    sources: Vec<Source>,
    /// Whether all training batches hold the published images.
    official: bool,
}

fn read<const K: usize>(input: &Input, kind: &Kind<K>) -> Result<Stored<Batch<K>>, DataError> {
    let mut file = input.read_with(|name, reader| cifar::decode(name, reader, kind.labels))?;
    // Python's files have other bytes, but the same images.
    file.official = file.official || input.is_published(&file.content.sha256());
    Ok(file)
}

/// The batches in `folder` that are needed.
fn of_folder<const K: usize>(
    info: &DatasetInfo,
    kind: &Kind<K>,
    folder: &Path,
    options: &LoadOptions,
) -> Result<Found<K>, DataError> {
    let mut found = Found {
        batches: Vec::new(),
        sources: Vec::new(),
        official: true,
    };
    for (number, file) in kind.files().enumerate() {
        if file.find(folder).is_none() || !kind.is_needed(number, options) {
            found.batches.push(None);
            continue;
        }
        let read = read(&Input::in_folder(folder, file), kind)?;
        found.official &= read.official || number == kind.training.len();
        found.sources.push(read.source(info.notice));
        found.batches.push(Some(read.content));
    }
    Ok(found)
}

/// The batches in an archive as its makers published it, or another one.
fn of_archive<const K: usize>(
    info: &DatasetInfo,
    kind: &Kind<K>,
    path: &Path,
    published: &Published,
    options: &LoadOptions,
) -> Result<Found<K>, DataError> {
    let failed = |cause| DataError::Io {
        path: path.to_owned(),
        cause,
    };
    let mut file = Checksummed::new(File::open(path).map_err(failed)?);
    let mut batches: Vec<Option<Batch<K>>> = kind.files().map(|_| None).collect();
    let mut refused = None;
    let read = read_archive(&mut file, ArchiveLimits::default(), |member, content| {
        let name = member.path.file_name().unwrap_or_default().to_string_lossy();
        let place = kind.files().position(|file| file.is_called(&name));
        if let Some(place) = place.filter(|&place| kind.is_needed(place, options)) {
            let name = format!("{}: {}", path.display(), member.path.display());
            match cifar::decode(&name, content, kind.labels) {
                Ok(batch) => batches[place] = Some(batch),
                Err(error) => {
                    refused = Some(error);
                    return Ok(ControlFlow::Break(()));
                }
            }
        }
        Ok(ControlFlow::Continue(()))
    });
    match (read, refused) {
        // What is wrong with a batch, unless the archive itself is damaged.
        (Err(ArchiveProblem::Stopped), Some(error)) => return Err(error),
        (Err(problem), _) => {
            return Err(DataError::Archive {
                path: path.to_owned(),
                why: problem.to_string(),
            });
        }
        (Ok(_), _) => {}
    }
    io::copy(&mut file, &mut io::sink()).map_err(failed)?;
    let (sha256, bytes) = file.finish();
    let is_official = |(batch, file): (&Option<Batch<K>>, &Published)| {
        batch.as_ref().is_none_or(|batch| file.unpacked == batch.sha256())
    };
    let official = sha256 == published.packed || batches.iter().zip(kind.files()).all(is_official);
    let source = Source {
        file: path.file_name().unwrap_or_default().to_string_lossy().into_owned(),
        sha256,
        bytes,
        official,
        notice: info.notice.to_owned(),
    };
    Ok(Found {
        batches,
        sources: vec![source],
        official,
    })
}

/// Reads the data set; `label` is the kind of label that is wanted.
pub(crate) fn load<const K: usize>(
    info: &DatasetInfo,
    kind: &Kind<K>,
    label: usize,
    options: &LoadOptions,
) -> Result<Dataset, DataError> {
    let folder = info.find(options)?;
    let in_folder = |file: &Published| file.find(&folder).is_some();
    let needs = [options.wants_training_files(), options.wants(Part::Test)];
    let enough = (!needs[0] || kind.training.iter().any(in_folder)) && (!needs[1] || in_folder(kind.test));
    let found = match info.archive(options)? {
        Some((path, published)) if !enough => of_archive(info, kind, &path, published, options)?,
        _ => of_folder(info, kind, &folder, options)?,
    };
    let missing: Vec<String> = kind
        .files()
        .zip(&found.batches)
        .enumerate()
        .filter(|(place, (_, batch))| batch.is_none() && kind.is_needed(*place, options))
        .map(|(_, (file, _))| file.name.to_owned())
        .collect();
    let mut batches = found.batches;
    let of_test = batches.pop().flatten();
    let of_training: Vec<Batch<K>> = batches.into_iter().flatten().collect();
    if (needs[0] && of_training.is_empty()) || (needs[1] && of_test.is_none()) {
        return Err(DataError::MissingFiles { folder, missing });
    }
    if needs[0] && !missing.is_empty() {
        tracing::warn!(
            folder = %folder.display(),
            batches = of_training.len(),
            "not all {} training batches of {} are here: training on fewer images",
            kind.training.len(),
            info.name
        );
    }
    let training = pixels(of_training, label);
    let end = training.labels.len();
    let in_order = found.official && kind.in_order;
    let order: Vec<usize> = if in_order {
        (0..end).collect()
    } else {
        // They may be sorted by class, or be in another order in another form.
        shuffle::order(&training.bytes, PIXELS)
    };
    let (train, validation) = order.split_at(end - validation(end));
    let test = pixels(of_test.into_iter().collect(), label);
    let mut dataset = Dataset::new(
        info.name,
        info.class_names(),
        SHAPE,
        Bounds::UNIT,
        training.split(train, unit)?,
        training.split(validation, unit)?,
        test.whole(unit)?,
    )?;
    for Source { file, sha256, .. } in found.sources.iter().filter(|source| !source.official) {
        tracing::warn!(
            file = %folder.join(file).display(),
            %sha256,
            "not the official images of {}: results may differ from published ones",
            info.name
        );
    }
    dataset.sources = found.sources;
    if !found.official {
        dataset.notes.push(shuffle::NOTE.to_owned());
    }
    Ok(dataset)
}

/// All images with labels of one kind.
fn pixels<const K: usize>(batches: Vec<Batch<K>>, label: usize) -> Pixels {
    let (mut bytes, mut labels) = (Vec::new(), Vec::new());
    for batch in batches {
        labels.extend(batch.labels[label].iter().copied().map(u32::from));
        bytes.extend(batch.pixels);
    }
    Pixels {
        shape: SHAPE,
        bytes: bytes.into(),
        labels,
    }
}

/// A byte as a value from 0 to 1.
fn unit(byte: u8) -> f32 {
    f32::from(byte) / 255.0
}

/// The last 5,000 training images when all 50,000 are there, otherwise the last tenth.
fn validation(training: usize) -> usize {
    if training == TRAINING {
        VALIDATION
    } else {
        training / 10
    }
}

/// The state of each file, or of the archive.
pub(crate) fn verify<const K: usize>(
    info: &DatasetInfo,
    kind: &Kind<K>,
    options: &LoadOptions,
) -> Result<Vec<FileStatus>, DataError> {
    let folder = info.find(options)?;
    let none = kind.files().all(|file| file.find(&folder).is_none());
    if let Some((path, published)) = info.archive(options)?.filter(|_| none) {
        let state = of_archive(info, kind, &path, published, options).map(|found| match &found.sources[..] {
            [source] if !source.official => FileState::NotOfficial {
                sha256: source.sha256.clone(),
            },
            _ => FileState::Official,
        });
        return Ok(vec![FileStatus::new(path.display().to_string(), state)]);
    }
    Ok(kind
        .files()
        .map(|file| Input::in_folder(&folder, file))
        .map(|input| FileStatus::new(input.path(), read(&input, kind).map(|read| read.state())))
        .collect())
}
