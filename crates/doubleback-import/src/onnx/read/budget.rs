//! What a file may make of itself: values of sparse tensors and copies of functions, which take no bytes of the file.

use super::super::refusal::Refusal;

/// Bytes for a byte of the file.
const PER_BYTE: usize = 32;
/// Whatever the file's size.
const ANYWAY: usize = 32 << 20;

/// Bytes that may still be made.
pub(super) struct Budget {
    left: usize,
}

impl Budget {
    /// Of a file of so many bytes.
    pub fn of(file: usize) -> Self {
        Self {
            left: file.saturating_mul(PER_BYTE).saturating_add(ANYWAY),
        }
    }

    /// Takes so many bytes of it.
    pub fn take(&mut self, bytes: usize) -> Result<(), Refusal> {
        let left = self.left.checked_sub(bytes);
        self.left = left.ok_or("unfolds to far more than any network of a file of its size")?;
        Ok(())
    }
}
