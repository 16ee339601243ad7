//! What can go wrong with data, each with where it went wrong and what to do about it.
//!
//! What to do comes after the cause, so causes are within the messages and not repeated as `source()`.
mod cifar;
mod folder;
mod idx;
mod kind;
mod mat;
mod npz;
mod parquet;
mod pickle;

use std::io;
use std::path::PathBuf;

use crate::image_shape::ImageShape;
use crate::limits::MAX_PER_CLASS;
use crate::words::{by, count, grouped, shown};

pub use cifar::CifarProblem;
pub use folder::FolderProblem;
pub use idx::IdxProblem;
pub use mat::MatProblem;
pub use npz::{NpyProblem, NpzProblem};
pub use parquet::ParquetProblem;
pub use pickle::PickleProblem;

/// Why a data set could not be had.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DataError {
    /// No data set has this name.
    #[error("unknown data set `{name}`.{} Data sets: {}", did_you_mean(*nearest), known)]
    UnknownDataset {
        /// The name that was asked for.
        name: String,
        /// The known name that is nearest to it, if one is near.
        nearest: Option<&'static str>,
        /// All known names.
        known: String,
    },
    /// No data folder was given, and the user has none.
    #[error("no folder for data sets: this user has no data folder. Name one with `--data-dir` or `DOUBLEBACK_DATA`")]
    NoDataDir,
    /// Files of a data set are absent.
    #[error("{}: {} not found. Get the data with `{}`, or name the folder that holds `{}` with `--data-dir` or `DOUBLEBACK_DATA`", folder.display(), missing.join(", "), fetch_command(folder), file_name(folder))]
    MissingFiles {
        /// Where they were looked for.
        folder: PathBuf,
        /// The absent files.
        missing: Vec<String>,
    },
    /// An option for image folders with a data set that is none.
    #[error("{dataset}: its images are {shape} and stay so; `{option}` is for `folder:PATH`. Leave it out")]
    NoFolder {
        /// The data set.
        dataset: String,
        /// The option, as the command line has it.
        option: &'static str,
        /// The shape of its images.
        shape: ImageShape,
    },
    /// An option for image folders with images of arrays.
    #[error(
        "{dataset}: images of arrays stay as they are; `{option}` is for `folder:PATH`. Leave it out, or change them before they are saved"
    )]
    NoFolderButArrays {
        /// The data set.
        dataset: String,
        /// The option, as the command line has it.
        option: &'static str,
    },
    /// A folder of images, one sub-folder a class, that is not as it should be.
    #[error("{}: {problem}", shown(path))]
    Folder {
        /// The folder.
        path: PathBuf,
        /// What is wrong with it.
        problem: FolderProblem,
    },
    /// Images without labels that cannot be used.
    #[error("{}: {problem}", shown(path))]
    Unlabelled {
        /// The file or folder.
        path: PathBuf,
        /// What is wrong with it, and what to do.
        problem: String,
    },
    /// Two options that say the size of images.
    #[error("`--image-size` and `--preprocess` both say how images are resized. Give one of them")]
    TwoSizes,
    /// A file of class names that cannot be understood.
    #[error(
        "{}: {problem}. Give one name a line, `n01440764 tench` a line, or a JSON list of names",
        shown(path)
    )]
    ClassNames {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        problem: String,
    },
    /// A file that is no image.
    #[error("{}: {why}. Correct or remove it", shown(path))]
    Picture {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        why: String,
    },
    /// A file or folder could not be read or written.
    #[error("{}: {cause}. Check that it exists and that you may use it", shown(path))]
    Io {
        /// The file or folder.
        path: PathBuf,
        /// What the operating system said.
        cause: io::Error,
    },
    /// An archive of data cannot be read.
    #[error("{}: {why}", path.display())]
    Archive {
        /// The archive.
        path: PathBuf,
        /// What is wrong with it, and what to do.
        why: String,
    },
    /// A file is not a valid IDX file.
    #[error("{file}: {problem}")]
    Idx {
        /// The file.
        file: String,
        /// What is wrong with it.
        problem: IdxProblem,
    },
    /// A file is not a MAT-file that can be read.
    #[error("{file}: {problem}")]
    Mat {
        /// The file.
        file: String,
        /// What is wrong with it.
        problem: MatProblem,
    },
    /// A file is not a batch of CIFAR-10, or of CIFAR-100.
    #[error("{file}: {problem}")]
    Cifar {
        /// The file.
        file: String,
        /// What is wrong with it.
        problem: CifarProblem,
    },
    /// A file is not a `.npz` file of images and labels that can be read.
    #[error("{file}: {problem}")]
    Npz {
        /// The file.
        file: String,
        /// What is wrong with it; in a box, since it has more to say than others.
        problem: Box<NpzProblem>,
    },
    /// Parquet files of images and labels that cannot be read.
    #[error("{file}: {problem}")]
    Parquet {
        /// The file or folder.
        file: String,
        /// What is wrong with it; in a box, as above.
        problem: Box<ParquetProblem>,
    },
    /// Parquet files, and a build that does not read them.
    #[error(
        "{dataset}: this build does not read Parquet files. Build it with its feature `parquet`: `cargo install --path crates/doubleback-cli --features parquet`"
    )]
    NoParquet {
        /// The data set.
        dataset: String,
    },
    /// An array of a size that the data set does not have.
    #[error(
        "{file}: its array `{array}` has the size {}, expected {expected}. {advice}",
        by(found)
    )]
    ArraySize {
        /// The file.
        file: String,
        /// The array.
        array: &'static str,
        /// Its dimensions.
        found: Vec<usize>,
        /// Those of the data set, in words.
        expected: &'static str,
        /// What to do.
        advice: &'static str,
    },
    /// A conversion to gray for images that are not converted.
    #[error("grayscale: the images of {dataset} are not made gray. {}", gray_advice(dataset))]
    Grayscale {
        /// The data set.
        dataset: String,
    },
    /// The label file does not belong to the image file.
    #[error("{labels_file}: {} for {} in {}. They are not of one set: get both again", count(*labels, "label"), count(*images, "image"), base_name(images_file))]
    LabelCount {
        /// File with the labels.
        labels_file: String,
        /// Labels in it.
        labels: usize,
        /// File with the images.
        images_file: String,
        /// Images in it.
        images: usize,
    },
    /// A label names a class that the data set does not have.
    #[error("{origin}: label {label} of image {} is not one of the {classes} classes ({first} to {}). Correct or remove it, or get the file again", grouped(*image), (first + classes).saturating_sub(1))]
    LabelRange {
        /// File or part of the data set.
        origin: String,
        /// Index of the image, from 0.
        image: usize,
        /// Its label.
        label: i64,
        /// The least label, 0 or 1.
        first: usize,
        /// Classes of the data set.
        classes: usize,
    },
    /// Images of a size that the data set does not have.
    #[error("{file}: its images are {}x{}, expected {}x{}. Get the files of this data set", found[0], found[1], expected[0], expected[1])]
    ImageSize {
        /// The file.
        file: String,
        /// Rows and columns.
        found: [usize; 2],
        /// Rows and columns of the data set.
        expected: [usize; 2],
    },
    /// Fewer images than the split into parts needs.
    #[error("{file}: {}, expected at least {}. Get the complete file", count(*found, "image"), grouped(*expected))]
    TooFewImages {
        /// The file.
        file: String,
        /// Images in it.
        found: usize,
        /// Least number of images.
        expected: usize,
    },
    /// Pixel values and labels of a split do not fit each other.
    #[error("{} for {}, with {} an image: expected {}. Give one whole image for each label", count(*values, "pixel value"), count(*labels, "label"), count(*image_len, "value"), expected_values(*labels, *image_len))]
    ValueCount {
        /// Pixel values given.
        values: usize,
        /// Labels given.
        labels: usize,
        /// Values of one image.
        image_len: usize,
    },
    /// A part of a data set has images of another length than the data set.
    #[error("{part} images have {}, the data set's have {}. Give all parts the same shape", count(*found, "value"), grouped(*expected))]
    PartShape {
        /// The part.
        part: &'static str,
        /// Values of one of its images.
        found: usize,
        /// Values of an image of the data set.
        expected: usize,
    },
    /// A pixel is outside of the bounds, or not a number.
    #[error("{part} image {}: pixel value {value} is outside of the bounds {low} to {high}. Rescale the images or widen the bounds", grouped(*image))]
    Value {
        /// The part.
        part: &'static str,
        /// Index of the image, from 0.
        image: usize,
        /// The value.
        value: f32,
        /// Least allowed value.
        low: f32,
        /// Greatest allowed value.
        high: f32,
    },
    /// Bounds between which there is nothing.
    #[error("bounds {low} to {high}: the lower must be less than the upper, and both finite")]
    Bounds {
        /// Least value.
        low: f32,
        /// Greatest value.
        high: f32,
    },
    /// A contact sheet of images that are neither gray nor colored.
    #[error(
        "{dataset}: its images have {channels} channels, but only images of 1 (gray) or 3 (red, green, blue) can be shown"
    )]
    Channels {
        /// The data set.
        dataset: String,
        /// Channels of its images.
        channels: usize,
    },
    /// A contact sheet without columns, or with too many.
    #[error("{asked} images of each class: ask for 1 to {}", MAX_PER_CLASS)]
    PerClass {
        /// Images of each class that were asked for.
        asked: usize,
    },
    /// A contact sheet of nothing.
    #[error("{dataset}: no {part} images to show. Show another part")]
    NothingToShow {
        /// The data set.
        dataset: String,
        /// The part.
        part: &'static str,
    },
    /// A sheet of images that is too large to draw.
    #[error("a contact sheet of {}x{} pixels is too large. Ask for fewer images of each class", grouped(*width), grouped(*height))]
    SheetTooLarge {
        /// Its columns of pixels.
        width: usize,
        /// Its rows of pixels.
        height: usize,
    },
    /// A picture could not be encoded.
    #[error("the contact sheet could not be made into a PNG: {0}. Ask for fewer images of each class")]
    Png(image::ImageError),
}

