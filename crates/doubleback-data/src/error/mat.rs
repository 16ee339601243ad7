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
    /// It is of MATLAB 7.3, which is another format.
    #[error(
        "it is a MAT-file of version 7.3 (HDF5), which cannot be read. Save it in MATLAB with `-v7`, or in Python with `scipy.io.savemat`"
    )]
    Hdf5,
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
    #[error("{place} is an element of type {found}, expected {expected}. The file is damaged: get it again")]
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
    /// A variable of the right name that is no array of numbers.
    #[error("`{array}` is {found}, expected an array of whole numbers. Save it as one under this name")]
    NotNumbers {
        /// Its name.
        array: String,
        /// What it is.
        found: &'static str,
    },
    /// An array that should be of unsigned bytes and is not.
    #[error(
        "the array `{array}` is of type {found}, expected unsigned bytes (0 to 255). Save it as `uint8({array})` in MATLAB, or `{array}.astype(\"uint8\")` in Python"
    )]
    NotBytes {
        /// Its name.
        array: String,
        /// The type of its numbers.
        found: &'static str,
    },
    /// A number that is not whole where one should be.
    #[error("the array `{array}` holds {value} at place {}, which is no whole number. Correct the file", grouped(*index))]
    NotWhole {
        /// The array's name.
        array: String,
        /// The number's place, from 0.
        index: usize,
        /// The number.
        value: String,
    },
    /// An array that is there more than once.
    #[error("it holds the array `{array}` more than once. Save it again with each array once")]
    Twice {
        /// The array's name.
        array: String,
    },
    /// An array is not there.
    #[error(
        "it holds no array `{array}`{}. Save the array under this name, or get the right file",
        list(others)
    )]
    Missing {
        /// The array's name.
        array: String,
        /// Names of what is there, the first few.
        others: Vec<String>,
    },
    /// More data than there should be.
    #[error("there is more after the data of {0}. It is not what it says: get it again")]
    Trailing(&'static str),
    /// It could not be read.
    #[error("it could not be read: {0}. Check that it is a file and that you may read it")]
    Read(io::Error),
}

fn list(others: &[String]) -> String {
    let names: Vec<String> = others.iter().map(|name| format!("`{name}`")).collect();
    if names.is_empty() {
        String::new()
    } else {
        format!(" (it holds {})", names.join(", "))
    }
}
