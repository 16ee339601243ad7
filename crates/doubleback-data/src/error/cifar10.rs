use std::io;

use super::pickle::PickleProblem;
use crate::limits::cifar10::{MAX_BYTES, PIXELS, RECORD};
use crate::words::{count, grouped};

/// What is wrong with a batch of CIFAR-10.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Cifar10Problem {
    /// It is not made of whole records.
    #[error(
        "it has {}, expected a label and {PIXELS} bytes of pixels for each image, {} in all. It is incomplete or another file: get it again",
        count(*.0, "byte"), multiple()
    )]
    Records(usize),
    /// It has more than can be read.
    #[error(
        "it has more than {} bytes. It is another file: get the right one",
        grouped(MAX_BYTES)
    )]
    TooLarge,
    /// Its compressed form is damaged.
    #[error("its gzip data is damaged or incomplete: {0}. Get it again")]
    Gzip(io::Error),
    /// It is a pickle, but not one of CIFAR-10.
    #[error("{0}")]
    Pickle(#[from] PickleProblem),
    /// Labels and pixels of a pickle do not fit.
    #[error("it has {} for {} of pixels, expected {PIXELS} bytes for each. It is damaged: get it again", count(*labels, "label"), count(*pixels, "byte"))]
    Pixels {
        /// Labels.
        labels: usize,
        /// Bytes of pixels.
        pixels: usize,
    },
    /// It could not be read.
    #[error("it could not be read: {0}. Check that it is a file and that you may read it")]
    Read(io::Error),
}

fn multiple() -> String {
    format!("a multiple of {}", grouped(RECORD))
}
