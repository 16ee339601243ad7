//! MAT-files of MATLAB 5 to 7, as far as image data sets need them: named arrays of unsigned bytes, compressed or not.
//!
//! There are crates for the format, but `matfile` 0.5 unpacks whatever it is given, without a limit and several times over, and `matrw` 0.1
//! loads whole files; SVHN's largest holds 1.6 GB. This reader streams: it takes memory for what arrives and is wanted, and refuses what it
//! does not know. Format: *MAT-File Format*, The MathWorks.

use std::io::{self, BufRead, BufReader, Read};

use flate2::bufread::ZlibDecoder;

use crate::error::{DataError, MatProblem};
use crate::formats::idx::{fill, take};
use crate::limits::mat::{MAX_BYTES, VERSION};

const HEADER: usize = 128;
/// Most dimensions of an array, and most bytes of a name.
const MAX_DIMS: usize = 8;
const MAX_NAME: usize = 64;

/// Codes of the elements that a file is made of.
mod element {
    pub const INT8: u32 = 1;
    pub const UINT8: u32 = 2;
    pub const INT32: u32 = 5;
    pub const UINT32: u32 = 6;
    pub const MATRIX: u32 = 14;
    pub const COMPRESSED: u32 = 15;
}

/// An array of unsigned bytes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Array {
    /// Size of each dimension, none of them zero.
    pub dims: Vec<usize>,
    /// Column-major: the first index varies fastest. As many as the product of `dims`, or the first of them if fewer were asked for.
    pub data: Vec<u8>,
}

/// Reads the arrays of these names from a MAT-file to its end; `name` stands for the file in messages. Of each array at most the first
/// `most` bytes are kept; the rest is checked but not stored.
///
/// # Errors
/// [`DataError::Mat`] if it is anything but a little-endian MATLAB 5 file that holds exactly these arrays, of unsigned bytes.
pub fn decode<const K: usize>(
    name: &str,
    reader: impl Read,
    wanted: [&str; K],
    most: usize,
) -> Result<[Array; K], DataError> {
    parse(reader, wanted, most).map_err(|problem| DataError::Mat {
        file: name.to_owned(),
        problem,
    })
}

type Parsed<T> = Result<T, MatProblem>;

fn parse<const K: usize>(reader: impl Read, wanted: [&str; K], most: usize) -> Parsed<[Array; K]> {
    let mut reader = BufReader::new(reader);
    let mut header = [0; HEADER];
    let found = fill(&mut reader, &mut header).map_err(MatProblem::Read)?;
    let [.., low, high, i, m] = header;
    if found < HEADER || u16::from_le_bytes([low, high]) != VERSION || [i, m] != *b"IM" {
        return Err(MatProblem::Header);
    }
    let mut arrays: [Option<Array>; K] = [const { None }; K];
    while !reader.fill_buf().map_err(MatProblem::Read)?.is_empty() {
        let [kind, bytes] = words(&mut reader, "the start of an array")?;
        let mut element = reader.by_ref().take(bytes.into());
        let (name, array) = match kind {
            element::MATRIX => matrix(&mut element, &wanted, most)?,
            element::COMPRESSED => compressed(&mut element, &wanted, most)?,
            found => {
                return Err(MatProblem::Element {
                    place: "an array",
                    found,
                    expected: "14 (array) or 15 (compressed)",
                });
            }
        };
        let place = wanted.iter().position(|&wanted| wanted == name);
        match place.map(|place| &mut arrays[place]) {
            Some(slot @ None) => *slot = Some(array),
            _ => return Err(unexpected(name, &wanted)),
        }
    }
    if let Some(missing) = arrays.iter().position(Option::is_none) {
        let array = wanted[missing].to_owned();
        return Err(MatProblem::Missing { array });
    }
    Ok(arrays.map(Option::unwrap_or_default))
}

fn unexpected(found: String, wanted: &[&str]) -> MatProblem {
    let wanted = wanted.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>();
    MatProblem::Unexpected {
        found,
        wanted: wanted.join(" and "),
    }
}

/// A zlib stream that holds one array and nothing else.
fn compressed(element: &mut impl BufRead, wanted: &[&str], most: usize) -> Parsed<(String, Array)> {
    let mut decoder = ZlibDecoder::new(element);
    let read = (|| {
        let [kind, bytes] = words(&mut decoder, "the start of an array")?;
        if kind != element::MATRIX {
            return Err(MatProblem::Element {
                place: "a compressed array",
                found: kind,
                expected: "14 (array)",
            });
        }
        let array = matrix(&mut decoder.by_ref().take(bytes.into()), wanted, most)?;
        // Asking for more than there should be also lets the decompressor compare its checksum.
        match fill(&mut decoder, &mut [0]).map_err(MatProblem::Read)? {
            0 => Ok(array),
            _ => Err(MatProblem::Trailing("an array")),
        }
    })();
    // The decompressor tells of bad data by these kinds; other kinds come from the file below it.
    let array = read.map_err(|problem| match problem {
        MatProblem::Read(cause) => match cause.kind() {
            io::ErrorKind::UnexpectedEof => MatProblem::Truncated {
                within: "compressed data",
            },
            io::ErrorKind::InvalidInput | io::ErrorKind::InvalidData => MatProblem::Corrupt(cause),
            _ => MatProblem::Read(cause),
        },
        other => other,
    })?;
    let rest = decoder.into_inner().fill_buf().map_err(MatProblem::Read)?;
    if rest.is_empty() {
        Ok(array)
    } else {
        Err(MatProblem::Trailing("a compressed array"))
    }
}

