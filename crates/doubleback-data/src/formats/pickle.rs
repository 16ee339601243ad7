//! Python's pickles, as far as the batches of CIFAR need them: no object is ever made, only what is written down is looked at.
//!
//! `serde-pickle` 1.2 reads more, but takes 4 KB of memory for each byte of a certain kind, and follows references by copying, so that small
//! files can fill any memory. Here every instruction makes one value at most, references share, and nothing recurses.

mod machine;

use std::borrow::Cow;

use crate::error::PickleProblem;
use machine::{Machine, Parsed, Value};

/// Most names of entries that a message lists.
const MAX_LISTED: usize = 8;
/// NumPy's modules, before and since version 2.
const MULTIARRAY: [&[u8]; 2] = [b"numpy.core.multiarray", b"numpy._core.multiarray"];
const NUMERIC: [&[u8]; 2] = [b"numpy.core.numeric", b"numpy._core.numeric"];

/// A pickled dictionary of whole numbers and arrays.
pub(crate) struct Pickle<'a> {
    values: Vec<Value<'a>>,
    root: usize,
}

/// An array of NumPy.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct NumpyArray<'a> {
    number: Number,
    /// Size of each dimension.
    pub shape: Vec<usize>,
    /// Whether the first index varies fastest.
    pub by_column: bool,
    /// Its numbers.
    pub bytes: Cow<'a, [u8]>,
}

/// Module and name of a function, its arguments, and the state that what it returns would be given.
type Call<'a, 'b> = (&'a [u8], &'a [u8], &'b [usize], Option<&'b [usize]>);

/// A type of whole numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Number {
    signed: bool,
    size: usize,
    big_endian: bool,
}

impl Number {
    const BYTE: Self = Self {
        signed: false,
        size: 1,
        big_endian: false,
    };

    /// The number that `bytes`, as many as one has, stand for.
    fn read(self, bytes: &[u8]) -> Option<i64> {
        let mut bytes = bytes.to_vec();
        if !self.big_endian {
            bytes.reverse();
        }
        let negative = self.signed && bytes.first().is_some_and(|byte| byte & 0x80 != 0);
        let start = if negative { u64::MAX } else { 0 };
        let raw = bytes.iter().fold(start, |number, &byte| number << 8 | u64::from(byte));
        if self.signed {
            Some(raw as i64)
        } else {
            i64::try_from(raw).ok()
        }
    }
}

impl<'a> Pickle<'a> {
    /// Reads protocols 2 to 5.
    pub fn read(bytes: &'a [u8]) -> Parsed<Self> {
        let mut machine = Machine::new(bytes);
        let root = machine.run()?;
        let values = machine.values;
        Ok(Self { values, root })
    }

    /// The whole numbers of a list, a tuple or an array of NumPy.
    pub fn labels(&self, key: &'static str) -> Parsed<Vec<i64>> {
        let value = self.entry(key)?;
        let numbers = match &self.values[value] {
            Value::List(items) | Value::Tuple(items) => items.iter().map(|&item| self.number(item)).collect(),
            _ => self.numpy(value).and_then(|array| {
                let numbers = array.bytes.chunks_exact(array.number.size);
                numbers.map(|bytes| array.number.read(bytes)).collect()
            }),
        };
        numbers.ok_or(PickleProblem::Entry {
            key,
            expected: "a list or an array of whole numbers",
        })
    }

    /// An array of NumPy of unsigned bytes.
    pub fn array(&self, key: &'static str) -> Parsed<NumpyArray<'a>> {
        let array = self.numpy(self.entry(key)?);
        array
            .filter(|array| {
                Number {
                    big_endian: false,
                    ..array.number
                } == Number::BYTE
            })
            .ok_or(PickleProblem::Entry {
                key,
                expected: "an array of NumPy of unsigned bytes",
            })
    }

    /// The entry of the dictionary: the last one of this name, which is the one that Python keeps.
    fn entry(&self, key: &'static str) -> Parsed<usize> {
        let Value::Dict(entries) = &self.values[self.root] else {
            return Err(PickleProblem::NoDictionary);
        };
        let (pairs, _) = entries.as_chunks::<2>();
        let found = pairs.iter().rfind(|[name, _]| self.is(*name, key.as_bytes()));
        found.map(|&[_, value]| value).ok_or_else(|| PickleProblem::Missing {
            key,
            entries: pairs
                .iter()
                .filter_map(|&[name, _]| self.bytes(name))
                .map(|name| String::from_utf8_lossy(&name).into_owned())
                .take(MAX_LISTED)
                .collect(),
        })
    }

    /// Whether a value is this text, or these bytes.
    fn is(&self, value: usize, expected: &[u8]) -> bool {
        self.bytes(value).is_some_and(|bytes| *bytes == *expected)
    }

    /// What is in a value that is text or bytes.
    fn bytes(&self, value: usize) -> Option<Cow<'a, [u8]>> {
        match self.values[value] {
            Value::Text(bytes) | Value::Bytes(bytes) => Some(Cow::Borrowed(bytes)),
            _ => self.encoded(value),
        }
    }

