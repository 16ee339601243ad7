//! IDX, the file format of MNIST: a header of big-endian sizes, then unsigned bytes; often gzipped.
//!
//! Starts out paranoid: the header is not believed. Memory grows with the data that actually arrives, stops at what the header
//! promises, and every byte must be accounted for.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use flate2::read::MultiGzDecoder;

use crate::error::{DataError, IdxProblem};
use crate::limits::idx::MAX_BYTES;

pub(crate) const GZIP: [u8; 2] = [0x1f, 0x8b];
const UNSIGNED_BYTE: u8 = 0x08;
/// Memory taken before any data has arrived.
const FIRST_CHUNK: usize = 64 * 1024;

/// Unsigned bytes in `RANK` dimensions: images are `Idx<3>` (count, rows, columns), labels `Idx<1>` (count).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Idx<const RANK: usize> {
    /// Size of each dimension, none of them zero.
    pub dims: [usize; RANK],
    /// Row-major, as many as the product of `dims`.
    pub data: Vec<u8>,
}

/// Reads the IDX file at `path`, gzipped or not.
///
/// # Errors
/// [`DataError::Io`] if it cannot be opened, [`DataError::Idx`] if it is anything but one complete IDX file of unsigned bytes in
/// `RANK` dimensions.
pub fn read<const RANK: usize>(path: &Path) -> Result<Idx<RANK>, DataError> {
    let file = File::open(path).map_err(|cause| DataError::Io {
        path: path.to_owned(),
        cause,
    })?;
    decode(&path.display().to_string(), file)
}

/// Reads IDX data, gzipped or not, from `reader` to its end; `name` stands for it in messages.
///
/// ```
/// use doubleback_data::idx::{self, Idx};
/// let labels = idx::decode::<1>("labels.idx", &b"\0\0\x08\x01\0\0\0\x03\x07\x02\x01"[..])?;
/// assert_eq!(labels, Idx { dims: [3], data: vec![7, 2, 1] });
///
/// let cut = idx::decode::<1>("labels.idx", &b"\0\0\x08\x01\0\0\0\x03\x07\x02"[..]).unwrap_err();
/// assert_eq!(
///     cut.to_string(),
///     "labels.idx: its header says 3 = 3 bytes, but only 2 are there. It is incomplete: get it again"
/// );
/// # Ok::<(), doubleback_data::DataError>(())
/// ```
///
/// # Errors
/// [`DataError::Idx`] if it is anything but one complete IDX file of unsigned bytes in `RANK` dimensions.
pub fn decode<const RANK: usize>(name: &str, reader: impl Read) -> Result<Idx<RANK>, DataError> {
    unpack(reader).map_err(|problem| DataError::Idx {
        file: name.to_owned(),
        problem,
    })
}

fn unpack<const RANK: usize>(mut reader: impl Read) -> Result<Idx<RANK>, IdxProblem> {
    let mut start = [0; 2];
    let got = fill(&mut reader, &mut start).map_err(IdxProblem::Read)?;
    let whole = start[..got].chain(reader);
    if start == GZIP {
        let mut counted = Counted {
            inner: MultiGzDecoder::new(whole),
            bytes: 0,
        };
        parse(&mut counted).map_err(|problem| gzip_problem(problem, counted.bytes))
    } else {
        parse(whole)
    }
}

/// The decompressor tells of bad data by these kinds; other kinds come from the file below it.
fn gzip_problem(problem: IdxProblem, unpacked: usize) -> IdxProblem {
    match problem {
        IdxProblem::Read(cause) => match cause.kind() {
            io::ErrorKind::UnexpectedEof => IdxProblem::GzipTruncated { unpacked },
            io::ErrorKind::InvalidInput | io::ErrorKind::InvalidData => IdxProblem::GzipCorrupt { unpacked, cause },
            _ => IdxProblem::Read(cause),
        },
        other => other,
    }
}

