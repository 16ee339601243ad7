//! NumPy's `.npy` files: a header that is a dictionary in Python's notation, then numbers or text.
//!
//! The workspace writes such files with `npyz`. Its reader believes the header: version 0.9 multiplies sizes unchecked, takes the memory that a
//! header asks for, and recurses as deeply as brackets do. This one holds the header to NumPy's own limit, and takes memory for what arrives.

mod header;

use std::io::Read;

use half::f16;

use crate::error::NpyProblem;
use crate::formats::idx::fill;
use crate::limits::npy::MAX_BYTES;

pub(crate) use header::{Element, Header};

type Parsed<T> = Result<T, NpyProblem>;

/// Elements that are made at a time, and for which memory is taken before any has arrived.
const CHUNK: usize = 16 * 1024;

/// An array whose header was read.
pub(crate) struct Npy<R> {
    /// Type and shape.
    pub header: Header,
    reader: R,
}

impl<R: Read> Npy<R> {
    /// Reads the header.
    pub fn open(mut reader: R) -> Parsed<Self> {
        let header = Header::read(&mut reader)?;
        Ok(Self { header, reader })
    }

    /// Unsigned bytes, in the order of the file; those of truth values are 0 and 1.
    pub fn bytes(self) -> Parsed<Vec<u8>> {
        match self.header.element {
            Element::Unsigned(1) => self.read(|[byte]: [u8; 1]| Ok(byte)),
            Element::Bool => self.read(|[byte]: [u8; 1]| Ok(u8::from(byte != 0))),
            _ => Err(self.unexpected("unsigned bytes")),
        }
    }

    /// Fractions, in the order of the file. Doubles become the nearest numbers.
    pub fn floats(self) -> Parsed<Vec<f32>> {
        let big = self.header.big_endian;
        match self.header.element {
            Element::Float(2) => self.read(|bytes| Ok(f16::from_bits(u16::from_le_bytes(little(bytes, big))).to_f32())),
            Element::Float(4) => self.read(|bytes| Ok(f32::from_le_bytes(little(bytes, big)))),
            Element::Float(8) => self.read(|bytes| Ok(f64::from_le_bytes(little(bytes, big)) as f32)),
            _ => Err(self.unexpected("fractions")),
        }
    }

    /// Whole numbers of any type, in the order of the file; of fractions, those that are whole.
    pub fn whole_numbers(self) -> Parsed<Vec<i64>> {
        let big = self.header.big_endian;
        match self.header.element {
            Element::Bool => self.read(|[byte]: [u8; 1]| Ok(i64::from(byte != 0))),
            Element::Unsigned(1) => self.read(|[byte]: [u8; 1]| Ok(i64::from(byte))),
            Element::Unsigned(2) => self.read(|bytes| Ok(i64::from(u16::from_le_bytes(little(bytes, big))))),
            Element::Unsigned(4) => self.read(|bytes| Ok(i64::from(u32::from_le_bytes(little(bytes, big))))),
            Element::Unsigned(8) => self.read(|bytes| {
                let number = u64::from_le_bytes(little(bytes, big));
                i64::try_from(number).map_err(|_| number.to_string())
            }),
            Element::Signed(1) => self.read(|[byte]: [u8; 1]| Ok(i64::from(byte as i8))),
            Element::Signed(2) => self.read(|bytes| Ok(i64::from(i16::from_le_bytes(little(bytes, big))))),
            Element::Signed(4) => self.read(|bytes| Ok(i64::from(i32::from_le_bytes(little(bytes, big))))),
            Element::Signed(8) => self.read(|bytes| Ok(i64::from_le_bytes(little(bytes, big)))),
            Element::Float(2) => {
                self.read(|bytes| exact(f16::from_bits(u16::from_le_bytes(little(bytes, big))).to_f64()))
            }
            Element::Float(4) => self.read(|bytes| exact(f64::from(f32::from_le_bytes(little(bytes, big))))),
            Element::Float(8) => self.read(|bytes| exact(f64::from_le_bytes(little(bytes, big)))),
            _ => Err(self.unexpected("whole numbers")),
        }
    }

    /// Numbers as doubles, in the order of the file.
    pub fn doubles(self) -> Parsed<Vec<f64>> {
        let big = self.header.big_endian;
        match self.header.element {
            Element::Float(8) => self.read(|bytes| Ok(f64::from_le_bytes(little(bytes, big)))),
            Element::Float(_) => Ok(self.floats()?.into_iter().map(f64::from).collect()),
            _ => Ok(self.whole_numbers()?.into_iter().map(|number| number as f64).collect()),
        }
    }

