use std::io;

use crate::limits;
use crate::words::{are, by, count, grouped};

/// What is wrong with an IDX file.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum IdxProblem {
    /// Nothing in it.
    #[error("it is empty, expected IDX data or a gzip of it. Get it again")]
    Empty,
    /// It ends within its header.
    #[error("it ends after {}, within its header of {expected} bytes. It is incomplete: get it again", count(*found, "byte"))]
    HeaderTruncated {
        /// Bytes there are.
        found: usize,
        /// Bytes of the header.
        expected: usize,
    },
    /// It does not begin as an IDX file does.
    #[error("it begins with the bytes {:02x} {:02x}, expected 00 00 (IDX) or 1f 8b (gzip). It is not an IDX file: get it again", found[0], found[1])]
    Magic {
        /// Its first two bytes, after unpacking.
        found: [u8; 2],
    },
    /// Its elements are not unsigned bytes.
    #[error(
        "its elements are of type 0x{found:02x}, expected 0x08 (unsigned bytes). Only images and labels of unsigned bytes can be read: convert it, or get it again"
    )]
    ElementType {
        /// The type's code.
        found: u8,
    },
    /// It has another number of dimensions.
    #[error("it has {}, expected {expected}. Image files have 3 and label files 1: check that they are not exchanged", count(usize::from(*found), "dimension"))]
    Rank {
        /// Dimensions it has.
        found: u8,
        /// Dimensions it should have.
        expected: usize,
    },
    /// One of its dimensions is zero.
    #[error("its header says {}: nothing. Get it again", by(dims))]
    ZeroDimension {
        /// Sizes of its dimensions.
        dims: Vec<usize>,
    },
    /// Its header promises more than any data set has.
    #[error(
        "its header says {} bytes, more than the {} bytes that can be read. The header is damaged: get it again",
        by(dims),
        grouped(limits::idx::MAX_BYTES)
    )]
    TooLarge {
        /// Sizes of its dimensions.
        dims: Vec<usize>,
    },
    /// It has less data than its header promises.
    #[error("its header says {} = {} bytes, but only {} there. It is incomplete: get it again", by(dims), grouped(*expected), are(*found))]
    Truncated {
        /// Sizes of its dimensions.
        dims: Vec<usize>,
        /// Bytes that the header promises.
        expected: usize,
        /// Bytes there are.
        found: usize,
    },
    /// It has more data than its header promises.
    #[error("its header says {} = {} bytes, but more follow. It is not what it says: get it again", by(dims), grouped(*expected))]
    Trailing {
        /// Sizes of its dimensions.
        dims: Vec<usize>,
        /// Bytes that the header promises.
        expected: usize,
    },
    /// Its compressed form ends too early.
    #[error("its gzip data ends too early, after {} unpacked. It is incomplete: get it again", count(*unpacked, "byte"))]
    GzipTruncated {
        /// Bytes that could be unpacked.
        unpacked: usize,
    },
    /// Its compressed form is damaged.
    #[error("its gzip data is damaged after {} unpacked: {cause}. Get it again", count(*unpacked, "byte"))]
    GzipCorrupt {
        /// Bytes that could be unpacked.
        unpacked: usize,
        /// What the decompressor said.
        cause: io::Error,
    },
    /// It could not be read.
    #[error("it could not be read: {0}. Check that it is a file and that you may read it")]
    Read(io::Error),
}
