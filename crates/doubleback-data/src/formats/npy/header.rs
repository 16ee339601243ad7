//! The header of a `.npy` file, such as `{'descr': '<f4', 'fortran_order': False, 'shape': (60000, 28, 28), }`.

use std::fmt;
use std::io::Read;

use crate::error::NpyProblem;
use crate::formats::idx::fill;
use crate::limits::npy::{MAX_DIMS, MAX_HEADER};

const MAGIC: &[u8; 6] = b"\x93NUMPY";

/// The type of an array's elements.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Element {
    Bool,
    /// Whole numbers from 0 of so many bytes.
    Unsigned(usize),
    /// Whole numbers of so many bytes.
    Signed(usize),
    /// Fractions of so many bytes.
    Float(usize),
    /// Text of so many letters.
    Text(usize),
    /// Text of so many bytes.
    Bytes(usize),
    /// Pickled objects of Python.
    Object,
    /// Any other, as the file names it.
    Other(String),
}

impl fmt::Display for Element {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Bool => f.write_str("bool"),
            Self::Unsigned(size) => write!(f, "uint{}", 8 * size),
            Self::Signed(size) => write!(f, "int{}", 8 * size),
            Self::Float(size) => write!(f, "float{}", 8 * size),
            Self::Text(_) | Self::Bytes(_) => f.write_str("text"),
            Self::Object => f.write_str("object"),
            Self::Other(name) => f.write_str(name),
        }
    }
}

/// What an array is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Header {
    /// The type of its elements.
    pub element: Element,
    /// Whether their most significant byte comes first.
    pub big_endian: bool,
    /// Size of each dimension; none for a single element.
    pub shape: Vec<usize>,
    /// Whether the first index varies fastest.
    pub by_column: bool,
}

impl Header {
    /// Reads a header of version 1 to 3.
    pub fn read(reader: &mut impl Read) -> Result<Self, NpyProblem> {
        let mut start = [0; 8];
        if fill(reader, &mut start).map_err(NpyProblem::Read)? < start.len() || !start.starts_with(MAGIC) {
            return Err(NpyProblem::Magic);
        }
        let [.., version, _] = start;
        let size_bytes = match version {
            1 => 2,
            2 | 3 => 4,
            _ => return Err(NpyProblem::Version(version)),
        };
        let mut size = [0; 4];
        let got = fill(reader, &mut size[..size_bytes]).map_err(NpyProblem::Read)?;
        let size = u32::from_le_bytes(size) as usize;
        if got < size_bytes || size > MAX_HEADER {
            return Err(NpyProblem::Header);
        }
        let mut text = vec![0; size];
        if fill(reader, &mut text).map_err(NpyProblem::Read)? < size {
            return Err(NpyProblem::Header);
        }
        let text = String::from_utf8_lossy(&text);
        let mut parser = Parser { rest: &text };
        parser.header()?.ok_or(NpyProblem::Header)
    }

    /// How many elements there are.
    pub fn count(&self) -> Result<usize, NpyProblem> {
        let product = self
            .shape
            .iter()
            .try_fold(1_usize, |product, &size| product.checked_mul(size));
        product.ok_or_else(|| NpyProblem::TooLarge {
            shape: self.shape.clone(),
        })
    }
}

/// What is left of a header.
struct Parser<'a> {
    rest: &'a str,
}

impl<'a> Parser<'a> {
    /// The header, unless it is none.
    fn header(&mut self) -> Result<Option<Header>, NpyProblem> {
        let (mut element, mut by_column, mut shape) = (None, None, None);
        if !self.take('{') {
            return Ok(None);
        }
        while !self.take('}') {
            let Some(key) = self.string().filter(|_| self.take(':')) else {
                return Ok(None);
            };
            match key {
                "descr" => {
                    if self.peek('[') {
                        let name = "a structured type".to_owned();
                        // Whatever else the header says, it cannot be read.
                        return Err(NpyProblem::Type {
                            found: name,
                            expected: "numbers or text",
                        });
                    }
                    element = self.string().and_then(element_type);
                }
                "fortran_order" => by_column = self.truth(),
                "shape" => shape = self.sizes(),
                _ => return Ok(None),
            }
            if !self.take(',') && !self.peek('}') {
                return Ok(None);
            }
        }
        if !self.rest.trim().is_empty() {
            return Ok(None);
        }
        let (Some((element, big_endian)), Some(by_column), Some(shape)) = (element, by_column, shape) else {
            return Ok(None);
        };
        Ok(Some(Header {
            element,
            big_endian,
            shape,
            by_column,
        }))
    }

    fn peek(&mut self, letter: char) -> bool {
        self.rest = self.rest.trim_start();
        self.rest.starts_with(letter)
    }

    fn take(&mut self, letter: char) -> bool {
        let there = self.peek(letter);
        if there {
            self.rest = &self.rest[letter.len_utf8()..];
        }
        there
    }

