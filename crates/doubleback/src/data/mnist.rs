//! MNIST, from the four files that its authors published.

use super::catalog::{DatasetInfo, FileStatus};
use super::dataset::{Bounds, Dataset};
use super::error::DataError;
use super::labelled::{Input, Labelled, Published};
use super::options::LoadOptions;
use super::split::ImageShape;

/// Rows and columns of the digits.
pub(super) const SHAPE: ImageShape = ImageShape {
    channels: 1,
    height: 28,
    width: 28,
};
/// Names of the digits.
pub(super) const CLASSES: [&str; 10] = ["0", "1", "2", "3", "4", "5", "6", "7", "8", "9"];
/// Who made the digits, and under which license they are.
pub(super) const NOTICE: &str = "MNIST by Y. LeCun, C. Cortes and C. Burges, CC BY-SA 3.0";
/// Their license.
pub(super) const LICENSE: &str = "CC BY-SA 3.0";

/// The first so many images of the training file are for validation.
const VALIDATION: usize = 5_000;
const WANTED: &str = "the four official MNIST files (train-images-idx3-ubyte.gz, train-labels-idx1-ubyte.gz, \
                      t10k-images-idx3-ubyte.gz, t10k-labels-idx1-ubyte.gz)";

// The packed files have the published MD5s f68b3c2d…, d53e105e…, 9fb629c4… and ec29112d….
static FILES: [Published; 4] = [
    Published {
        name: "train-images-idx3-ubyte.gz",
        packed: "440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609",
        unpacked: "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db",
    },
    Published {
        name: "train-labels-idx1-ubyte.gz",
        packed: "3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c",
        unpacked: "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5",
    },
    Published {
        name: "t10k-images-idx3-ubyte.gz",
        packed: "8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6",
        unpacked: "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7",
    },
    Published {
        name: "t10k-labels-idx1-ubyte.gz",
        packed: "f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6",
        unpacked: "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2",
    },
];

/// What the catalog says of `mnist`.
pub(super) const INFO: DatasetInfo = DatasetInfo {
    name: "mnist",
    description: "handwritten digits, the whole of MNIST",
    classes: &CLASSES,
    shape: SHAPE,
    train: 55_000,
    validation: VALIDATION,
    test: 10_000,
    license: LICENSE,
    notice: NOTICE,
    files: &FILES,
    load,
    verify,
};

fn load(options: &LoadOptions) -> Result<Dataset, DataError> {
    let folder = options.folder(INFO.name)?;
    let missing: Vec<_> = FILES
        .iter()
        .filter(|file| file.find(&folder).is_none())
        .map(|file| file.name.into())
        .collect();
    if !missing.is_empty() {
        return Err(DataError::MissingFiles {
            folder,
            missing,
            wanted: WANTED,
        });
    }
    let read = |images, labels| Labelled::read(images, labels, SHAPE, CLASSES.len());
    let [train_images, train_labels, test_images, test_labels] =
        FILES.each_ref().map(|file| Input::in_folder(&folder, file));
    let official_train = read(train_images, train_labels)?;
    let official_test = read(test_images, test_labels)?;

    // At least one image to train on.
    let end = official_train.len().max(VALIDATION + 1);
    let train = official_train.split(VALIDATION..end, SHAPE)?;
    let validation = official_train.split(0..VALIDATION, SHAPE)?;
    let test = official_test.split(0..official_test.len(), SHAPE)?;
    let mut dataset = Dataset::new(
        INFO.name,
        INFO.class_names(),
        SHAPE,
        Bounds::UNIT,
        train,
        validation,
        test,
    )?;
    dataset.sources = [official_train.sources(NOTICE), official_test.sources(NOTICE)].concat();
    for source in dataset.sources.iter().filter(|source| !source.official) {
        tracing::warn!(
            file = %folder.join(&source.file).display(),
            sha256 = %source.sha256,
            "not the official bytes of MNIST: results may differ from published ones"
        );
    }
    Ok(dataset)
}

fn verify(options: &LoadOptions) -> Result<Vec<FileStatus>, DataError> {
    let folder = options.folder(INFO.name)?;
    let [train_images, train_labels, test_images, test_labels] =
        FILES.each_ref().map(|file| Input::in_folder(&folder, file));
    let verify = |images, labels| Labelled::verify(images, labels, SHAPE, CLASSES.len());
    Ok([verify(train_images, train_labels), verify(test_images, test_labels)]
        .into_iter()
        .flatten()
        .collect())
}
