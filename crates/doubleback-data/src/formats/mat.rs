//! MAT-files of MATLAB 5 to 7, as far as image data sets need them: an array of unsigned bytes and one of whole numbers, compressed or not.
//! Other variables, of any kind, are passed over.
//!
//! There are crates for the format, but `matfile` 0.5 unpacks whatever it is given, without a limit and several times over, and `matrw` 0.1
//! loads whole files; SVHN's largest holds 1.6 GB. This reader streams: it takes memory for what arrives and is wanted, and refuses what it
//! does not know. Format: *MAT-File Format*, The MathWorks.

mod number;

use std::io::{self, BufRead, BufReader, Read};

use flate2::bufread::ZlibDecoder;

use crate::error::{DataError, MatProblem};
use crate::formats::idx::{fill, take};
use crate::limits::mat::{MAX_BYTES, VERSION};
use number::Number;

const HEADER: usize = 128;
/// Most dimensions of an array, and most bytes of a name.
const MAX_DIMS: usize = 8;
const MAX_NAME: usize = 64;
/// Most names of variables that a message lists.
const MAX_LISTED: usize = 8;
/// How an HDF5 file begins, which is what MATLAB 7.3 writes, and the version in the header that MATLAB puts before it.
const HDF5: &[u8] = b"\x89HDF";
const HDF5_VERSION: u16 = 0x0200;

/// Codes of the elements that a file is made of.
mod element {
    pub const INT8: u32 = 1;
    pub const UINT8: u32 = 2;
    pub const INT32: u32 = 5;
    pub const UINT32: u32 = 6;
    pub const MATRIX: u32 = 14;
    pub const COMPRESSED: u32 = 15;
}

/// An array.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Array<T> {
    /// Size of each dimension, none of them zero.
    pub dims: Vec<usize>,
    /// Column-major: the first index varies fastest. As many as the product of `dims`, or the first of them if fewer were asked for.
    pub data: Vec<T>,
}

/// Which arrays are looked for.
#[derive(Clone, Copy, Debug)]
pub struct Names {
    /// That of unsigned bytes.
    pub images: &'static str,
    /// That of whole numbers.
    pub labels: &'static str,
}

/// Reads two arrays from a MAT-file to its end: one of unsigned bytes, of which at most the first `most` are kept, and one of whole numbers, of
/// any numeric type. Other variables are passed over. `name` stands for the file in messages.
///
/// # Errors
/// [`DataError::Mat`] if it is anything but a little-endian MATLAB 5 file that holds both arrays, each once.
pub fn decode(name: &str, reader: impl Read, names: Names, most: usize) -> Result<(Array<u8>, Array<i64>), DataError> {
    let mut search = Search {
        names,
        most,
        images: None,
        labels: None,
        others: Vec::new(),
    };
    parse(reader, &mut search)
        .and_then(|()| search.found())
        .map_err(|problem| DataError::Mat {
            file: name.to_owned(),
            problem,
        })
}

type Parsed<T> = Result<T, MatProblem>;

/// What is looked for, and what was found.
struct Search {
    names: Names,
    most: usize,
    images: Option<Array<u8>>,
    labels: Option<Array<i64>>,
    /// Names of other variables, the first few.
    others: Vec<String>,
}

impl Search {
    fn found(self) -> Parsed<(Array<u8>, Array<i64>)> {
        let Names { images, labels } = self.names;
        let (missing, mut others) = match (self.images, self.labels) {
            (Some(images), Some(labels)) => return Ok((images, labels)),
            (Some(_), None) => (labels, vec![images.to_owned()]),
            (None, Some(_)) => (images, vec![labels.to_owned()]),
            (None, None) => (images, Vec::new()),
        };
        others.extend(self.others);
        Err(MatProblem::Missing {
            array: missing.to_owned(),
            others,
        })
    }

    /// An array that was found before, or one of another name.
    fn pass_over(&mut self, name: String) {
        if !name.is_empty() && self.others.len() < MAX_LISTED {
            self.others.push(name);
        }
    }
}

