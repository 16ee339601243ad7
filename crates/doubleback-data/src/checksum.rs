//! SHA-256 of what is read, computed while it is read.

use std::fmt::Write as _;
use std::io::{self, Read};

use sha2::{Digest, Sha256};

/// A reader that counts and hashes the bytes that pass through it.
pub(crate) struct Checksummed<R> {
    inner: R,
    hash: Sha256,
    bytes: u64,
}

impl<R: Read> Checksummed<R> {
    pub(crate) fn new(inner: R) -> Self {
        Self {
            inner,
            hash: Sha256::new(),
            bytes: 0,
        }
    }

    /// SHA-256 in lower-case hexadecimal and the count of the bytes read so far.
    pub(crate) fn finish(self) -> (String, u64) {
        (hex(&self.hash.finalize()), self.bytes)
    }
}

impl<R: Read> Read for Checksummed<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let got = self.inner.read(buffer)?;
        self.hash.update(&buffer[..got]);
        self.bytes += got as u64;
        Ok(got)
    }
}

/// SHA-256 of all parts together, in lower-case hexadecimal.
pub fn sha256<'a>(parts: impl Iterator<Item = &'a [u8]>) -> String {
    let mut hash = Sha256::new();
    parts.for_each(|part| hash.update(part));
    hex(&hash.finalize())
}

/// Lower-case hexadecimal.
pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes
        .iter()
        .fold(String::with_capacity(2 * bytes.len()), |mut text, byte| {
            // Writing to a String cannot fail.
            let _ = write!(text, "{byte:02x}");
            text
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn agrees_with_the_standards_example() {
        let mut reader = Checksummed::new(&b"abc"[..]);
        io::copy(&mut reader, &mut io::sink()).unwrap();
        let expected = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        assert_eq!(reader.finish(), (expected.to_owned(), 3));
    }
}
