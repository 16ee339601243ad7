//! notMNIST (Y. Bulatov 2011): letters A to J from fonts found on the web.
//!
//! `notMNIST_large` and `notMNIST_small` are read from image folders, as their author published them, or from a pair of IDX files. With both,
//! as in Ross & Doshi-Velez 2018: of every class 1,000 images of the small set are for testing, and of the large set 1,000 are for
//! validation and up to 20,000 for training. With the small set alone, of every class 15 % are for testing, 10 % for validation and the
//! rest for training, as many of each class. Values are (v - 127.5) / 255.
//!
//! Both sets hold images more than once, and have images in common. One of equal images is kept, and the training and validation images
//! are none of the small set's, unless [`DuplicatePolicy::Keep`] is asked for.

use std::path::{Path, PathBuf};

use crate::dataset::{Bounds, Dataset, Source};
use crate::error::{DataError, FolderProblem};
use crate::formats::image_folder;
use crate::formats::image_folder::{Skipped, Wanted};
use crate::preparation::duplicates::DuplicatePolicy;
use crate::preparation::pixels::Pixels;
use crate::preparation::shuffle::Shuffled;
use crate::sets::file_state::{FileState, FileStatus};
use crate::sets::info::DatasetInfo;
use crate::sets::labelled::{Input, Labelled, Published};
use crate::sets::mnist::SHAPE;
use crate::sets::options::LoadOptions;
use crate::split::Split;
use crate::words::{count, shown};

const CLASSES: [&str; 10] = ["A", "B", "C", "D", "E", "F", "G", "H", "I", "J"];

/// Images of each class in a part, with both sets.
const TRAIN: usize = 20_000;
const VALIDATION: usize = 1_000;
const TEST: usize = 1_000;

/// The IDX form has no published bytes.
static SMALL: [Published; 2] = idx_pair([
    "notMNIST_small-images-idx3-ubyte.gz",
    "notMNIST_small-labels-idx1-ubyte.gz",
]);
static LARGE: [Published; 2] = idx_pair([
    "notMNIST_large-images-idx3-ubyte.gz",
    "notMNIST_large-labels-idx1-ubyte.gz",
]);
const SMALL_FOLDER: &str = "notMNIST_small";
const LARGE_FOLDER: &str = "notMNIST_large";