fn parse(reader: impl Read, search: &mut Search) -> Parsed<()> {
    let mut reader = BufReader::new(reader);
    let mut header = [0; HEADER];
    let found = fill(&mut reader, &mut header).map_err(MatProblem::Read)?;
    let [.., low, high, i, m] = header;
    let version = u16::from_le_bytes([low, high]);
    if header.starts_with(HDF5) || (version == HDF5_VERSION && [i, m] == *b"IM") {
        return Err(MatProblem::Hdf5);
    }
    if found < HEADER || version != VERSION || [i, m] != *b"IM" {
        return Err(MatProblem::Header);
    }
    while !reader.fill_buf().map_err(MatProblem::Read)?.is_empty() {
        let [kind, bytes] = words(&mut reader, "the start of an array")?;
        let mut element = reader.by_ref().take(bytes.into());
        match kind {
            element::MATRIX => matrix(&mut element, search)?,
            element::COMPRESSED => compressed(&mut element, search)?,
            found => {
                return Err(MatProblem::Element {
                    place: "an array",
                    found,
                    expected: "14 (array) or 15 (compressed)",
                });
            }
        }
    }
    Ok(())
}

/// A zlib stream that holds one array and nothing else.
fn compressed(element: &mut impl BufRead, search: &mut Search) -> Parsed<()> {
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
        matrix(&mut decoder.by_ref().take(bytes.into()), search)?;
        // Asking for more than there should be also lets the decompressor compare its checksum.
        match fill(&mut decoder, &mut [0]).map_err(MatProblem::Read)? {
            0 => Ok(()),
            _ => Err(MatProblem::Trailing("an array")),
        }
    })();
    // The decompressor tells of bad data by these kinds; other kinds come from the file below it.
    read.map_err(|problem| match problem {
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
        Ok(())
    } else {
        Err(MatProblem::Trailing("a compressed array"))
    }
}

/// The sub-elements of an array, to the end of `element`.
fn matrix(element: &mut io::Take<impl Read>, search: &mut Search) -> Parsed<()> {
    let flags = small(element, "the flags of an array", element::UINT32, "6 (flags)", 8)?;
    let class = flags.first().copied().unwrap_or_default();
    if !is_named(class) {
        return skip(element);
    }
    let dims = small(
        element,
        "the dimensions of an array",
        element::INT32,
        "5 (dimensions)",
        4 * MAX_DIMS,
    )?;
    let dims: Vec<usize> = dims
        .chunks_exact(4)
        // A negative size is too large as well.
        .map(|s| usize::try_from(u32::from_le_bytes([s[0], s[1], s[2], s[3]])).unwrap_or(usize::MAX))
        .collect();
    let name = small(element, "the name of an array", element::INT8, "1 (name)", MAX_NAME)?;
    let name = String::from_utf8_lossy(&name).into_owned();
    let Names { images, labels } = search.names;
    if name != images && name != labels {
        search.pass_over(name);
        return skip(element);
    }
    if let Some(found) = not_numbers(class) {
        return Err(MatProblem::NotNumbers { array: name, found });
    }
    // Bit 3 of the second byte: there is an imaginary part.
    if flags.get(1).is_some_and(|bits| bits & 0x08 != 0) {
        return Err(MatProblem::NotNumbers {
            array: name,
            found: "of complex numbers",
        });
    }
    let header = Header { name, dims };
    if header.name == images {
        let array = bytes(element, header, search.most)?;
        once(&mut search.images, array, images)
    } else {
        let array = whole_numbers(element, header)?;
        once(&mut search.labels, array, labels)
    }
}

/// Whether variables of this class have dimensions and a name where arrays have them: cells, structures, objects, text, sparse arrays, numbers.
fn is_named(class: u8) -> bool {
    (1..=15).contains(&class)
}

/// What a variable of this class is, if it is no array of numbers.
fn not_numbers(class: u8) -> Option<&'static str> {
    match class {
        1 => Some("a cell array"),
        2 => Some("a structure"),
        3 => Some("an object"),
        4 => Some("text"),
        5 => Some("a sparse array"),
        _ => None,
    }
}

fn once<T>(slot: &mut Option<T>, found: T, name: &str) -> Parsed<()> {
    match slot.replace(found) {
        None => Ok(()),
        Some(_) => Err(MatProblem::Twice { array: name.to_owned() }),
    }
}

