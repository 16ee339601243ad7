//! MNIST, from the four files that its authors published.

use crate::dataset::Dataset;
use crate::error::DataError;
use crate::image_shape::ImageShape;
use crate::sets::file_state::FileStatus;
use crate::sets::four_files;
use crate::sets::info::DatasetInfo;
use crate::sets::labelled::Published;
use crate::sets::options::LoadOptions;

/// Rows and columns of the digits.
pub(crate) const SHAPE: ImageShape = ImageShape {
    channels: 1,
    height: 28,
    width: 28,
};
/// Names of the digits.
pub(crate) const CLASSES: [&str; 10] = ["0", "1", "2", "3", "4", "5", "6", "7", "8", "9"];
/// Who made the digits, and under which license they are.
pub(crate) const NOTICE: &str = "MNIST by Y. LeCun, C. Cortes and C. Burges, CC BY-SA 3.0";
/// Their license.
pub(crate) const LICENSE: &str = "CC BY-SA 3.0";

/// The first so many images of the training file are for validation.
const VALIDATION: usize = 5_000;
// The packed files have the published MD5s f68b3c2d…, d53e105e…, 9fb629c4… and ec29112d….
pub(crate) static FILES: [Published; 4] = [
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
pub(crate) const INFO: DatasetInfo = DatasetInfo {
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
    folders: &[],
    places: &["mnist/MNIST/raw", "mnist/raw", "MNIST/raw"],
    archives: &[],
    load,
    verify,
};

fn load(options: &LoadOptions) -> Result<Dataset, DataError> {
    four_files::load(&INFO, &FILES, options)
}

fn verify(options: &LoadOptions) -> Result<Vec<FileStatus>, DataError> {
    four_files::verify(&INFO, &FILES, options)
}
