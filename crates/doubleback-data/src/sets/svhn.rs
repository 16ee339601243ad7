//! SVHN's cropped digits, from the MAT-files that its authors published; gray, each image normalized on its own.

use std::io::Read;

use rayon::prelude::*;

use crate::dataset::{Bounds, Dataset, Preparation};
use crate::error::DataError;
use crate::formats::mat;
use crate::image_shape::ImageShape;
use crate::part::Part;
use crate::preparation::shuffle;
use crate::sets::file_state::FileStatus;
use crate::sets::info::DatasetInfo;
use crate::sets::labelled::{Input, Published, Stored};
use crate::sets::mnist::CLASSES;
use crate::sets::options::LoadOptions;
use crate::split::{Split, check_labels_from};

/// Rows and columns of the digits.
const SIDE: usize = 32;
const SHAPE: ImageShape = ImageShape {
    channels: 1,
    height: SIDE,
    width: SIDE,
};
const NOTICE: &str =
    "SVHN by Y. Netzer, T. Wang, A. Coates, A. Bissacco, B. Wu and A. Y. Ng, for non-commercial use only";

/// Validation images of each class that come from the training file, and from the extra one (Sermanet, Chintala & LeCun 2012).
const FROM_TRAIN: usize = 400;
const FROM_EXTRA: usize = 200;
/// Most images to train on.
const MOST: usize = 200_000;
/// Bytes of one image in a file.
const PIXELS: usize = 3 * SIDE * SIDE;

static FILES: [Published; 2] = [
    published(
        "train_32x32.mat",
        "435e94d69a87fde4fd4d7f3dd208dfc32cb6ae8af2240d066de1df7508d083b8",
    ),
    published(
        "test_32x32.mat",
        "cdce80dfb2a2c4c6160906d0bd7c68ec5a99d7ca4831afa54f09182025b6a75b",
    ),
];
static EXTRA: Published = published(
    "extra_32x32.mat",
    "a133a4beb38a00fcdda90c9489e0c04f900b660ce8a316a5e854838379a71eb3",
);

const fn published(name: &'static str, sha256: &'static str) -> Published {
    Published {
        name,
        packed: sha256,
        unpacked: sha256,
    }
}

/// What the catalog says of `svhn`: the sizes are those of the official files with `extra_32x32.mat`.
pub(crate) const INFO: DatasetInfo = DatasetInfo {
    name: "svhn",
    description: "house numbers, cropped digits made gray",
    classes: &CLASSES,
    shape: SHAPE,
    train: MOST,
    validation: 10 * (FROM_TRAIN + FROM_EXTRA),
    test: 26_032,
    license: "non-commercial use only",
    notice: NOTICE,
    files: &FILES,
    folders: &[],
    places: &["", "SVHN"],
    archives: &[],
    load,
    verify,
};

/// Digits of one file, in color.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Digits {
    /// Their labels, 0 to 9; those of images that were not kept as well.
    pub labels: Vec<u8>,
    /// Three planes (red, green, blue) an image, each column by column, as MATLAB has them.
    pixels: Vec<u8>,
}

impl Digits {
    /// Images that were kept.
    pub fn len(&self) -> usize {
        self.pixels.len() / PIXELS
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.pixels.is_empty()
    }

    /// Red, green and blue of the pixels of an image in [0, 1], row by row.
    fn colors(&self, index: usize) -> Vec<[f64; 3]> {
        let image = &self.pixels[index * PIXELS..][..PIXELS];
        let value = |channel: usize, row: usize, column: usize| {
            f64::from(image[(channel * SIDE + column) * SIDE + row]) / 255.0
        };
        (0..SIDE * SIDE)
            .map(|pixel| [0, 1, 2].map(|channel| value(channel, pixel / SIDE, pixel % SIDE)))
            .collect()
    }
}

/// Reads one of SVHN's files of cropped digits from `reader` to its end: `X` of 32 x 32 x 3 x N and `y` of N labels from 1 to 10, where 10 is
/// digit 0. `name` stands for the file in messages; of the images at most the first `most` are kept.
///
/// # Errors
/// [`DataError::Mat`], [`DataError::ImageSize`], [`DataError::LabelCount`] or [`DataError::LabelRange`] if it is anything else.
pub fn decode(name: &str, reader: impl Read, most: usize) -> Result<Digits, DataError> {
    let names = mat::Names {
        images: "X",
        labels: "y",
    };
    let (images, labels) = mat::decode(name, reader, names, most.saturating_mul(PIXELS))?;
    let count = match images.dims[..] {
        [SIDE, SIDE, 3, count] => count,
        // MATLAB drops trailing dimensions of one.
        [SIDE, SIDE, 3] => 1,
        _ => {
            return Err(DataError::ArraySize {
                file: name.to_owned(),
                array: names.images,
                found: images.dims,
                expected: "32 x 32 x 3 x images",
                advice: "In Python `X.transpose(1, 2, 3, 0)` makes that of images x 32 x 32 x 3, `X.transpose(2, 3, 1, 0)` of images x 3 x 32 x 32",
            });
        }
    };
    // One label an image, in a row or a column.
    let in_line = labels.dims.iter().filter(|&&size| size > 1).count() <= 1;
    if labels.data.len() != count || !in_line {
        return Err(DataError::LabelCount {
            labels_file: name.to_owned(),
            labels: labels.data.len(),
            images_file: name.to_owned(),
            images: count,
        });
    }
    check_labels_from(1, &labels.data, CLASSES.len(), || name.to_owned())?;
    // 10 is digit 0.
    let labels = labels.data.iter().map(|label| (label % 10) as u8).collect();
    let pixels = images.data;
    Ok(Digits { labels, pixels })
}