/// Passes over what is left of an element.
fn skip(element: &mut io::Take<impl Read>) -> Parsed<()> {
    io::copy(element, &mut io::sink()).map_err(MatProblem::Read)?;
    match element.limit() {
        0 => Ok(()),
        _ => Err(MatProblem::Truncated { within: "an array" }),
    }
}

/// The start of an array that is wanted.
struct Header {
    name: String,
    dims: Vec<usize>,
}

impl Header {
    /// How many numbers there are, if they fit, with `size` bytes each.
    fn count(&self, size: usize) -> Option<usize> {
        let count = self
            .dims
            .iter()
            .try_fold(1_usize, |product, &dim| product.checked_mul(dim))?;
        let fits = count >= 1 && count.checked_mul(size)? <= MAX_BYTES;
        (fits && !self.dims.is_empty()).then_some(count)
    }

    fn does_not_fit(self) -> MatProblem {
        let Self { name: array, dims } = self;
        MatProblem::Dims { array, dims }
    }
}

const DATA: &str = "the data of an array";

/// An array of unsigned bytes, at most the first `most` of them.
fn bytes(element: &mut io::Take<impl Read>, header: Header, most: usize) -> Parsed<Array<u8>> {
    let Some(count) = header.count(1) else {
        return Err(header.does_not_fit());
    };
    let tag = Tag::read(element, DATA)?;
    if tag.kind != element::UINT8 {
        return Err(MatProblem::NotBytes {
            array: header.name,
            found: Number::of(tag.kind).map_or("numbers of an unknown type", Number::name),
        });
    }
    let data = contents(element, &tag, &header, count, count.min(most))?;
    finish(element)?;
    let dims = header.dims;
    Ok(Array { dims, data })
}

/// An array of whole numbers of any type.
fn whole_numbers(element: &mut io::Take<impl Read>, header: Header) -> Parsed<Array<i64>> {
    let tag = Tag::read(element, DATA)?;
    let Some(number) = Number::of(tag.kind) else {
        return Err(MatProblem::Element {
            place: DATA,
            found: tag.kind,
            expected: "a type of numbers",
        });
    };
    let Some(count) = header.count(number.size()) else {
        return Err(header.does_not_fit());
    };
    let stored = count * number.size();
    let stored = contents(element, &tag, &header, stored, stored)?;
    finish(element)?;
    let mut data = Vec::with_capacity(count);
    for (index, bytes) in stored.chunks_exact(number.size()).enumerate() {
        data.push(number.whole(bytes).map_err(|value| MatProblem::NotWhole {
            array: header.name.clone(),
            index,
            value,
        })?);
    }
    let dims = header.dims;
    Ok(Array { dims, data })
}

/// The first `kept` of the `expected` bytes of an array's data; the others are checked to be there.
fn contents(reader: &mut impl Read, tag: &Tag, header: &Header, expected: usize, kept: usize) -> Parsed<Vec<u8>> {
    if tag.bytes != expected {
        return Err(MatProblem::Length {
            array: header.name.clone(),
            dims: header.dims.clone(),
            found: tag.bytes,
        });
    }
    if let Some(bytes) = tag.within {
        return Ok(bytes[..kept].to_vec());
    }
    let data = take(reader, kept).map_err(MatProblem::Read)?;
    let rest = (expected - kept) as u64;
    let passed = io::copy(&mut reader.by_ref().take(rest), &mut io::sink()).map_err(MatProblem::Read)?;
    if data.len() < kept || passed < rest {
        return Err(MatProblem::Truncated { within: DATA });
    }
    Ok(data)
}

/// Elements are padded to 8 bytes; the last one may lack it.
fn finish(element: &mut impl Read) -> Parsed<()> {
    let mut padding = [0; 8];
    if fill(element, &mut padding).map_err(MatProblem::Read)? == padding.len() {
        return Err(MatProblem::Trailing("an array"));
    }
    Ok(())
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

/// An element of at most `most` bytes, without its padding. Only a name may be empty.
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
    let least = usize::from(kind != element::INT8);
    if tag.bytes < least || tag.bytes > most {
        return Err(MatProblem::Size {
            place,
            found: tag.bytes,
            expected: "few",
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