fn did_you_mean(nearest: Option<&str>) -> String {
    nearest
        .map(|name| format!(" Did you mean `{name}`?"))
        .unwrap_or_default()
}

fn gray_advice(dataset: &str) -> &'static str {
    if dataset.starts_with("folder:") || dataset.starts_with("parquet:") {
        "Add `--channels 1`, or leave it out"
    } else {
        "Leave it out, or take `svhn`"
    }
}

/// The command that gets a data set into its folder.
fn fetch_command(folder: &std::path::Path) -> String {
    let name = folder.file_name().unwrap_or_default().to_string_lossy();
    let dir = folder.parent().unwrap_or(folder).display().to_string();
    let dir = if dir.contains(char::is_whitespace) {
        format!("'{dir}'")
    } else {
        dir
    };
    format!("doubleback data fetch {name} --data-dir {dir}")
}

fn file_name(path: &std::path::Path) -> String {
    path.file_name()
        .map(|name| format!("{}/", name.to_string_lossy()))
        .unwrap_or_default()
}

fn base_name(path: &str) -> &str {
    path.rsplit(['/', '\\']).next().unwrap_or(path)
}

fn expected_values(labels: usize, image_len: usize) -> String {
    labels
        .checked_mul(image_len)
        .map_or_else(|| "fewer".to_owned(), grouped)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_says_what_where_and_what_to_do() {
        let error = DataError::LabelCount {
            labels_file: "data/train-labels-idx1-ubyte.gz".to_owned(),
            labels: 59_999,
            images_file: "data/train-images-idx3-ubyte.gz".to_owned(),
            images: 60_000,
        };
        assert_eq!(
            error.to_string(),
            "data/train-labels-idx1-ubyte.gz: 59,999 labels for 60,000 images in train-images-idx3-ubyte.gz. \
             They are not of one set: get both again"
        );
    }
}