fn parse<const RANK: usize>(mut reader: impl Read) -> Result<Idx<RANK>, IdxProblem> {
    let dims = header(&mut reader)?;
    let expected = promised(&dims)?;
    let data = take(&mut reader, expected).map_err(IdxProblem::Read)?;
    if data.len() < expected {
        return Err(IdxProblem::Truncated {
            dims: dims.to_vec(),
            expected,
            found: data.len(),
        });
    }
    // Asking for more than there should be also lets the decompressor compare its checksum.
    if fill(&mut reader, &mut [0]).map_err(IdxProblem::Read)? > 0 {
        return Err(IdxProblem::Trailing {
            dims: dims.to_vec(),
            expected,
        });
    }
    Ok(Idx { dims, data })
}

fn header<const RANK: usize>(reader: &mut impl Read) -> Result<[usize; RANK], IdxProblem> {
    let expected = 4 + 4 * RANK;
    let mut magic = [0; 4];
    let found = fill(reader, &mut magic).map_err(IdxProblem::Read)?;
    let [zero, nil, element, rank] = magic;
    match found {
        0 => return Err(IdxProblem::Empty),
        2.. if [zero, nil] != [0, 0] => return Err(IdxProblem::Magic { found: [zero, nil] }),
        4.. => {}
        _ => return Err(IdxProblem::HeaderTruncated { found, expected }),
    }
    if element != UNSIGNED_BYTE {
        return Err(IdxProblem::ElementType { found: element });
    }
    if usize::from(rank) != RANK {
        return Err(IdxProblem::Rank {
            found: rank,
            expected: RANK,
        });
    }
    let mut dims = [0; RANK];
    for (index, dim) in dims.iter_mut().enumerate() {
        let mut size = [0; 4];
        let got = fill(reader, &mut size).map_err(IdxProblem::Read)?;
        if got < size.len() {
            return Err(IdxProblem::HeaderTruncated {
                found: 4 + 4 * index + got,
                expected,
            });
        }
        // Where usize has fewer than 32 bits, a size that does not fit is too large as well.
        *dim = usize::try_from(u32::from_be_bytes(size)).unwrap_or(usize::MAX);
    }
    Ok(dims)
}

/// Bytes of data that a header promises.
fn promised(dims: &[usize]) -> Result<usize, IdxProblem> {
    if dims.contains(&0) {
        return Err(IdxProblem::ZeroDimension { dims: dims.to_vec() });
    }
    dims.iter()
        .try_fold(1_usize, |product, &dim| product.checked_mul(dim))
        .filter(|&bytes| bytes <= MAX_BYTES)
        .ok_or_else(|| IdxProblem::TooLarge { dims: dims.to_vec() })
}

/// At most `expected` bytes. The capacity is at most `expected`, and at most twice what has arrived and the first chunk.
pub(crate) fn take(reader: &mut impl Read, expected: usize) -> io::Result<Vec<u8>> {
    let mut data = Vec::new();
    while data.len() < expected {
        let start = data.len();
        let more = (expected - start).min(start.max(FIRST_CHUNK));
        data.try_reserve_exact(more).map_err(|_| io::ErrorKind::OutOfMemory)?;
        data.resize(start + more, 0);
        let got = fill(reader, &mut data[start..])?;
        if got < more {
            data.truncate(start + got);
            break;
        }
    }
    Ok(data)
}

