use std::path::PathBuf;

use crate::image_shape::ImageShape;
use crate::words::{count, grouped};

/// What is wrong with a folder of images.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FolderProblem {
    /// No classes in it, or no images.
    #[error("it has no sub-folders with images. Make one sub-folder of .png or .jpg files a class")]
    NoClasses,
    /// A single class, from which nothing can be told apart.
    #[error("`{class}` is its only sub-folder. Make one sub-folder of .png or .jpg files a class, at least two")]
    OneClass {
        /// The class.
        class: String,
    },
    /// More classes than labels.
    #[error("it has {classes} sub-folders, but a data set has at most 256 classes. Leave some out")]
    TooManyClasses {
        /// Sub-folders.
        classes: usize,
    },
    /// A class that the training images, or the data set, do not have.
    #[error("its sub-folder `{class}` is not one of the classes. Rename or remove it")]
    UnknownClass {
        /// The sub-folder.
        class: String,
    },
    /// A sub-folder beside those of the parts.
    #[error("its sub-folder `{class}` stands beside `train`. Move it into `train`, or call it `validation` or `test`")]
    NotAPart {
        /// The sub-folder.
        class: String,
    },
    /// A class without images.
    #[error("its sub-folder `{class}` has no images{}. Put .png or .jpg files there, or remove it", skipped.as_ref().map(|file| format!(" that can be read, such as {file}")).unwrap_or_default())]
    EmptyClass {
        /// The class.
        class: String,
        /// A file in it that is no image.
        skipped: Option<String>,
    },
    /// A class with too few images to have some in each part.
    #[error("class `{class}` has {}, too few for a training, a validation and a test part. Add images, or make sub-folders `train`, `validation` and `test`", count(*found, "distinct image"))]
    TooFew {
        /// The class.
        class: String,
        /// Its images.
        found: usize,
    },
    /// A class with fewer images than its parts need.
    #[error("class `{class}` has {}, expected at least {}. Get the complete data set", count(*found, "distinct image"), grouped(*expected))]
    TooFewForParts {
        /// The class.
        class: String,
        /// Its images.
        found: usize,
        /// Least number of images.
        expected: usize,
    },
    /// Images of several sizes.
    #[error("{} is {}x{}, but {} is {}x{}. Make all images of one size, or resize them with `--image-size {}x{}`", file.display(), found[0], found[1], first.display(), expected[0], expected[1], expected[0], expected[1])]
    Sizes {
        /// The first file of another size.
        file: PathBuf,
        /// Its rows and columns.
        found: [usize; 2],
        /// The first file.
        first: PathBuf,
        /// Its rows and columns.
        expected: [usize; 2],
    },
    /// More pixels than can be held.
    #[error("{} of {shape} take too much memory. Make them smaller with `--image-size`, or use fewer", count(*images, "image"))]
    TooLarge {
        /// Images.
        images: usize,
        /// Their shape.
        shape: ImageShape,
    },
}