    /// Text, in the order of the file.
    pub fn texts(mut self) -> Parsed<Vec<String>> {
        let (big, count) = (self.header.big_endian, self.header.count()?);
        let (length, wide) = match self.header.element {
            Element::Text(length) => (length, true),
            Element::Bytes(length) => (length, false),
            _ => return Err(self.unexpected("text")),
        };
        let size = if wide { length.saturating_mul(4) } else { length };
        if count.checked_mul(size.max(1)).is_none_or(|bytes| bytes > MAX_BYTES) {
            return Err(self.too_large());
        }
        let mut texts = Vec::new();
        for index in 0..count {
            let bytes = crate::formats::idx::take(&mut self.reader, size).map_err(NpyProblem::Read)?;
            if bytes.len() < size {
                return Err(self.truncated(index));
            }
            let letters: String = if wide {
                let (codes, _) = bytes.as_chunks::<4>();
                let codes = codes.iter().map(|&code| u32::from_le_bytes(little(code, big)));
                codes
                    .map(|code| char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER))
                    .collect()
            } else {
                String::from_utf8_lossy(&bytes).into_owned()
            };
            // Shorter texts are filled up with zeros.
            texts.push(letters.trim_end_matches('\0').to_owned());
        }
        self.finish()?;
        Ok(texts)
    }

    /// All elements. The capacity is at most that of all, and at most twice what has arrived and the first chunk.
    fn read<const SIZE: usize, T>(mut self, element: impl Fn([u8; SIZE]) -> Result<T, String>) -> Parsed<Vec<T>> {
        let count = self.header.count()?;
        if count
            .checked_mul(SIZE.max(size_of::<T>()))
            .is_none_or(|bytes| bytes > MAX_BYTES)
        {
            return Err(self.too_large());
        }
        let mut elements: Vec<T> = Vec::new();
        let mut buffer = vec![0; CHUNK.min(count) * SIZE];
        while elements.len() < count {
            let (have, wanted) = (elements.len(), CHUNK.min(count - elements.len()));
            let buffer = &mut buffer[..wanted * SIZE];
            let got = fill(&mut self.reader, buffer).map_err(NpyProblem::Read)?;
            if got < buffer.len() {
                return Err(self.truncated(have + got / SIZE));
            }
            if elements.capacity() < have + wanted {
                let more = (count - have).min(have.max(CHUNK));
                elements.try_reserve_exact(more).map_err(|_| self.too_large())?;
            }
            let (whole, _) = buffer.as_chunks::<SIZE>();
            for (offset, &bytes) in whole.iter().enumerate() {
                let made = element(bytes).map_err(|value| NpyProblem::NotWhole {
                    index: have + offset,
                    value,
                })?;
                elements.push(made);
            }
        }
        self.finish()?;
        Ok(elements)
    }

    /// Asking for more than there should be also lets an archive compare its checksum.
    fn finish(&mut self) -> Parsed<()> {
        match fill(&mut self.reader, &mut [0]).map_err(NpyProblem::Read)? {
            0 => Ok(()),
            _ => Err(NpyProblem::Trailing {
                shape: self.header.shape.clone(),
            }),
        }
    }

    fn truncated(&self, found: usize) -> NpyProblem {
        NpyProblem::Truncated {
            shape: self.header.shape.clone(),
            found,
        }
    }

    fn too_large(&self) -> NpyProblem {
        NpyProblem::TooLarge {
            shape: self.header.shape.clone(),
        }
    }

    fn unexpected(&self, expected: &'static str) -> NpyProblem {
        NpyProblem::Type {
            found: self.header.element.to_string(),
            expected,
        }
    }
}

/// The bytes with the least significant first.
fn little<const SIZE: usize>(mut bytes: [u8; SIZE], big_endian: bool) -> [u8; SIZE] {
    if big_endian {
        bytes.reverse();
    }
    bytes
}

/// The whole number that `value` is.
fn exact(value: f64) -> Result<i64, String> {
    /// Up to here all whole numbers are doubles.
    const MOST: f64 = 9_007_199_254_740_992.0;
    if value.fract() == 0.0 && value.abs() <= MOST {
        Ok(value as i64)
    } else {
        Err(value.to_string())
    }
}