const fn idx_pair(names: [&'static str; 2]) -> [Published; 2] {
    let [images, labels] = names;
    [unpublished(images), unpublished(labels)]
}

const fn unpublished(name: &'static str) -> Published {
    Published {
        name,
        packed: "",
        unpacked: "",
    }
}

/// What the catalog says of `notmnist`.
pub(crate) const INFO: DatasetInfo = DatasetInfo {
    name: "notmnist",
    description: "letters A to J from fonts; with notMNIST_small alone, 11,980, 1,590 and 2,390 images",
    classes: &CLASSES,
    shape: SHAPE,
    train: 200_000,
    validation: 10_000,
    test: 10_000,
    license: "no license stated",
    notice: "notMNIST by Y. Bulatov, no license stated",
    files: &SMALL,
    folders: &[SMALL_FOLDER],
    places: &[],
    archives: &[],
    load,
    verify,
};

/// A set as it is in its files.
struct Stored {
    pixels: Pixels,
    sources: Vec<Source>,
    notes: Vec<String>,
    /// Files that are no images of the set.
    skipped: Vec<Skipped>,
}

fn load(options: &LoadOptions) -> Result<Dataset, DataError> {
    let folder = options.folder(INFO.name)?;
    let Some(small) = read(&folder, SMALL_FOLDER, &SMALL)? else {
        let missing = vec![format!("{SMALL_FOLDER}/ (or {} and {})", SMALL[0].name, SMALL[1].name)];
        return Err(DataError::MissingFiles { folder, missing });
    };
    let large = read(&folder, LARGE_FOLDER, &LARGE)?;
    let keep = options.duplicates == Some(DuplicatePolicy::Keep);
    let mut notes = Vec::new();
    let mut shuffled = |stored: &Stored, name: &str| {
        let mut all = Shuffled::new(&stored.pixels, CLASSES.len());
        if !keep {
            let repeats = all.remove_repeats();
            notes.push(format!("{name}: {} left out", count(repeats, "repeated image")));
        }
        all
    };
    let mut of_small = shuffled(&small, SMALL_FOLDER);
    let mut dataset = match &large {
        None => {
            let least = of_small.counts().into_iter().min().unwrap_or(0);
            let (test, validation) = (least * 15 / 100, least / 10);
            require(&folder, SMALL_FOLDER, &of_small, 10)?;
            let mut part = |each: usize| small.pixels.split(&of_small.deal(&[each; CLASSES.len()]), value);
            let (test, validation, train) = (part(test)?, part(validation)?, part(least - test - validation)?);
            build(train, validation, test)?
        }
        Some(large) => {
            let mut of_large = shuffled(large, LARGE_FOLDER);
            if !keep {
                let common = of_large.remove_those_in(&of_small);
                let what = count(common, "image");
                notes.push(format!(
                    "{LARGE_FOLDER}: {what} that {SMALL_FOLDER} has as well left out"
                ));
            }
            require(&folder, SMALL_FOLDER, &of_small, TEST)?;
            require(&folder, LARGE_FOLDER, &of_large, VALIDATION + 1)?;
            let least = of_large.counts().into_iter().min().unwrap_or(0);
            let test = small.pixels.split(&of_small.deal(&[TEST; CLASSES.len()]), value)?;
            let mut part = |each: usize| large.pixels.split(&of_large.deal(&[each; CLASSES.len()]), value);
            let (validation, train) = (part(VALIDATION)?, part(TRAIN.min(least - VALIDATION))?);
            build(train, validation, test)?
        }
    };
    dataset.deduplicated = !keep;
    Ok(with_provenance(dataset, [Some(small), large], notes))
}

fn build(train: Split, validation: Split, test: Split) -> Result<Dataset, DataError> {
    let bounds = Bounds { low: -0.5, high: 0.5 };
    Dataset::new(INFO.name, INFO.class_names(), SHAPE, bounds, train, validation, test)
}

fn with_provenance(mut dataset: Dataset, sets: [Option<Stored>; 2], notes: Vec<String>) -> Dataset {
    for stored in sets.into_iter().flatten() {
        dataset.sources.extend(stored.sources);
        dataset.notes.extend(stored.notes);
    }
    dataset.notes.extend(notes);
    dataset
}

/// An error unless every class has at least so many images.
fn require(folder: &Path, set: &str, images: &Shuffled, expected: usize) -> Result<(), DataError> {
    match images.counts().iter().position(|&found| found < expected) {
        Some(class) => Err(DataError::Folder {
            path: folder.join(set),
            problem: FolderProblem::TooFewForParts {
                class: CLASSES[class].to_owned(),
                found: images.counts()[class],
                expected,
            },
        }),
        None => Ok(()),
    }
}

/// (v - 127.5) / 255.
fn value(byte: u8) -> f32 {
    (f32::from(byte) - 127.5) / 255.0
}

/// The set in its folder or its IDX files, whichever is there.
fn read(folder: &Path, images: &str, idx: &'static [Published; 2]) -> Result<Option<Stored>, DataError> {
    if let Some(path) = image_folder_at(folder, images) {
        let classes = INFO.class_names();
        let wanted = Wanted {
            only: Some([SHAPE.height, SHAPE.width]),
            channels: Some(1),
            classes: Some(&classes),
            ..Wanted::default()
        };
        let found = image_folder::read(&path, wanted)?;
        let source = Source {
            notice: INFO.notice.to_owned(),
            ..found.source
        };
        return Ok(Some(Stored {
            pixels: found.pixels,
            sources: vec![source],
            notes: found.notes,
            skipped: found.skipped,
        }));
    }
    if idx.iter().all(|file| file.find(folder).is_none()) {
        return Ok(None);
    }
    let [images, labels] = idx.each_ref().map(|file| Input::in_folder(folder, file));
    let pair = Labelled::read(images, labels, SHAPE, CLASSES.len())?;
    Ok(Some(Stored {
        sources: pair.sources(INFO.notice).to_vec(),
        pixels: pair.into_pixels(SHAPE),
        notes: Vec::new(),
        skipped: Vec::new(),
    }))
}

fn image_folder_at(folder: &Path, name: &str) -> Option<PathBuf> {
    Some(folder.join(name)).filter(|path| path.is_dir())
}

fn verify(options: &LoadOptions) -> Result<Vec<FileStatus>, DataError> {
    let folder = options.folder(INFO.name)?;
    let mut files = Vec::new();
    for (name, idx) in [(SMALL_FOLDER, &SMALL), (LARGE_FOLDER, &LARGE)] {
        let required = name == SMALL_FOLDER;
        if let Some(path) = image_folder_at(&folder, name) {
            let file = path.display().to_string();
            let (state, images, skipped) = match read(&folder, name, idx) {
                Ok(Some(stored)) => {
                    let sha256 = stored.sources[0].sha256.clone();
                    let state = FileState::Unpublished { sha256 };
                    (Ok(state), stored.pixels.labels.len(), stored.skipped)
                }
                Ok(None) => (Ok(FileState::Missing), 1, Vec::new()),
                Err(error) => (Err(error), 1, Vec::new()),
            };
            let status = |file, state, images| FileStatus {
                images: Some(images),
                ..FileStatus::new(file, state)
            };
            files.push(status(file, state, images));
            // The published archives hold some that cannot be read.
            files.extend(skipped.into_iter().map(|skipped| {
                let state = FileState::LeftOut { why: skipped.why };
                status(shown(&skipped.file), Ok(state), 1)
            }));
        } else if required || idx.iter().any(|file| file.find(&folder).is_some()) {
            let [images, labels] = idx.each_ref().map(|file| Input::in_folder(&folder, file));
            files.extend(Labelled::verify(images, labels, SHAPE, CLASSES.len()));
        }
    }
    // There is nothing to compare these files with.
    for file in &mut files {
        if let FileState::NotOfficial { sha256 } = &file.state {
            file.state = FileState::Unpublished { sha256: sha256.clone() };
        }
    }
    Ok(files)
}
