//! The machine that a pickle is a program of: values are made, functions are not called.

use std::collections::HashMap;

use crate::error::PickleProblem;

pub(super) type Parsed<T> = Result<T, PickleProblem>;

/// A value; others are named by their place in the list of all values.
#[derive(Debug)]
pub(super) enum Value<'a> {
    Integer(i64),
    /// Bytes, or a string of Python 2.
    Bytes(&'a [u8]),
    /// Text in UTF-8.
    Text(&'a [u8]),
    List(Vec<usize>),
    /// Keys and values in turn.
    Dict(Vec<usize>),
    /// Module and name of a function or class.
    Global(&'a [u8], &'a [u8]),
    /// What a function would return, and the state that it would be given.
    Object {
        function: usize,
        arguments: usize,
        state: Option<usize>,
    },
    Tuple(Vec<usize>),
    Mark,
    True,
    /// None, false, fractions: nothing of interest.
    Other,
}

/// The stack machine that a pickle is a program of.
pub(super) struct Machine<'a> {
    bytes: &'a [u8],
    at: usize,
    pub values: Vec<Value<'a>>,
    stack: Vec<usize>,
    memo: HashMap<usize, usize>,
}

impl<'a> Machine<'a> {
    pub fn new(bytes: &'a [u8]) -> Self {
        Self {
            bytes,
            at: 0,
            values: Vec::new(),
            stack: Vec::new(),
            memo: HashMap::new(),
        }
    }

    /// Follows all instructions; the place of the value that is left.
    pub fn run(&mut self) -> Parsed<usize> {
        loop {
            let start = self.at;
            let code = self.number::<1>()?;
            match code as u8 {
                0x80 => drop(self.take(1)?),            // PROTO
                0x95 => drop(self.take(8)?),            // FRAME
                b'.' => return self.pop(start),         // STOP
                b'(' => self.push(Value::Mark),         // MARK
                b'N' | 0x89 => self.push(Value::Other), // NONE, NEWFALSE
                0x88 => self.push(Value::True),         // NEWTRUE
                b'G' => {
                    // BINFLOAT
                    self.take(8)?;
                    self.push(Value::Other);
                }
                b'0' => drop(self.pop(start)?), // POP
                b'2' => {
                    // DUP
                    let top = self.top(start)?;
                    self.stack.push(top);
                }
                0x98 => drop(self.top(start)?), // READONLY_BUFFER
                0x8a => self.long()?,           // LONG1
                b'}' => self.push(Value::Dict(Vec::new())),
                b']' => self.push(Value::List(Vec::new())),
                b')' => self.push(Value::Tuple(Vec::new())),
                b'K' => self.integer::<1>()?,
                b'M' => self.integer::<2>()?,
                b'J' => {
                    let number = self.number::<4>()? as u32;
                    self.push(Value::Integer(i64::from(number as i32)));
                }
                b'U' | b'C' => self.string::<1>(Value::Bytes)?, // SHORT_BINSTRING, SHORT_BINBYTES
                b'T' | b'B' => self.string::<4>(Value::Bytes)?, // BINSTRING, BINBYTES
                0x8e | 0x96 => self.string::<8>(Value::Bytes)?, // BINBYTES8, BYTEARRAY8
                0x8c => self.string::<1>(Value::Text)?,         // SHORT_BINUNICODE
                b'X' => self.string::<4>(Value::Text)?,         // BINUNICODE
                0x8d => self.string::<8>(Value::Text)?,         // BINUNICODE8
                b'c' => {
                    // GLOBAL: two lines.
                    let (module, name) = (self.line()?, self.line()?);
                    self.push(Value::Global(module, name));
                }
                0x93 => {
                    // STACK_GLOBAL: two strings.
                    let (name, module) = (self.pop(start)?, self.pop(start)?);
                    let global = match (&self.values[module], &self.values[name]) {
                        (&Value::Text(module), &Value::Text(name)) => Value::Global(module, name),
                        _ => Value::Other,
                    };
                    self.push(global);
                }
                b'q' => self.memoize::<1>(start)?,
                b'r' => self.memoize::<4>(start)?,
                0x94 => {
                    // MEMOIZE
                    let top = self.top(start)?;
                    self.memo.insert(self.memo.len(), top);
                }
                b'h' => self.recall::<1>(start)?,
                b'j' => self.recall::<4>(start)?,
                0x85..=0x87 => {
                    // TUPLE1 to TUPLE3
                    let from = self.stack.len().checked_sub(code as usize - 0x84);
                    let items = self.stack.split_off(from.ok_or(PickleProblem::Empty(start))?);
                    self.push(Value::Tuple(items));
                }
                b't' => {
                    let items = self.above_mark(start)?;
                    self.push(Value::Tuple(items));
                }
                b'R' | 0x81 => {
                    // REDUCE, NEWOBJ: what would be called, with which arguments.
                    let (arguments, function) = (self.pop(start)?, self.pop(start)?);
                    self.push(Value::Object {
                        function,
                        arguments,
                        state: None,
                    });
                }
                b'b' => {
                    // BUILD
                    let state = self.pop(start)?;
                    let object = self.top(start)?;
                    if let Value::Object { state: old, .. } = &mut self.values[object] {
                        *old = Some(state);
                    }
                }
                b'a' => {
                    let item = self.pop(start)?;
                    self.extend(start, vec![item])?;
                }
                b's' => {
                    let (value, key) = (self.pop(start)?, self.pop(start)?);
                    self.extend(start, vec![key, value])?;
                }
                b'e' | b'u' => {
                    // APPENDS, SETITEMS
                    let items = self.above_mark(start)?;
                    self.extend(start, items)?;
                }
                code => return Err(PickleProblem::Instruction { code, at: start }),
            }
        }
    }