    /// Text in quotation marks. NumPy's names of types and keys have no escapes.
    fn string(&mut self) -> Option<&'a str> {
        let mark = ['\'', '"'].into_iter().find(|&mark| self.take(mark))?;
        let (text, rest) = self.rest.split_once(mark)?;
        self.rest = rest;
        (!text.contains('\\')).then_some(text)
    }

    fn truth(&mut self) -> Option<bool> {
        self.rest = self.rest.trim_start();
        let [yes, no] = ["True", "False"].map(|name| self.rest.strip_prefix(name));
        self.rest = yes.or(no)?;
        Some(yes.is_some())
    }

    fn sizes(&mut self) -> Option<Vec<usize>> {
        let mut sizes = Vec::new();
        if !self.take('(') {
            return None;
        }
        while !self.take(')') {
            self.rest = self.rest.trim_start();
            let digits = self.rest.bytes().take_while(u8::is_ascii_digit).count();
            let (number, rest) = self.rest.split_at(digits);
            // Python 2 wrote long numbers so.
            self.rest = rest.strip_prefix('L').unwrap_or(rest);
            // A size that does not fit is too large as well.
            let size = number.parse().unwrap_or(usize::MAX);
            if digits == 0 || sizes.len() == MAX_DIMS || (!self.take(',') && !self.peek(')')) {
                return None;
            }
            sizes.push(size);
        }
        Some(sizes)
    }
}

/// The type of this name, such as `<f4`, and whether it is big-endian.
fn element_type(name: &str) -> Option<(Element, bool)> {
    let (order, kind) = match name.as_bytes().first()? {
        b'<' | b'>' | b'|' | b'=' => name.split_at(1),
        _ => ("|", name),
    };
    let size = kind.get(1..).and_then(|size| size.parse::<usize>().ok());
    let element = match (kind.as_bytes().first()?, size) {
        (b'b', Some(1)) | (b'?', None) => Element::Bool,
        (b'u', Some(size @ (1 | 2 | 4 | 8))) => Element::Unsigned(size),
        (b'i', Some(size @ (1 | 2 | 4 | 8))) => Element::Signed(size),
        (b'f', Some(size @ (2 | 4 | 8))) => Element::Float(size),
        (b'U', Some(size)) => Element::Text(size),
        (b'S' | b'a', Some(size)) => Element::Bytes(size),
        (b'O', _) => Element::Object,
        _ => Element::Other(name.to_owned()),
    };
    Some((element, order == ">"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Option<Header> {
        let mut parser = Parser { rest: text };
        parser.header().unwrap()
    }

    #[test]
    fn headers_are_read_in_any_notation_that_numpy_writes() {
        let header = parse("{'descr': '>f8', 'fortran_order': True, 'shape': (60000, 28), }    \n").unwrap();
        assert_eq!(
            (header.element, header.big_endian, header.by_column),
            (Element::Float(8), true, true)
        );
        assert_eq!(header.shape, [60_000, 28]);
        let old = parse(r#"{"shape":(3L,),"fortran_order":False,"descr":"|u1"}"#).unwrap();
        assert_eq!((old.shape, old.element), (vec![3], Element::Unsigned(1)));
        assert_eq!(
            parse("{'descr': '|b1', 'fortran_order': False, 'shape': ()}")
                .unwrap()
                .shape,
            [0; 0]
        );
        let of = |descr: &str| {
            parse(&format!(
                "{{'descr': '{descr}', 'fortran_order': False, 'shape': (1,)}}"
            ))
            .unwrap()
            .element
        };
        assert_eq!(
            [of("<U5"), of("|S7"), of("|O")],
            [Element::Text(5), Element::Bytes(7), Element::Object]
        );
        assert_eq!(of("<c8"), Element::Other("<c8".to_owned()));
        assert_eq!(of("<M8[ns]"), Element::Other("<M8[ns]".to_owned()));
    }

    #[test]
    fn other_texts_are_no_headers() {
        let good = "{'descr': '<f4', 'fortran_order': False, 'shape': (1, 2)}";
        assert!(parse(good).is_some());
        for end in 0..good.len() {
            assert_eq!(parse(&good[..end]), None, "{end}");
        }
        let brackets = "(".repeat(9_000);
        for bad in [
            "{'descr': '<f4', 'fortran_order': False, 'shape': (1, -2)}",
            "{'descr': '<f4', 'fortran_order': False, 'shape': (1 2)}",
            "{'descr': '<f4', 'fortran_order': 0, 'shape': (1, 2)}",
            "{'descr': '<f4', 'fortran_order': False, 'shape': (1, 2)} x",
            "{'descr': '<f4', 'fortran_order': False, 'shape': (1, 2), 'more': 1}",
            "{'descr': '<f4', 'fortran_order': False}",
            &format!("{{'shape': {brackets}"),
        ] {
            assert_eq!(parse(bad), None, "{bad}");
        }
        let huge = parse("{'descr': '<f4', 'fortran_order': False, 'shape': (99999999999999999999999, 2)}").unwrap();
        assert!(matches!(huge.count(), Err(NpyProblem::TooLarge { .. })));
    }
}
