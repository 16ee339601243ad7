//! CIFAR-10, in the binary form and in Python's.

use std::io::Read;

use crate::dataset::Dataset;
use crate::error::DataError;
use crate::formats::cifar;
use crate::formats::cifar::{Batch, LabelKind};
use crate::sets::cifar_batches;
use crate::sets::cifar_batches::{Kind, SHAPE};
use crate::sets::file_state::FileStatus;
use crate::sets::info::DatasetInfo;
use crate::sets::labelled::Published;
use crate::sets::options::LoadOptions;

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
/// The training batches in order. The checksums are those of the published binary files.
static TRAINING: [Published; 5] = [
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
];
static TEST: Published = published(
    "test_batch.bin.gz",
    "8e2eb146ae340b09e24670f29cabc6326dba54da8789dab6768acf480273f65b",
);
static ARCHIVES: [Published; 2] = [
    Published {
        name: "cifar-10-binary.tar.gz",
        packed: "c4a38c50a1bc5f3a1c5537f2155ab9d68f9f25eb1ed8d9ddda3db29a59bca1dd",
        unpacked: Published::UNKNOWN,
    },
    Published {
        name: "cifar-10-python.tar.gz",
        packed: "6d958be074577803d12ecdefd02955f39262c83c16fe9348329d7fe0b5c001ce",
        unpacked: Published::UNKNOWN,
    },
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
    published(TRAINING[0].name, TRAINING[0].unpacked),
    published(TEST.name, TEST.unpacked),
];

/// What the catalog says of `cifar10`.
pub(crate) const INFO: DatasetInfo = DatasetInfo {
    name: "cifar10",
    description: "small photographs of ten kinds of things, in color",
    classes: &CLASSES,
    shape: SHAPE,
    train: 45_000,
    validation: 5_000,
    test: 10_000,
    license: "no license stated",
    notice: NOTICE,
    files: &NEEDED,
    folders: &[],
    places: &[
        "cifar10/cifar-10-batches-py",
        "cifar10/cifar-10-batches-bin",
        "cifar-10-batches-py",
        "cifar-10-batches-bin",
    ],
    archives: &ARCHIVES,
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

const KIND: Kind<1> = Kind {
    training: &TRAINING,
    test: &TEST,
    in_order: true,
    labels: &LABELS,
};

fn load(options: &LoadOptions) -> Result<Dataset, DataError> {
    cifar_batches::load(&INFO, &KIND, 0, options)
}

fn verify(options: &LoadOptions) -> Result<Vec<FileStatus>, DataError> {
    cifar_batches::verify(&INFO, &KIND, options)
}