/// The sub-elements of an array, to the end of `reader`.
fn matrix(reader: &mut impl Read, wanted: &[&str], most: usize) -> Parsed<(String, Array)> {
    let flags = small(reader, "the flags of an array", element::UINT32, "6 (flags)", 8)?;
    // Bit 3 of the second byte: there is an imaginary part.
    if flags.get(1).is_some_and(|bits| bits & 0x08 != 0) {
        return Err(MatProblem::Trailing("the real part of an array"));
    }
    let sizes = small(
        reader,
        "the dimensions of an array",
        element::INT32,
        "5 (dimensions)",
        4 * MAX_DIMS,
    )?;
    let name = small(reader, "the name of an array", element::INT8, "1 (name)", MAX_NAME)?;
    let array = String::from_utf8_lossy(&name).into_owned();
    if !wanted.contains(&array.as_str()) {
        return Err(unexpected(array, wanted));
    }
    let dims: Vec<usize> = sizes
        .chunks_exact(4)
        // A negative size is too large as well.
        .map(|s| usize::try_from(u32::from_le_bytes([s[0], s[1], s[2], s[3]])).unwrap_or(usize::MAX))
        .collect();
    let product = dims.iter().try_fold(1_usize, |product, &dim| product.checked_mul(dim));
    let Some(expected @ 1..=MAX_BYTES) = product.filter(|_| !dims.is_empty()) else {
        return Err(MatProblem::Dims { array, dims });
    };
    let place = "the data of an array";
    let tag = Tag::read(reader, place)?;
    if tag.kind != element::UINT8 {
        return Err(MatProblem::Element {
            place,
            found: tag.kind,
            expected: "2 (unsigned bytes)",
        });
    }
    if tag.bytes != expected {
        let found = tag.bytes;
        return Err(MatProblem::Length { array, dims, found });
    }
    let data = match tag.within {
        Some(bytes) => bytes[..expected.min(most)].to_vec(),
        None => {
            let kept = expected.min(most);
            let data = take(reader, kept).map_err(MatProblem::Read)?;
            let rest = (expected - kept) as u64;
            let passed = io::copy(&mut reader.by_ref().take(rest), &mut io::sink()).map_err(MatProblem::Read)?;
            if data.len() < kept || passed < rest {
                return Err(MatProblem::Truncated { within: place });
            }
            data
        }
    };
    // Elements are padded to 8 bytes; the last one may lack it.
    let mut padding = [0; 8];
    if fill(reader, &mut padding).map_err(MatProblem::Read)? == padding.len() {
        return Err(MatProblem::Trailing("an array"));
    }
    Ok((array, Array { dims, data }))
}

/// The start of an element: its type, its size, and, if it has at most 4 bytes, perhaps its data.
struct Tag {
    kind: u32,
    bytes: usize,
    within: Option<[u8; 4]>,
}

impl Tag {
    fn read(reader: &mut impl Read, place: &'static str) -> Parsed<Self> {
        let [first, second] = words(reader, place)?;
        if first >> 16 == 0 {
            return Ok(Self {
                kind: first,
                bytes: second as usize,
                within: None,
            });
        }
        let bytes = (first >> 16) as usize;
        if bytes > 4 {
            return Err(MatProblem::Size {
                place,
                found: bytes,
                expected: "at most 4 in its short form",
            });
        }
        Ok(Self {
            kind: first & 0xffff,
            bytes,
            within: Some(second.to_le_bytes()),
        })
    }
}

/// An element of at most `most` bytes, without its padding.
fn small(
    reader: &mut impl Read,
    place: &'static str,
    kind: u32,
    expected: &'static str,
    most: usize,
) -> Parsed<Vec<u8>> {
    let tag = Tag::read(reader, place)?;
    if tag.kind != kind {
        let found = tag.kind;
        return Err(MatProblem::Element { place, found, expected });
    }
    if tag.bytes == 0 || tag.bytes > most {
        return Err(MatProblem::Size {
            place,
            found: tag.bytes,
            expected: "few, and at least one",
        });
    }
    if let Some(bytes) = tag.within {
        return Ok(bytes[..tag.bytes].to_vec());
    }
    let mut data = vec![0; tag.bytes.next_multiple_of(8)];
    if fill(reader, &mut data).map_err(MatProblem::Read)? < data.len() {
        return Err(MatProblem::Truncated { within: place });
    }
    data.truncate(tag.bytes);
    Ok(data)
}

/// Two little-endian numbers.
fn words(reader: &mut impl Read, within: &'static str) -> Parsed<[u32; 2]> {
    let mut bytes = [0; 8];
    if fill(reader, &mut bytes).map_err(MatProblem::Read)? < bytes.len() {
        return Err(MatProblem::Truncated { within });
    }
    let [a, b, c, d, e, f, g, h] = bytes;
    Ok([u32::from_le_bytes([a, b, c, d]), u32::from_le_bytes([e, f, g, h])])
}
