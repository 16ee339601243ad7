use std::io;

use crate::image_shape::ImageShape;
use crate::limits;
use crate::words::{are, by, count, grouped};

/// What is wrong with an array of a `.npz` file.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum NpyProblem {
    /// It does not begin as a `.npy` file does.
    #[error("it is no `.npy` file. Write the file with `numpy.savez`")]
    Magic,
    /// Its version is not known.
    #[error("it is of version {0} of the format, expected 1 to 3. Write the file with `numpy.savez`")]
    Version(u8),
    /// Its header cannot be understood.
    #[error("its header is damaged, or none of NumPy's. Write the file again with `numpy.savez`")]
    Header,
    /// Its elements are of another type.
    #[error("its elements are of type {found}, expected {expected}. {}", convert(found))]
    Type {
        /// The type it has.
        found: String,
        /// What it should have.
        expected: &'static str,
    },
    /// It has less data than its header promises.
    #[error("its header says {}, but only {} there. The file is damaged: write it again", elements(shape), are(*found))]
    Truncated {
        /// Its shape.
        shape: Vec<usize>,
        /// Whole elements there are.
        found: usize,
    },
    /// It has more data than its header promises.
    #[error(
        "its header says {}, but more follow. The file is damaged: write it again",
        elements(shape)
    )]
    Trailing {
        /// Its shape.
        shape: Vec<usize>,
    },
    /// It promises more than can be read.
    #[error(
        "its header says {}, more than the {} bytes that can be read. Use fewer images, or smaller ones",
        elements(shape),
        grouped(limits::npy::MAX_BYTES)
    )]
    TooLarge {
        /// Its shape.
        shape: Vec<usize>,
    },
    /// A number that is not whole where one should be.
    #[error("it holds {value} at place {}, which is no whole number. Labels are whole numbers from 0: correct it", grouped(*index))]
    NotWhole {
        /// The number's place in the file, from 0.
        index: usize,
        /// The number.
        value: String,
    },
    /// It could not be unpacked or read.
    #[error("it cannot be unpacked: {0}. The file is damaged: write it again")]
    Read(io::Error),
}

/// What is wrong with a `.npz` file of images and labels.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum NpzProblem {
    /// It is no archive.
    #[error("it is no `.npz` file. Write one with `numpy.savez(FILE, x=images, y=labels)`")]
    NotZip,
    /// It is one array.
    #[error(
        "it is a single array (`.npy`), but images and labels are needed. Write both with `numpy.savez(FILE, x=images, y=labels)`"
    )]
    SingleArray,
    /// It was packed once more.
    #[error("it is packed with gzip. Unpack it first, with `gunzip`")]
    Gzip,
    /// Its archive is damaged.
    #[error("its archive is damaged, or of a kind that NumPy does not write: {0}. Write it again with `numpy.savez`")]
    Zip(String),
    /// More bytes than can be held.
    #[error(
        "it has more than {} bytes. Use fewer images, or smaller ones",
        grouped(limits::npy::MAX_BYTES)
    )]
    TooLarge,
    /// An array that is there more than once.
    #[error("it holds the array `{array}` more than once. Write it again with each array once")]
    Twice {
        /// Its name.
        array: String,
    },
    /// None of the arrays that are looked for.
    #[error(
        "it holds no arrays `x` and `y`, nor `x_train`, `y_train`, `x_test` and `y_test`{}. Write them with `numpy.savez(FILE, x=images, y=labels)`",
        list(found)
    )]
    NoImages {
        /// Names of its arrays, the first few.
        found: Vec<String>,
    },
    /// An array is not there.
    #[error("it holds no array `{array}`. {advice}")]
    Missing {
        /// Its name.
        array: String,
        /// What to do.
        advice: &'static str,
    },
    /// Images with parts and without.
    #[error("it holds both `{whole}` and `{part}`: which images are for training is not clear. Leave one of them out")]
    Ambiguous {
        /// Images without a part.
        whole: String,
        /// Images of a part.
        part: String,
    },
    /// An array cannot be read.
    #[error("array `{array}`: {problem}")]
    Array {
        /// Its name.
        array: String,
        /// What is wrong with it.
        problem: NpyProblem,
    },
    /// An array of a shape that it cannot have.
    #[error("array `{array}` has the shape {}: {why}", shape_words(shape))]
    Shape {
        /// Its name.
        array: String,
        /// Its shape.
        shape: Vec<usize>,
        /// What is wrong with it, and what to do.
        why: String,
    },
    /// A pixel that is no number.
    #[error("array `{array}`: image {} has a value that is not finite ({value}). Correct or remove it", grouped(*image))]
    NotFinite {
        /// Its name.
        array: String,
        /// Index of the image, from 0.
        image: usize,
        /// The value.
        value: f32,
    },
    /// Pixels that are not between the bounds.
    #[error("array `{array}`: image {} has the value {value}, which is not between {low} and {high}. {advice}", grouped(*image))]
    Range {
        /// Its name.
        array: String,
        /// Index of the image, from 0.
        image: usize,
        /// The value.
        value: f32,
        /// The least allowed value.
        low: f32,
        /// The greatest allowed value.
        high: f32,
        /// What to do.
        advice: String,
    },
    /// Bounds that are none.
    #[error(
        "array `bounds`: {0}. Write the least and the greatest value that a pixel can have, such as `bounds=[0, 255]`"
    )]
    Bounds(String),
    /// Images of two sizes.
    #[error("its images are {expected} in `{first}` but {found} in `{array}`. Make all images of one size")]
    Sizes {
        /// The first array.
        first: String,
        /// Size of its images.
        expected: ImageShape,
        /// The other array.
        array: String,
        /// Size of its images.
        found: ImageShape,
    },
    /// Classes that cannot be told from the labels.
    #[error("{0}")]
    Classes(String),
}

fn list(found: &[String]) -> String {
    let names: Vec<String> = found.iter().map(|name| format!("`{name}`")).collect();
    if names.is_empty() {
        String::new()
    } else {
        format!(" (it holds {})", names.join(", "))
    }
}

fn shape_words(shape: &[usize]) -> String {
    if shape.is_empty() {
        "of a single number".to_owned()
    } else {
        by(shape)
    }
}

fn elements(shape: &[usize]) -> String {
    match shape {
        [] => "1 element".to_owned(),
        [one] => count(*one, "element"),
        _ => format!("{} elements", by(shape)),
    }
}

/// What to do about a type.
fn convert(found: &str) -> &'static str {
    match found {
        "object" => {
            "Objects are pickled, and are not read. Make one array of numbers of it: all images of one size, `numpy.stack(images)`"
        }
        "text" => "Number them: `classes, y = numpy.unique(y, return_inverse=True)`, and save `classes` as well",
        _ => "Convert it with `astype`: images to `uint8` or `float32`, labels to `int64`",
    }
}
