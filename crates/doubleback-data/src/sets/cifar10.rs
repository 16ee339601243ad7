//! CIFAR-10, in the binary form and in Python's.

use std::io::Read;

use crate::dataset::{Bounds, Dataset, Source};
use crate::error::DataError;
use crate::formats::cifar;
use crate::formats::cifar::{Batch, LabelKind};
use crate::image_shape::ImageShape;
use crate::limits::cifar::PIXELS;
use crate::preparation::pixels::Pixels;
use crate::preparation::shuffle;
use crate::sets::file_state::FileStatus;
use crate::sets::info::DatasetInfo;
use crate::sets::labelled::{Input, Published, Stored};
use crate::sets::options::LoadOptions;

const SHAPE: ImageShape = ImageShape {
    channels: 3,
    height: 32,
    width: 32,
};
const CLASSES: [&str; 10] = [
    "airplane",
    "automobile",
    "bird",
    "cat",
    "deer",
    "dog",
    "frog",
    "horse",
    "ship",
    "truck",
];
const NOTICE: &str = "CIFAR-10 by A. Krizhevsky, V. Nair and G. Hinton (Krizhevsky 2009), published without a license";
/// Validation images of the whole set: the last ones of the training files.
const VALIDATION: usize = 5_000;
const TRAINING: usize = 50_000;

/// The training batches in order, then the test batch. The checksums are those of the published binary files.
static FILES: [Published; 6] = [
    published(
        "data_batch_1.bin.gz",
        "cee916563c9f80d84e3cc88e17fdc0941787f1244f00a67874d45b261883ada5",
    ),
    published(
        "data_batch_2.bin.gz",
        "a591ca11fa1708a91ee40f54b3da4784ccd871ecf2137de63f51ada8b3fa57ed",
    ),
    published(
        "data_batch_3.bin.gz",
        "bbe8596564c0f86427f876058170b84dac6670ddf06d79402899d93ceea26f67",
    ),
    published(
        "data_batch_4.bin.gz",
        "014e562d6e23c72197cc727519169a60359f5eccd8945ad5a09d710285ff4e48",
    ),
    published(
        "data_batch_5.bin.gz",
        "755304fc0b379caeae8c14f0dac912fbc7d6cd469eb67a1029a08a39453a9add",
    ),
    published(
        "test_batch.bin.gz",
        "8e2eb146ae340b09e24670f29cabc6326dba54da8789dab6768acf480273f65b",
    ),
];

const fn published(name: &'static str, unpacked: &'static str) -> Published {
    Published {
        name,
        packed: Published::UNKNOWN,
        unpacked,
    }
}

/// What cannot be done without; other training batches are used if they are there.
static NEEDED: [Published; 2] = [
    published(FILES[0].name, FILES[0].unpacked),
    published(FILES[5].name, FILES[5].unpacked),
];

/// What the catalog says of `cifar10`.
pub(crate) const INFO: DatasetInfo = DatasetInfo {
    name: "cifar10",
    description: "small photographs of ten kinds of things, in color",
    classes: &CLASSES,
    shape: SHAPE,
    train: TRAINING - VALIDATION,
    validation: VALIDATION,
    test: 10_000,
    license: "no license stated",
    notice: NOTICE,
    files: &NEEDED,
    folders: &[],
    load,
    verify,
};

/// Images of one file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Images {
    /// Their labels, 0 to 9.
    pub labels: Vec<u8>,
    /// Three planes (red, green, blue) an image, each row by row.
    pub pixels: Vec<u8>,
}

const LABELS: [LabelKind; 1] = [LabelKind {
    key: "labels",
    classes: CLASSES.len(),
}];

/// Reads a batch from `reader` to its end: records of a label and a 3 x 32 x 32 image, or a pickled dictionary with `labels` and `data`; either
/// gzipped or not. `name` stands for the file in messages.
///
/// # Errors
/// [`DataError::Cifar`] or [`DataError::LabelRange`] if it is anything else.
pub fn decode(name: &str, reader: impl Read) -> Result<Images, DataError> {
    let Batch {
        labels: [labels],
        pixels,
    } = cifar::decode(name, reader, &LABELS)?;
    Ok(Images { labels, pixels })
}

fn read(input: &Input) -> Result<Stored<Batch<1>>, DataError> {
    let mut file = input.read_with(|name, reader| cifar::decode(name, reader, &LABELS))?;
    // Python's files have other bytes, but the same images.
    file.official = file.official || input.is_published(&file.content.sha256());
    Ok(file)
}

fn load(options: &LoadOptions) -> Result<Dataset, DataError> {
    let folder = options.folder(INFO.name)?;
    let [training @ .., test] = &FILES;
    let here: Vec<&Published> = training.iter().filter(|file| file.find(&folder).is_some()).collect();
    if here.is_empty() || test.find(&folder).is_none() {
        let missing = FILES.iter().filter(|file| file.find(&folder).is_none());
        return Err(DataError::MissingFiles {
            missing: missing.map(|file| file.name.to_owned()).collect(),
            folder,
        });
    }
    let mut sources = Vec::new();
    let mut add = |all: &mut Pixels, file: &'static Published| -> Result<bool, DataError> {
        let read = read(&Input::in_folder(&folder, file))?;
        sources.push(read.source(NOTICE));
        let [labels] = &read.content.labels;
        all.labels.extend(labels.iter().copied().map(u32::from));
        all.bytes.extend(read.content.pixels);
        Ok(read.official)
    };
    let (mut of_training, mut of_test) = (Pixels::empty(SHAPE), Pixels::empty(SHAPE));
    if here.len() < training.len() {
        tracing::warn!(
            folder = %folder.display(),
            batches = here.len(),
            "not all five training batches of CIFAR-10 are here: training on fewer images"
        );
    }
    let mut official = true;
    for file in here {
        official &= add(&mut of_training, file)?;
    }
    add(&mut of_test, test)?;
    let end = of_training.labels.len();
    let order: Vec<usize> = if official {
        (0..end).collect()
    } else {
        // They may be sorted by class.
        shuffle::order(&of_training.bytes, PIXELS)
    };
    let (train, validation) = order.split_at(end - validation(end));
    let (train, validation) = (of_training.split(train, unit)?, of_training.split(validation, unit)?);
    let in_order: Vec<usize> = (0..of_test.labels.len()).collect();
    let test = of_test.split(&in_order, unit)?;
    let mut dataset = Dataset::new(
        INFO.name,
        INFO.class_names(),
        SHAPE,
        Bounds::UNIT,
        train,
        validation,
        test,
    )?;
    for Source { file, sha256, .. } in sources.iter().filter(|source| !source.official) {
        tracing::warn!(
            file = %folder.join(file).display(),
            %sha256,
            "not the official images of CIFAR-10: results may differ from published ones"
        );
    }
    dataset.sources = sources;
    if !official {
        dataset.notes.push(shuffle::NOTE.to_owned());
    }
    Ok(dataset)
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

fn verify(options: &LoadOptions) -> Result<Vec<FileStatus>, DataError> {
    let folder = options.folder(INFO.name)?;
    Ok(FILES
        .iter()
        .map(|file| Input::in_folder(&folder, file))
        .map(|input| FileStatus::new(input.path(), read(&input).map(|read| read.state())))
        .collect())
}