/// Reads until `buffer` is full or the data ends; the number of bytes read.
pub(crate) fn fill(reader: &mut impl Read, buffer: &mut [u8]) -> io::Result<usize> {
    let mut filled = 0;
    while filled < buffer.len() {
        match reader.read(&mut buffer[filled..]) {
            Ok(0) => break,
            Ok(got) => filled += got,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(filled)
}

/// Counts what has been unpacked, for messages.
struct Counted<R> {
    inner: R,
    bytes: usize,
}

impl<R: Read> Read for Counted<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let got = self.inner.read(buffer)?;
        self.bytes = self.bytes.saturating_add(got);
        Ok(got)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn header_of(dims: [u32; 3]) -> Vec<u8> {
        let sizes = dims.iter().flat_map(|dim| dim.to_be_bytes());
        [0, 0, UNSIGNED_BYTE, 3].into_iter().chain(sizes).collect()
    }

    fn problem(bytes: &[u8]) -> IdxProblem {
        unpack::<3>(bytes).unwrap_err()
    }

    #[test]
    fn each_damage_has_its_own_message() {
        let good = [header_of([2, 2, 2]), vec![0; 8]].concat();
        assert!(unpack::<3>(&good[..]).is_ok());
        assert!(matches!(problem(b""), IdxProblem::Empty));
        assert!(matches!(
            problem(b"\0\0\x08"),
            IdxProblem::HeaderTruncated { found: 3, expected: 16 }
        ));
        assert!(matches!(
            problem(&good[..9]),
            IdxProblem::HeaderTruncated { found: 9, expected: 16 }
        ));
        assert!(matches!(problem(b"<html>"), IdxProblem::Magic { found: [b'<', b'h'] }));
        assert!(matches!(
            problem(b"\0\0\x0d\x03"),
            IdxProblem::ElementType { found: 0x0d }
        ));
        assert!(matches!(
            problem(b"\0\0\x08\x01\0\0\0\x01"),
            IdxProblem::Rank { found: 1, expected: 3 }
        ));
        assert!(matches!(
            problem(&header_of([2, 0, 2])),
            IdxProblem::ZeroDimension { .. }
        ));
        assert!(matches!(
            problem(&good[..23]),
            IdxProblem::Truncated {
                expected: 8,
                found: 7,
                ..
            }
        ));
        assert!(matches!(
            problem(&[good, vec![0]].concat()),
            IdxProblem::Trailing { expected: 8, .. }
        ));
    }

    #[test]
    fn a_header_that_promises_the_world_gets_nothing() {
        for dims in [[u32::MAX; 3], [u32::MAX, 1, 1], [1 << 16, 1 << 16, 1]] {
            assert!(
                matches!(problem(&header_of(dims)), IdxProblem::TooLarge { .. }),
                "{dims:?}"
            );
        }
    }

    #[test]
    fn memory_follows_the_data_that_arrives_and_the_header() {
        let arrives = |bytes: usize, expected: usize| take(&mut io::repeat(1).take(bytes as u64), expected).unwrap();
        let few = arrives(10, MAX_BYTES);
        assert!(few.len() == 10 && few.capacity() <= FIRST_CHUNK, "{}", few.capacity());
        let more = arrives(200_000, MAX_BYTES);
        assert!(
            more.len() == 200_000 && more.capacity() <= 400_000 + FIRST_CHUNK,
            "{}",
            more.capacity()
        );
        assert_eq!(arrives(1_000_000, 100_001).capacity(), 100_001);
    }

    #[test]
    fn reading_stops_one_byte_after_what_the_header_promises() {
        let mut endless = Counted {
            inner: io::Cursor::new(header_of([1, 2, 3])).chain(io::repeat(0)),
            bytes: 0,
        };
        assert!(matches!(
            unpack::<3>(&mut endless).unwrap_err(),
            IdxProblem::Trailing { expected: 6, .. }
        ));
        assert_eq!(endless.bytes, 16 + 6 + 1);
    }

    #[test]
    fn a_failing_disk_is_told_from_damaged_data() {
        struct Failing;
        impl Read for Failing {
            fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
                Err(io::Error::other("the disk is on fire"))
            }
        }
        let error = decode::<3>("images", GZIP.chain(Failing)).unwrap_err();
        assert_eq!(
            error.to_string(),
            "images: it could not be read: the disk is on fire. Check that it is a file and that you may read it"
        );
    }
}
