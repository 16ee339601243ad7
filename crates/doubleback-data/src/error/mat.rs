use std::io;

use crate::limits;
use crate::words::{by, count, grouped};

/// What is wrong with a MAT-file.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum MatProblem {
    /// It does not begin as a MAT-file does.
    #[error(
        "it does not begin as a little-endian MAT-file of version {:#06x} (MATLAB 5 to 7). Get it again, or save it in MATLAB with `-v7`",
        limits::mat::VERSION
    )]
    Header,
    /// It ends too early.
    #[error("it ends within {within}. It is incomplete: get it again")]
    Truncated {
        /// Where it ends.
        within: &'static str,
    },
    /// Its compressed form is damaged.
    #[error("its compressed data is damaged: {0}. Get it again")]
    Corrupt(io::Error),
    /// An element of a kind that does not belong there.
    #[error(
        "{place} is an element of type {found}, expected {expected}. Only plain arrays of unsigned bytes can be read: get it again"
    )]
    Element {
        /// Which element.
        place: &'static str,
        /// Its type's code.
        found: u32,
        /// What it should be.
        expected: &'static str,
    },
    /// An element of a size that cannot be.
    #[error("{place} has {}, expected {expected}. The file is damaged: get it again", count(*found, "byte"))]
    Size {
        /// Which element.
        place: &'static str,
        /// Its bytes.
        found: usize,
        /// Sizes that can be.
        expected: &'static str,
    },
    /// An array that is empty or larger than can be read.
    #[error(
        "the array `{array}` has the size {}, expected 1 to {} bytes. The file is damaged: get it again",
        by(dims),
        grouped(limits::mat::MAX_BYTES)
    )]
    Dims {
        /// Its name.
        array: String,
        /// Its dimensions.
        dims: Vec<usize>,
    },
    /// Its size and its data do not fit.
    #[error("the array `{array}` has the size {}, but {} of data. The file is damaged: get it again", by(dims), count(*found, "byte"))]
    Length {
        /// Its name.
        array: String,
        /// Its dimensions.
        dims: Vec<usize>,
        /// Bytes of its data.
        found: usize,
    },
    /// An array that was not asked for, or once more.
    #[error("it holds an array `{found}`, expected {wanted}, each once. It is another file: get the right one")]
    Unexpected {
        /// The array's name.
        found: String,
        /// The arrays it should hold.
        wanted: String,
    },
    /// An array is not there.
    #[error("it holds no array `{array}`. It is another file, or incomplete: get it again")]
    Missing {
        /// The array's name.
        array: String,
    },
    /// More data than there should be.
    #[error("there is more after the data of {0}. It is not what it says: get it again")]
    Trailing(&'static str),
    /// It could not be read.
    #[error("it could not be read: {0}. Check that it is a file and that you may read it")]
    Read(io::Error),
}
