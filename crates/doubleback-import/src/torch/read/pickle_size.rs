//! How much memory a pickle will take: it is walked without building anything, and what every opcode would make or copy is added up.
//!
//! A byte of a pickle may make an object of a hundred bytes, and its memo copies whole trees: a small file could take gigabytes.

use std::collections::HashMap;

/// What was counted up to the end of a pickle.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Counted {
    /// Bytes of the pickle.
    pub length: usize,
    /// Objects that were made or copied.
    pub objects: usize,
    /// Bytes of text and of other values that were made or copied.
    pub bytes: usize,
}

/// Objects and bytes of a value.
#[derive(Clone, Copy, Default)]
struct Cost {
    objects: usize,
    bytes: usize,
}

impl Cost {
    fn and(self, other: Self) -> Self {
        Self {
            objects: self.objects.saturating_add(other.objects),
            bytes: self.bytes.saturating_add(other.bytes),
        }
    }
}

#[derive(Default)]
struct Walk {
    stack: Vec<Cost>,
    marks: Vec<usize>,
    memo: HashMap<u32, Cost>,
    all: Cost,
}

/// Walks the pickle at the beginning of `bytes`, which may go on after it.
///
/// # Errors
/// When there is no whole pickle, or it makes more than `most` objects or as many bytes sixteenfold.
pub(super) fn count(bytes: &[u8], most: usize) -> Result<Counted, String> {
    let mut walk = Walk::default();
    let mut rest = bytes;
    loop {
        let end = walk.step(&mut rest).ok_or("its pickle is damaged or cut off")?;
        let many = walk.all.objects > most || walk.all.bytes > most.saturating_mul(16);
        if many {
            return Err(format!(
                "its pickle makes more than {most} objects, more than a file of its size needs"
            ));
        }
        if end {
            return Ok(Counted {
                length: bytes.len() - rest.len(),
                objects: walk.all.objects,
                bytes: walk.all.bytes,
            });
        }
    }
}

/// The next `count` bytes.
fn take<'a>(rest: &mut &'a [u8], count: usize) -> Option<&'a [u8]> {
    let (taken, after) = rest.split_at_checked(count)?;
    *rest = after;
    Some(taken)
}

/// A little-endian number of so many bytes.
fn number(rest: &mut &[u8], width: usize) -> Option<usize> {
    let bytes = take(rest, width)?;
    let number = bytes
        .iter()
        .rev()
        .fold(0u64, |number, &byte| number << 8 | u64::from(byte));
    usize::try_from(number).ok()
}

fn line<'a>(rest: &mut &'a [u8]) -> Option<&'a [u8]> {
    let end = rest.iter().position(|&byte| byte == b'\n')?;
    let line = take(rest, end)?;
    take(rest, 1)?;
    Some(line)
}

fn index(line: &[u8]) -> Option<u32> {
    std::str::from_utf8(line).ok()?.trim_end_matches('\r').parse().ok()
}

impl Walk {
    /// One opcode; whether it was the last. Nothing if there is no such one.
    fn step(&mut self, rest: &mut &[u8]) -> Option<bool> {
        let &[op] = take(rest, 1)? else { return None };
        match op {
            b'.' => return Some(true),
            // Framing and marks.
            0x80 => _ = take(rest, 1)?,
            0x95 => _ = take(rest, 8)?,
            b'(' => self.marks.push(self.stack.len()),
            b'0' => self.drop_one(),
            b'1' => _ = self.pop_to_mark(),
            // Values.
            b'N' | b')' | b']' | b'}' | 0x88 | 0x89 | 0x8f => self.push(0),
            b'K' => self.fixed(rest, 1)?,
            b'M' => self.fixed(rest, 2)?,
            b'J' => self.fixed(rest, 4)?,
            b'G' => self.fixed(rest, 8)?,
            b'I' | b'L' | b'F' | b'V' | b'S' | b'P' => {
                let length = line(rest)?.len();
                self.push(length);
            }
            b'U' | b'C' | 0x8a | 0x8c => self.counted(rest, 1)?,
            b'T' | b'B' | b'X' | 0x8b => self.counted(rest, 4)?,
            0x8d | 0x8e | 0x96 => self.counted(rest, 8)?,
            b'c' => {
                let length = line(rest)?.len() + line(rest)?.len();
                self.push(length);
            }
            // What takes values from the stack.
            b't' | b'l' | b'd' | 0x91 => {
                let inside = self.pop_to_mark();
                self.wrap(inside);
            }
            b'e' | b'u' | 0x90 => {
                let inside = self.pop_to_mark();
                self.add_to_top(inside);
            }
            b'a' | b'b' => self.merge(1, op == b'b'),
            b's' => self.merge(2, false),
            b'Q' | 0x85 => self.join(1),
            0x86 | b'R' | 0x81 | 0x93 => self.join(2),
            0x87 | 0x92 => self.join(3),
            // Copies.
            b'2' => {
                let top = self.stack.last().copied()?;
                self.copy(top);
                self.stack.push(top);
            }
            b'q' => self.put_at(number(rest, 1)?)?,
            b'r' => self.put_at(number(rest, 4)?)?,
            b'p' => self.put(index(line(rest)?)?)?,
            0x94 => self.put_at(self.memo.len())?,
            b'h' => self.get_at(number(rest, 1)?)?,
            b'j' => self.get_at(number(rest, 4)?)?,
            b'g' => self.get(index(line(rest)?)?)?,
            _ => return None,
        }
        Some(false)
    }

