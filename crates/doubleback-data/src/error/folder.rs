use std::path::PathBuf;

use crate::image_shape::ImageShape;
use crate::limits::MAX_CLASSES;
use crate::words::{count, grouped, shown};

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
    #[error("it has {} sub-folders, but a data set has at most {} classes. Leave some out", grouped(*classes), grouped(MAX_CLASSES))]
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
    /// A class that the file of class names does not have.
    #[error(
        "its sub-folder `{class}` is none of the classes of {}. Rename or remove it, or correct `--class-names`",
        shown(names)
    )]
    UnnamedClass {
        /// The sub-folder.
        class: String,
        /// The file of class names.
        names: PathBuf,
    },
    /// Two sub-folders of one class, by its name and by what the file of class names calls its folder.
    #[error("its sub-folders `{first}` and `{second}` are both of one class. Merge them, or move one away")]
    TwoOfOneClass {
        /// A sub-folder.
        first: String,
        /// The other.
        second: String,
    },
    /// Two sub-folders whose names are shown the same way, because one is not UTF-8.
    #[error(
        "two of its sub-folders are called `{class}`, as far as names that are not UTF-8 can be written. Rename one"
    )]
    SameName {
        /// The name.
        class: String,
    },
    /// Two sub-folders for one part.
    #[error("its sub-folders `{first}` and `{second}` are both for the {part} part. Merge them, or move one away")]
    TwoOfOnePart {
        /// The part.
        part: &'static str,
        /// A sub-folder.
        first: String,
        /// The other.
        second: String,
    },
    /// Sub-folders of parts, but not that of the training images.
    #[error(
        "its sub-folder `{found}` holds folders, but there is no `train` beside it. Call the folder of the training images `train`, or put the classes directly into {}",
        shown(folder)
    )]
    NoTraining {
        /// A sub-folder of a part.
        found: String,
        /// The folder.
        folder: PathBuf,
    },
    /// A sub-folder beside those of the parts.
    #[error("its sub-folder `{class}` stands beside `train`. Move it into `train`, or call it `validation` or `test`")]
    NotAPart {
        /// The sub-folder.
        class: String,
    },
    /// A class without images.
    #[error("its sub-folder `{class}` has no images{}. Put .png or .jpg files there, or remove it", instead.as_ref().map(|found| format!(" {found}")).unwrap_or_default())]
    EmptyClass {
        /// The class.
        class: String,
        /// What is there instead, in words that go on from there.
        instead: Option<String>,
    },
    /// A class without images that holds folders.
    #[error(
        "its sub-folder `{class}` has no images but folders, such as `{inner}`, which are not looked into. If these are the classes, give the folder `{}`; otherwise move the images up, or remove it",
        shown(folder)
    )]
    NestedClass {
        /// The class.
        class: String,
        /// A folder in it.
        inner: String,
        /// The path of the class.
        folder: PathBuf,
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
    #[error("{} is {}x{}, but {} is {}x{}. Make all images of one size, or resize them, such as with `--image-size {}`", shown(file), found[0], found[1], shown(first), expected[0], expected[1], size_to_try(*expected))]
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
    #[error("{} of {shape} and more take too much memory. Make them smaller with `--image-size`, such as `--image-size 64x64`, or use fewer", count(*images, "image"))]
    TooLarge {
        /// Images that were read before it was too much.
        images: usize,
        /// Their shape.
        shape: ImageShape,
    },
}

/// A size that these networks can be trained at: the images' own, or of photographs one of the same proportions whose longer side has 64 pixels.
fn size_to_try([height, width]: [usize; 2]) -> String {
    const LARGE: usize = 128;
    const SMALL: usize = 64;
    let longer = height.max(width);
    let side = |length: usize| match longer {
        ..=LARGE => length,
        _ => (length * SMALL).div_ceil(longer),
    };
    format!("{}x{}", side(height), side(width))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn photographs_are_to_be_made_small() {
        assert_eq!(size_to_try([28, 20]), "28x20");
        assert_eq!(size_to_try([1600, 1200]), "64x48");
        assert_eq!(size_to_try([1, 10_000]), "1x64");
    }
}
