//! Python's pickles, as far as the batches of CIFAR-10 need them: no object is ever made, only what is written down is looked at.
//!
//! `serde-pickle` 1.2 reads more, but takes 4 KB of memory for each byte of a certain kind, and follows references by copying, so that small
//! files can fill any memory. Here every instruction makes one value at most, references share, and nothing recurses.

use std::collections::HashMap;

use crate::error::PickleProblem;

type Parsed<T> = Result<T, PickleProblem>;

/// A value; others are named by their place in the list of all values.
#[derive(Debug)]
enum Value<'a> {
    Integer(i64),
    /// A string or bytes.
    Bytes(&'a [u8]),
    List(Vec<usize>),
    /// Keys and values in turn.
    Dict(Vec<usize>),
    /// An object, known by its state; of an array, that is where its bytes are.
    Object(Option<usize>),
    Tuple(Vec<usize>),
    Mark,
    True,
    /// None, false, names of functions: nothing of interest.
    Other,
}

/// A pickled dictionary of whole numbers and bytes.
pub(crate) struct Pickle<'a> {
    values: Vec<Value<'a>>,
    root: usize,
}

impl<'a> Pickle<'a> {
    /// Reads protocols 2 to 5.
    pub fn read(bytes: &'a [u8]) -> Parsed<Self> {
        let mut machine = Machine {
            bytes,
            at: 0,
            values: Vec::new(),
            stack: Vec::new(),
            memo: HashMap::new(),
        };
        let root = machine.run()?;
        let values = machine.values;
        Ok(Self { values, root })
    }

    /// The whole numbers of a list, each within a byte.
    pub fn labels(&self, key: &'static str) -> Parsed<Vec<u8>> {
        let expected = "a list of whole numbers from 0 to 255";
        let wrong = || PickleProblem::Entry { key, expected };
        let Value::List(items) = self.entry(key).ok_or_else(wrong)? else {
            return Err(wrong());
        };
        items
            .iter()
            .map(|&item| match self.values[item] {
                Value::Integer(number) => u8::try_from(number).map_err(|_| wrong()),
                _ => Err(wrong()),
            })
            .collect()
    }

    /// The bytes of an array of NumPy, and whether they are column by column: the last entries of its state.
    pub fn array(&self, key: &'static str) -> Parsed<(&'a [u8], bool)> {
        let state = match self.entry(key) {
            Some(Value::Object(Some(state))) => &self.values[*state],
            _ => &Value::Other,
        };
        if let Value::Tuple(parts) = state
            && let [.., order, last] = parts[..]
            && let Value::Bytes(bytes) = self.values[last]
        {
            return Ok((bytes, matches!(self.values[order], Value::True)));
        }
        let expected = "an array of NumPy";
        Err(PickleProblem::Entry { key, expected })
    }

    fn entry(&self, key: &str) -> Option<&Value<'a>> {
        let Value::Dict(entries) = &self.values[self.root] else {
            return None;
        };
        let is_key = |&value: &usize| matches!(self.values[value], Value::Bytes(name) if name == key.as_bytes());
        let (pairs, _) = entries.as_chunks::<2>();
        pairs
            .iter()
            .find(|[name, _]| is_key(name))
            .map(|[_, value]| &self.values[*value])
    }
}

/// The stack machine that a pickle is a program of.
struct Machine<'a> {
    bytes: &'a [u8],
    at: usize,
    values: Vec<Value<'a>>,
    stack: Vec<usize>,
    memo: HashMap<usize, usize>,
}

impl<'a> Machine<'a> {
    fn run(&mut self) -> Parsed<usize> {
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
                b'}' => self.push(Value::Dict(Vec::new())),
                b']' => self.push(Value::List(Vec::new())),
                b')' => self.push(Value::Tuple(Vec::new())),
                b'K' => self.integer::<1>()?,
                b'M' => self.integer::<2>()?,
                b'J' => {
                    let number = self.number::<4>()? as u32;
                    self.push(Value::Integer(i64::from(number as i32)));
                }
                b'U' | b'C' | 0x8c => self.string::<1>()?, // SHORT_BINSTRING, SHORT_BINBYTES, SHORT_BINUNICODE
                b'T' | b'B' | b'X' => self.string::<4>()?, // BINSTRING, BINBYTES, BINUNICODE
                0x8d | 0x8e => self.string::<8>()?,        // BINUNICODE8, BINBYTES8
                b'c' => {
                    // GLOBAL: two lines.
                    self.line()?;
                    self.line()?;
                    self.push(Value::Other);
                }
                0x93 => {
                    // STACK_GLOBAL: two strings.
                    self.pop(start)?;
                    self.pop(start)?;
                    self.push(Value::Other);
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
                b'R' => {
                    // REDUCE: what would be called, with which arguments.
                    self.pop(start)?;
                    self.pop(start)?;
                    self.push(Value::Object(None));
                }
                b'b' => {
                    // BUILD
                    let state = self.pop(start)?;
                    let object = self.top(start)?;
                    if let Value::Object(old) = &mut self.values[object] {
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

    fn string<const N: usize>(&mut self) -> Parsed<()> {
        let length = self.size::<N>()?;
        let bytes = self.take(length)?;
        self.push(Value::Bytes(bytes));
        Ok(())
    }

    fn line(&mut self) -> Parsed<()> {
        let rest = self.bytes.get(self.at..).unwrap_or_default();
        let length = rest.iter().position(|&byte| byte == b'\n');
        self.take(length.ok_or(PickleProblem::Truncated(self.bytes.len()))? + 1)?;
        Ok(())
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