    /// Bytes as Python 3 writes them in protocol 2, which has none: the text in Latin-1 whose encoding they are, and a call that encodes it.
    fn encoded(&self, value: usize) -> Option<Cow<'a, [u8]>> {
        let (module, name, arguments, _) = self.call(value)?;
        let encodes = match (module, name) {
            (b"_codecs", b"encode") => true,
            (b"__builtin__" | b"builtins", b"bytes" | b"bytearray") => false,
            _ => return None,
        };
        match *arguments {
            [] if !encodes => Some(Cow::Borrowed(&[])),
            [content] if !encodes => match self.values[content] {
                Value::Bytes(bytes) => Some(Cow::Borrowed(bytes)),
                _ => None,
            },
            [text, encoding] if self.is(encoding, b"latin1") || self.is(encoding, b"latin-1") => {
                let Value::Text(text) = self.values[text] else {
                    return None;
                };
                let letters = std::str::from_utf8(text).ok()?.chars();
                letters
                    .map(|letter| u8::try_from(letter).ok())
                    .collect::<Option<_>>()
                    .map(Cow::Owned)
            }
            _ => None,
        }
    }

    /// The call that would make a value.
    fn call(&self, value: usize) -> Option<Call<'a, '_>> {
        let Value::Object {
            function,
            arguments,
            state,
        } = self.values[value]
        else {
            return None;
        };
        let (Value::Global(module, name), Value::Tuple(arguments)) = (&self.values[function], &self.values[arguments])
        else {
            return None;
        };
        let state = state.and_then(|state| match &self.values[state] {
            Value::Tuple(parts) => Some(&parts[..]),
            _ => None,
        });
        Some((module, name, arguments, state))
    }

    /// A whole number, of Python or of NumPy.
    fn number(&self, value: usize) -> Option<i64> {
        if let Value::Integer(number) = self.values[value] {
            return Some(number);
        }
        let (module, b"scalar", &[number, bytes], _) = self.call(value)? else {
            return None;
        };
        let (number, bytes) = (self.number_type(number)?, self.bytes(bytes)?);
        if MULTIARRAY.contains(&module) && bytes.len() == number.size {
            number.read(&bytes)
        } else {
            None
        }
    }

    fn numpy(&self, value: usize) -> Option<NumpyArray<'a>> {
        let (module, name, arguments, state) = self.call(value)?;
        let (shape, number, by_column, bytes) = match (name, state) {
            // Protocols 2 to 4; in 5, arrays that are not in one piece.
            (b"_reconstruct", Some(&[.., shape, number, order, bytes])) if MULTIARRAY.contains(&module) => {
                (shape, number, matches!(self.values[order], Value::True), bytes)
            }
            // Protocol 5.
            (b"_frombuffer", None) if NUMERIC.contains(&module) => {
                let &[bytes, number, shape, order] = arguments else {
                    return None;
                };
                (shape, number, self.is(order, b"F"), bytes)
            }
            _ => return None,
        };
        let Value::Tuple(shape) = &self.values[shape] else {
            return None;
        };
        let sizes = shape.iter().map(|&size| match self.values[size] {
            Value::Integer(size) => usize::try_from(size).ok(),
            _ => None,
        });
        let shape: Vec<usize> = sizes.collect::<Option<_>>()?;
        let (number, bytes) = (self.number_type(number)?, self.bytes(bytes)?);
        let expected = shape
            .iter()
            .try_fold(number.size, |product, &size| product.checked_mul(size))?;
        (bytes.len() == expected).then_some(NumpyArray {
            number,
            shape,
            by_column,
            bytes,
        })
    }

    /// A `numpy.dtype` of whole numbers.
    fn number_type(&self, value: usize) -> Option<Number> {
        let (b"numpy", b"dtype", &[name, ..], state) = self.call(value)? else {
            return None;
        };
        let name = self.bytes(name)?;
        let big_endian = matches!(state, Some(&[_, order, ..]) if self.is(order, b">"));
        let (signed, size) = match &*name {
            [b'u', size] => (false, size),
            [b'i', size] => (true, size),
            _ => return None,
        };
        let size = usize::from(size.checked_sub(b'0')?);
        [1, 2, 4, 8].contains(&size).then_some(Number {
            signed,
            size,
            big_endian,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_of_every_type_are_read() {
        for size in [1, 2, 4, 8] {
            for big_endian in [false, true] {
                let of = |signed| Number {
                    signed,
                    size,
                    big_endian,
                };
                let mut bytes = vec![0xff; size];
                bytes[if big_endian { size - 1 } else { 0 }] = 0xfe;
                assert_eq!(of(true).read(&bytes), Some(-2));
                assert_eq!(of(false).read(&bytes).is_none(), size == 8);
                bytes[if big_endian { 0 } else { size - 1 }] = 0;
                assert_eq!(of(true).read(&bytes), of(false).read(&bytes));
            }
        }
    }
}
