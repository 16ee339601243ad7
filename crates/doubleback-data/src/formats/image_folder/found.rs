//! What is wanted of a folder, and what is found there.

use std::path::{Path, PathBuf};

use crate::dataset::{Preparation, Source};
use crate::error::DataError;
use crate::formats::class_names::ClassNames;
use crate::formats::picture::Picture;
use crate::preparation::background::Background;
use crate::preparation::grayscale::Grayscale;
use crate::preparation::pixels::Pixels;
use crate::preparation::preprocess::Preprocess;
use crate::preparation::shuffle::Hash;
use crate::words::shown;

/// Most pixel values of all images of a folder: four GiB once they are numbers.
pub const MAX_VALUES: usize = 1 << 30;

/// What a folder is to hold.
#[derive(Clone, Copy, Debug, Default)]
pub struct Wanted<'a> {
    /// Rows and columns to resize to.
    pub size: Option<[usize; 2]>,
    /// What is done to pictures to make them of one size.
    pub preprocess: Option<Preprocess>,
    /// Rows and columns of images; others are left out. Without it, images of several sizes are an error.
    pub only: Option<[usize; 2]>,
    /// 1 for gray; without it, gray unless an image has colors.
    pub channels: Option<usize>,
    /// Whether the user asked for these channels.
    pub channels_asked: bool,
    /// How colors become gray where 1 channel is wanted.
    pub grayscale: Grayscale,
    /// What transparent images are put on; without it, transparency is left out.
    pub background: Option<Background>,
    /// The classes of the data set, of which the folder may have fewer.
    pub classes: Option<&'a [String]>,
    /// Where these come from, and which folders are theirs; without it, folders are called as classes are.
    pub names: Option<(&'a Path, &'a ClassNames)>,
}

/// The images of a folder.
#[derive(Debug)]
pub struct ImageFolder {
    /// Names of the classes: those wanted, or the sub-folders in their order.
    pub classes: Vec<String>,
    /// Images in the order of their classes, then of their files' names.
    pub pixels: Pixels,
    /// SHA-256 of the file of each image.
    pub hashes: Vec<Hash>,
    /// Files that are no images, and why.
    pub skipped: Vec<Skipped>,
    /// What was passed over or changed, in sentences.
    pub notes: Vec<String>,
    /// What was done to the channels of the images.
    pub preparation: Preparation,
    /// All files together.
    pub source: Source,
}

/// A file that is no image.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Skipped {
    /// Its path.
    pub file: PathBuf,
    /// A few words on what is wrong with it.
    pub why: String,
}

impl Skipped {
    /// The same as an error.
    pub fn error(&self) -> DataError {
        DataError::Picture {
            path: self.file.clone(),
            why: self.why.clone(),
        }
    }
}

/// A file that was read.
pub struct One {
    pub picture: Picture,
    pub sha256: Hash,
    pub bytes: u64,
}

impl std::fmt::Display for Skipped {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} ({})", shown(&self.file), self.why)
    }
}
