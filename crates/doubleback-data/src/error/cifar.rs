use std::io;

use super::pickle::PickleProblem;
use crate::limits::cifar::{MAX_BYTES, PIXELS};
use crate::words::{count, grouped};

/// What is wrong with a batch of CIFAR-10 or CIFAR-100.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CifarProblem {
    /// It is not made of whole records.
    #[error(
        "it has {}, expected {} and {PIXELS} bytes of pixels for each image, a multiple of {} in all. {}",
        count(*bytes, "byte"), label_words(*labels), grouped(labels + PIXELS), advice(*bytes, *labels)
    )]
    Records {
        /// Bytes it has.
        bytes: usize,
        /// Labels of an image.
        labels: usize,
    },
    /// It has more than can be read.
    #[error(
        "it has more than {} bytes. It is another file: get the right one",
        grouped(MAX_BYTES)
    )]
    TooLarge,
    /// Its compressed form is damaged.
    #[error("its gzip data is damaged or incomplete: {0}. Get it again")]
    Gzip(io::Error),
    /// It is a pickle, but not one of CIFAR.
    #[error("{0}")]
    Pickle(#[from] PickleProblem),
    /// Labels and pixels of a pickle do not fit.
    #[error("it has {} for {}. It is damaged: get it again", count(*labels, "label"), count(*images, "image"))]
    Pixels {
        /// Labels.
        labels: usize,
        /// Images.
        images: usize,
    },
    /// It could not be read.
    #[error("it could not be read: {0}. Check that it is a file and that you may read it")]
    Read(io::Error),
}

fn label_words(labels: usize) -> &'static str {
    if labels == 1 { "a label" } else { "two labels" }
}

/// What else the file may be.
fn advice(bytes: usize, labels: usize) -> &'static str {
    let (other, name) = match labels {
        1 => (2, "It looks like a file of CIFAR-100: take `cifar100`"),
        _ => (1, "It looks like a file of CIFAR-10: take `cifar10`"),
    };
    if bytes > 0 && bytes.is_multiple_of(other + PIXELS) {
        name
    } else {
        "It is incomplete or another file: get it again"
    }
}