type File = Stored<Digits>;

fn read(input: &Input, most: usize) -> Result<File, DataError> {
    input.read_with(|name, reader| decode(name, reader, most))
}

/// Images of two files at most, in order: which file, and which image in it.
type Chosen = Vec<(usize, usize)>;

/// The images that were kept, in the order of the file, if it is the official one; others may be sorted by class, and are taken in the order of
/// their SHA-256.
fn order(file: &File) -> Vec<usize> {
    if file.official {
        (0..file.content.len()).collect()
    } else {
        shuffle::order(&file.content.pixels, PIXELS)
    }
}

/// Validation: the first images of each class, `per_class` of them but at most a third of the class. The others are for training.
fn choose(labels: &[u8], order: &[usize], file: usize, per_class: usize) -> (Chosen, Chosen) {
    let mut quota = [0; CLASSES.len()];
    for &label in labels {
        quota[usize::from(label)] += 1;
    }
    let mut quota = quota.map(|size| per_class.min(size / 3));
    order.iter().map(|&image| (file, image)).partition(|&(_, image)| {
        let left = &mut quota[usize::from(labels[image])];
        let chosen = *left > 0;
        *left -= usize::from(chosen);
        chosen
    })
}

fn load(options: &LoadOptions) -> Result<Dataset, DataError> {
    let folder = INFO.find(options)?;
    let missing: Vec<_> = FILES
        .iter()
        .filter(|file| file.find(&folder).is_none())
        .map(|file| file.name.into())
        .collect();
    if !missing.is_empty() {
        return Err(DataError::MissingFiles { folder, missing });
    }
    let [train, test] = FILES.each_ref().map(|file| Input::in_folder(&folder, file));
    let mut files = vec![read(&train, usize::MAX)?];
    let (mut validation, rest) = choose(&files[0].content.labels, &order(&files[0]), 0, FROM_TRAIN);
    let mut training = Vec::new();
    if EXTRA.find(&folder).is_some() {
        // No more are ever looked at.
        let most = MOST + FROM_EXTRA * CLASSES.len();
        files.push(read(&Input::in_folder(&folder, &EXTRA), most)?);
        let (first, rest) = choose(&files[1].content.labels, &order(&files[1]), 1, FROM_EXTRA);
        validation.extend(first);
        training = rest;
    }
    training.extend(rest);
    training.truncate(MOST);
    let in_order = files.iter().all(|file| file.official);
    let test_file = read(&test, usize::MAX)?;
    let all = (0..test_file.content.len()).map(|image| (files.len(), image)).collect();
    files.push(test_file);

    let grayscale = options.grayscale.unwrap_or_default();
    let convert = grayscale.converter(SIDE, SIDE);
    let write = |&(file, image): &(usize, usize), values: &mut [f32]| {
        normalize(&convert(&files[file].content.colors(image)), values);
        extent(values)
    };
    // The bounds are those of all images, whichever part is needed.
    let part = |part: Part, chosen: Chosen| -> Result<(Split, Bounds), DataError> {
        if !options.wants(part) {
            let bounds = chosen.par_iter().map(|image| write(image, &mut [0.0; SHAPE.len()]));
            return Ok((Split::empty(SHAPE), bounds.reduce(|| NOWHERE, both)));
        }
        let mut values = vec![0.0; chosen.len() * SHAPE.len()];
        let images = values.par_chunks_exact_mut(SHAPE.len()).zip(&chosen);
        let bounds = images
            .map(|(values, image)| write(image, values))
            .reduce(|| NOWHERE, both);
        let labels = chosen
            .iter()
            .map(|&(file, image)| u32::from(files[file].content.labels[image]));
        Ok((Split::new(values, labels.collect(), SHAPE)?, bounds))
    };
    let (training, of_training) = part(Part::Train, training)?;
    let (validation, of_validation) = part(Part::Validation, validation)?;
    let (test, of_test) = part(Part::Test, all)?;
    let bounds = both(both(of_training, of_validation), of_test);
    let mut dataset = Dataset::new(INFO.name, INFO.class_names(), SHAPE, bounds, training, validation, test)?;
    dataset.preparation = Preparation {
        grayscale: Some(grayscale),
        contrast_normalized: true,
        ..Preparation::default()
    };
    if !in_order {
        dataset.notes.push(shuffle::NOTE.to_owned());
    }
    dataset.sources = files.iter().map(|file| file.source(NOTICE)).collect();
    for source in dataset.sources.iter().filter(|source| !source.official) {
        tracing::warn!(
            file = %folder.join(&source.file).display(),
            sha256 = %source.sha256,
            "not the official bytes of SVHN: results may differ from published ones"
        );
    }
    Ok(dataset)
}

