//! CIFAR-10, in the binary form and in Python's.

use std::io::Read;

use flate2::read::MultiGzDecoder;

use crate::checksum::sha256;
use crate::dataset::{Bounds, Dataset, Source};
use crate::error::{Cifar10Problem, DataError};
use crate::formats::idx::{GZIP, fill, take};
use crate::formats::pickle::Pickle;
use crate::image_shape::ImageShape;
use crate::limits::cifar10::{MAX_BYTES, PIXELS, RECORD};
use crate::sets::file_state::FileStatus;
use crate::sets::info::DatasetInfo;
use crate::sets::labelled::{Input, Published, Stored};
use crate::sets::options::LoadOptions;
use crate::split::{Split, check_labels};

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

impl Images {
    /// SHA-256 of the same images in binary form.
    fn sha256(&self) -> String {
        let records = self.labels.iter().zip(self.pixels.chunks_exact(PIXELS));
        sha256(records.flat_map(|(label, pixels)| [std::slice::from_ref(label), pixels]))
    }
}

/// Reads a batch from `reader` to its end: records of a label and a 3 x 32 x 32 image, or a pickled dictionary with `labels` and `data`; either
/// gzipped or not. `name` stands for the file in messages.
///
/// # Errors
/// [`DataError::Cifar10`] or [`DataError::LabelRange`] if it is anything else.
pub fn decode(name: &str, reader: impl Read) -> Result<Images, DataError> {
    let images = parse(reader).map_err(|problem| DataError::Cifar10 {
        file: name.to_owned(),
        problem,
    })?;
    check_labels(&images.labels, CLASSES.len(), || name.to_owned())?;
    Ok(images)
}

fn parse(mut reader: impl Read) -> Result<Images, Cifar10Problem> {
    let mut start = [0; 2];
    let got = fill(&mut reader, &mut start).map_err(Cifar10Problem::Read)?;
    let mut whole = start[..got].chain(reader);
    let bytes = if start == GZIP {
        take(&mut MultiGzDecoder::new(whole), MAX_BYTES + 1).map_err(Cifar10Problem::Gzip)?
    } else {
        take(&mut whole, MAX_BYTES + 1).map_err(Cifar10Problem::Read)?
    };
    match bytes.first() {
        _ if bytes.len() > MAX_BYTES => Err(Cifar10Problem::TooLarge),
        // Every pickle of protocol 2 and above begins with this; no label is so large.
        Some(0x80) => pickled(&bytes),
        _ => records(&bytes),
    }
}

fn records(bytes: &[u8]) -> Result<Images, Cifar10Problem> {
    if bytes.is_empty() || !bytes.len().is_multiple_of(RECORD) {
        return Err(Cifar10Problem::Records(bytes.len()));
    }
    let (mut labels, mut pixels) = (Vec::new(), Vec::with_capacity(bytes.len()));
    for record in bytes.chunks_exact(RECORD) {
        labels.push(record[0]);
        pixels.extend(&record[1..]);
    }
    Ok(Images { labels, pixels })
}

fn pickled(bytes: &[u8]) -> Result<Images, Cifar10Problem> {
    let pickle = Pickle::read(bytes)?;
    let labels = pickle.labels("labels")?;
    let (pixels, by_column) = pickle.array("data")?;
    if labels.is_empty() || labels.len().checked_mul(PIXELS) != Some(pixels.len()) {
        let (labels, pixels) = (labels.len(), pixels.len());
        return Err(Cifar10Problem::Pixels { labels, pixels });
    }
    let pixels = if by_column {
        let images = labels.len();
        let image = |image: usize| (0..PIXELS).map(move |pixel| pixels[pixel * images + image]);
        (0..images).flat_map(image).collect()
    } else {
        pixels.to_vec()
    };
    Ok(Images { labels, pixels })
}

fn read(input: &Input) -> Result<Stored<Images>, DataError> {
    let mut file = input.read_with(|name, reader| decode(name, reader))?;
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
    let mut add = |all: &mut Images, file: &'static Published| -> Result<(), DataError> {
        let read = read(&Input::in_folder(&folder, file))?;
        sources.push(read.source(NOTICE));
        all.labels.extend(read.content.labels);
        all.pixels.extend(read.content.pixels);
        Ok(())
    };
    let none = || Images {
        labels: Vec::new(),
        pixels: Vec::new(),
    };
    let (mut of_training, mut of_test) = (none(), none());
    if here.len() < training.len() {
        tracing::warn!(
            folder = %folder.display(),
            batches = here.len(),
            "not all five training batches of CIFAR-10 are here: training on fewer images"
        );
    }
    for file in here {
        add(&mut of_training, file)?;
    }
    add(&mut of_test, test)?;
    let end = of_training.labels.len();
    let start = end - validation(end);
    let part = |images: &Images, from: usize, to: usize| {
        let values = images.pixels[from * PIXELS..to * PIXELS]
            .iter()
            .map(|&byte| f32::from(byte) / 255.0);
        Split::new(
            values.collect(),
            images.labels[from..to].iter().copied().map(u32::from).collect(),
            SHAPE,
        )
    };
    let (train, validation) = (part(&of_training, 0, start)?, part(&of_training, start, end)?);
    let test = part(&of_test, 0, of_test.labels.len())?;
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
    Ok(dataset)
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