    fn push(&mut self, bytes: usize) {
        let cost = Cost { objects: 1, bytes };
        self.copy(cost);
        self.stack.push(cost);
    }

    fn fixed(&mut self, rest: &mut &[u8], width: usize) -> Option<()> {
        take(rest, width)?;
        self.push(0);
        Some(())
    }

    /// A value behind its own length.
    fn counted(&mut self, rest: &mut &[u8], width: usize) -> Option<()> {
        let length = number(rest, width)?;
        take(rest, length)?;
        self.push(length);
        Some(())
    }

    fn copy(&mut self, cost: Cost) {
        self.all = self.all.and(cost);
    }

    fn drop_one(&mut self) {
        if self.marks.last() == Some(&self.stack.len()) {
            self.marks.pop();
        } else {
            self.stack.pop();
        }
    }

    fn pop(&mut self) -> Cost {
        self.stack.pop().unwrap_or_default()
    }

    fn pop_to_mark(&mut self) -> Cost {
        let start = self.marks.pop().unwrap_or(0).min(self.stack.len());
        self.stack.drain(start..).fold(Cost::default(), Cost::and)
    }

    /// A new value around others.
    fn wrap(&mut self, inside: Cost) {
        let one = Cost { objects: 1, bytes: 0 };
        self.copy(one);
        self.stack.push(inside.and(one));
    }

    fn add_to_top(&mut self, inside: Cost) {
        let top = self.pop();
        self.stack.push(top.and(inside));
    }

    /// Puts the last values into the one before; what was built anew is copied to the memo once more.
    fn merge(&mut self, count: usize, built: bool) {
        let inside = (0..count).fold(Cost::default(), |sum, _| sum.and(self.pop()));
        self.add_to_top(inside);
        if built && let Some(&top) = self.stack.last() {
            self.copy(top);
        }
    }

    /// Replaces the last values by one.
    fn join(&mut self, count: usize) {
        let inside = (0..count).fold(Cost::default(), |sum, _| sum.and(self.pop()));
        self.wrap(inside);
    }

    fn put_at(&mut self, index: usize) -> Option<()> {
        self.put(u32::try_from(index).ok()?)
    }

    fn put(&mut self, index: u32) -> Option<()> {
        let top = self.stack.last().copied()?;
        self.copy(top);
        self.memo.insert(index, top);
        Some(())
    }

    fn get_at(&mut self, index: usize) -> Option<()> {
        self.get(u32::try_from(index).ok()?)
    }

    fn get(&mut self, index: u32) -> Option<()> {
        let value = self.memo.get(&index).copied()?;
        self.copy(value);
        self.stack.push(value);
        Some(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn objects_and_copies_are_counted() {
        // {"a": 1}: a dictionary, a text and a number; the memo copies the dictionary while it is empty, and the text.
        let pickle = b"\x80\x02}q\x00U\x01aq\x01K\x01s.after";
        let counted = Counted {
            length: pickle.len() - 5,
            objects: 5,
            bytes: 2,
        };
        assert_eq!(count(pickle, 100), Ok(counted));
    }

    #[test]
    fn a_pickle_that_copies_itself_is_refused_before_it_does() {
        // A list that is doubled again and again.
        let mut bomb = b"\x80\x02]q\x00".to_vec();
        for _ in 0..64 {
            bomb.extend(b"h\x00h\x00\x86q\x00");
        }
        bomb.push(b'.');
        assert!(count(&bomb, 1 << 16).unwrap_err().contains("more than 65536 objects"));
    }

    #[test]
    fn what_is_cut_off_is_refused() {
        for pickle in [
            &b""[..],
            b"\x80",
            b"X\xff\xff\xff\xff",
            b"(lp0\n",
            b"\x8d\xff\xff\xff\xff\xff\xff\xff\xff.",
        ] {
            assert!(count(pickle, 100).is_err());
        }
    }
}