/// The bounds of no values.
const NOWHERE: Bounds = Bounds {
    low: f32::INFINITY,
    high: f32::NEG_INFINITY,
};

fn extent(values: &[f32]) -> Bounds {
    values.iter().fold(NOWHERE, |bounds, &value| Bounds {
        low: bounds.low.min(value),
        high: bounds.high.max(value),
    })
}

/// The bounds of the values of two sets.
fn both(one: Bounds, other: Bounds) -> Bounds {
    Bounds {
        low: one.low.min(other.low),
        high: one.high.max(other.high),
    }
}

/// Least standard deviation that an image is divided by, in gray levels out of 255: √10. Coates, Lee & Ng (2011) add 10 to the variance of
/// patches of such levels; as a floor, max(ε, deviation) as in Goodfellow, Bengio & Courville (2016, eq. 12.3), it leaves images with more
/// contrast as they are. Of 30,000 images of SVHN the least deviation is 9.1.
const FLOOR: f64 = 3.162_277_660_168_379_5;

/// Global contrast normalization: minus the mean, divided by the standard deviation of the image (with n - 1), but at least by [`FLOOR`].
fn normalize(gray: &[f64], values: &mut [f32]) {
    let n = gray.len() as f64;
    let mean = gray.iter().sum::<f64>() / n;
    let variance = gray.iter().map(|value| (value - mean) * (value - mean)).sum::<f64>() / (n - 1.0);
    // Gray is in [0, 1] here.
    let scale = variance.sqrt().max(FLOOR / 255.0).recip();
    for (value, gray) in values.iter_mut().zip(gray) {
        *value = ((gray - mean) * scale) as f32;
    }
}

fn verify(options: &LoadOptions) -> Result<Vec<FileStatus>, DataError> {
    let folder = INFO.find(options)?;
    let extra = EXTRA.find(&folder).map(|_| &EXTRA);
    let files = FILES.iter().chain(extra);
    Ok(files
        .map(|file| Input::in_folder(&folder, file))
        .map(|input| FileStatus::new(input.path(), read(&input, 0).map(|read| read.state())))
        .collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn validation_is_the_first_of_each_class_and_training_the_rest() {
        // 0 1 2 0 1 2 …: 30 images, 10 of each of three classes.
        let labels: Vec<u8> = (0..30).map(|i| i % 3).collect();
        let all: Vec<usize> = (0..30).collect();
        let (validation, training) = choose(&labels, &all, 0, 2);
        assert_eq!(validation, (0..6).map(|i| (0, i)).collect::<Vec<_>>());
        assert_eq!(training, (6..30).map(|i| (0, i)).collect::<Vec<_>>());
        // At most a third of a class.
        assert_eq!(choose(&labels, &all, 1, 400).0.len(), 9);
        assert_eq!(choose(&labels, &all[..10], 1, 2).1, [(1, 6), (1, 7), (1, 8), (1, 9)]);
    }

    #[test]
    fn images_are_normalized_one_by_one() {
        let mut values = [0.0; 4];
        normalize(&[0.1, 0.2, 0.3, 0.4], &mut values);
        // Mean 0.25, deviation sqrt(0.05 / 3).
        let expected = [-0.15, -0.05, 0.05, 0.15].map(|v: f32| v / (0.05_f32 / 3.0).sqrt());
        for (value, expected) in values.iter().zip(expected) {
            assert!((value - expected).abs() < 1e-6, "{value} and {expected}");
        }
        normalize(&[0.5; 4], &mut values);
        assert_eq!(values, [0.0; 4]);
    }

    #[test]
    fn a_nearly_constant_image_stays_small() {
        // One pixel of 1,024 is one gray level above the others.
        let mut gray = vec![128.0 / 255.0; 1024];
        gray[5] = 129.0 / 255.0;
        let mut values = vec![0.0; 1024];
        normalize(&gray, &mut values);
        let most = values.iter().copied().fold(0.0, f32::max);
        assert!((most - 1.0 / 10.0_f32.sqrt()).abs() < 1e-3, "{most}");
        // With more contrast than that the deviation is 1 as ever.
        let gray: Vec<f64> = (0..1024).map(|pixel| f64::from(pixel % 2) * 7.0 / 255.0).collect();
        normalize(&gray, &mut values);
        let variance = values.iter().map(|value| value * value).sum::<f32>() / 1023.0;
        assert!((variance - 1.0).abs() < 1e-5, "{variance}");
    }
}