    fn push(&mut self, value: Value<'a>) {
        self.stack.push(self.values.len());
        self.values.push(value);
    }

    fn pop(&mut self, at: usize) -> Parsed<usize> {
        self.stack.pop().ok_or(PickleProblem::Empty(at))
    }

    fn top(&self, at: usize) -> Parsed<usize> {
        self.stack.last().copied().ok_or(PickleProblem::Empty(at))
    }

    /// What is above the last mark, which goes.
    fn above_mark(&mut self, at: usize) -> Parsed<Vec<usize>> {
        let is_mark = |&value: &usize| matches!(self.values[value], Value::Mark);
        let mark = self.stack.iter().rposition(is_mark).ok_or(PickleProblem::Empty(at))?;
        let items = self.stack.split_off(mark + 1);
        self.stack.pop();
        Ok(items)
    }

    /// Adds to the list or dictionary on top.
    fn extend(&mut self, at: usize, more: Vec<usize>) -> Parsed<()> {
        let top = self.top(at)?;
        match &mut self.values[top] {
            Value::List(items) | Value::Dict(items) => items.extend(more),
            _ => return Err(PickleProblem::Empty(at)),
        }
        Ok(())
    }

    fn take(&mut self, length: usize) -> Parsed<&'a [u8]> {
        let taken = self.bytes.get(self.at..).and_then(|rest| rest.get(..length));
        self.at = self.at.saturating_add(length);
        taken.ok_or(PickleProblem::Truncated(self.bytes.len()))
    }

    /// A little-endian number of N bytes.
    fn number<const N: usize>(&mut self) -> Parsed<u64> {
        let bytes = self.take(N)?;
        Ok(bytes
            .iter()
            .rev()
            .fold(0, |number, &byte| number << 8 | u64::from(byte)))
    }

    fn size<const N: usize>(&mut self) -> Parsed<usize> {
        Ok(usize::try_from(self.number::<N>()?).unwrap_or(usize::MAX))
    }

    fn integer<const N: usize>(&mut self) -> Parsed<()> {
        let number = self.number::<N>()?;
        self.push(Value::Integer(number as i64));
        Ok(())
    }

    /// A whole number of any length; one that is too long is none.
    fn long(&mut self) -> Parsed<()> {
        let length = self.size::<1>()?;
        let bytes = self.take(length)?;
        let mut number = [if bytes.last().is_some_and(|byte| byte & 0x80 != 0) {
            0xff
        } else {
            0
        }; 8];
        let value = match number.get_mut(..length) {
            Some(place) => {
                place.copy_from_slice(bytes);
                Value::Integer(i64::from_le_bytes(number))
            }
            None => Value::Other,
        };
        self.push(value);
        Ok(())
    }

    fn string<const N: usize>(&mut self, value: impl Fn(&'a [u8]) -> Value<'a>) -> Parsed<()> {
        let length = self.size::<N>()?;
        let bytes = self.take(length)?;
        self.push(value(bytes));
        Ok(())
    }

    /// A line, without its end.
    fn line(&mut self) -> Parsed<&'a [u8]> {
        let rest = self.bytes.get(self.at..).unwrap_or_default();
        let length = rest.iter().position(|&byte| byte == b'\n');
        let length = length.ok_or(PickleProblem::Truncated(self.bytes.len()))?;
        let line = self.take(length + 1)?;
        Ok(&line[..length])
    }

    fn memoize<const N: usize>(&mut self, at: usize) -> Parsed<()> {
        let place = self.size::<N>()?;
        let top = self.top(at)?;
        self.memo.insert(place, top);
        Ok(())
    }

    fn recall<const N: usize>(&mut self, at: usize) -> Parsed<()> {
        let place = self.size::<N>()?;
        let &value = self.memo.get(&place).ok_or(PickleProblem::Empty(at))?;
        self.stack.push(value);
        Ok(())
    }
}
