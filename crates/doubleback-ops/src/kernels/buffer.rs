//! Memory for results, recycled: a training step asks for the same sizes again and again, and fresh memory costs a page fault every 4 KiB.

use std::alloc::{Layout, alloc, dealloc, handle_alloc_error};
use std::collections::VecDeque;
use std::marker::PhantomData;
use std::mem::{ManuallyDrop, MaybeUninit};
use std::ops::{Deref, DerefMut};
use std::ptr::NonNull;
use std::sync::{Mutex, PoisonError};

use burn::tensor::Bytes;
use bytemuck::Pod;
use cubecl_environment::bytes::{AccessError, AccessPolicy, AllocationController, AllocationProperty};
use rayon::prelude::*;

/// A cache line, and a vector of the widest instruction set.
const ALIGNMENT: usize = 64;

/// Smaller allocations are left to the allocator, which is good at them.
const LEAST: usize = 1 << 14;

/// Memory that was let go, oldest first, and counts of bytes.
struct Free {
    blocks: VecDeque<Block>,
    bytes: usize,
    used: usize,
    most_used: usize,
}

static FREE: Mutex<Free> = Mutex::new(Free {
    blocks: VecDeque::new(),
    bytes: 0,
    used: 0,
    most_used: 0,
});

/// An allocation of the global allocator.
struct Block {
    start: NonNull<u8>,
    size: usize,
}

// SAFETY: a block is plain memory with one owner.
unsafe impl Send for Block {}
// SAFETY: as above; it is written through `&mut` only.
unsafe impl Sync for Block {}

impl Block {
    fn layout(size: usize) -> Layout {
        Layout::from_size_align(size, ALIGNMENT).unwrap_or_else(|_| handle_alloc_error(Layout::new::<u8>()))
    }

    fn fresh(size: usize) -> Self {
        let layout = Self::layout(size);
        // SAFETY: the size is not zero, see `Memory::new`.
        let start = unsafe { alloc(layout) };
        Self {
            start: NonNull::new(start).unwrap_or_else(|| handle_alloc_error(layout)),
            size,
        }
    }
}

impl Drop for Block {
    fn drop(&mut self) {
        // SAFETY: allocated with this very layout.
        unsafe { dealloc(self.start.as_ptr(), Self::layout(self.size)) }
    }
}

/// A block that goes back to [`FREE`] when dropped.
struct Memory(ManuallyDrop<Block>);

impl Memory {
    fn new(bytes: usize) -> Self {
        let size = bytes
            .max(1)
            .next_multiple_of(if bytes < LEAST { ALIGNMENT } else { 4096 });
        if size < LEAST {
            return Self(ManuallyDrop::new(Block::fresh(size)));
        }
        let mut free = FREE.lock().unwrap_or_else(PoisonError::into_inner);
        free.used += size;
        free.most_used = free.most_used.max(free.used);
        // The one let go last is most likely still in the cache.
        let found = free.blocks.iter().rposition(|block| block.size == size);
        let block = found.and_then(|place| free.blocks.remove(place));
        if block.is_some() {
            free.bytes -= size;
        }
        drop(free);
        Self(ManuallyDrop::new(block.unwrap_or_else(|| Block::fresh(size))))
    }
}

impl Drop for Memory {
    fn drop(&mut self) {
        // SAFETY: taken once, here.
        let block = unsafe { ManuallyDrop::take(&mut self.0) };
        if block.size < LEAST {
            return;
        }
        let mut dropped = Vec::new();
        let mut free = FREE.lock().unwrap_or_else(PoisonError::into_inner);
        free.used -= block.size;
        free.bytes += block.size;
        free.blocks.push_back(block);
        // Keep no more than was ever in use at once, and as much again for sizes that do not fit: those not asked for any longer go first.
        while free.used + free.bytes > 2 * free.most_used {
            let Some(oldest) = free.blocks.pop_front() else { break };
            free.bytes -= oldest.size;
            dropped.push(oldest);
        }
    }
}

impl AllocationController for Memory {
    fn alloc_align(&self) -> usize {
        ALIGNMENT
    }

    fn property(&self) -> AllocationProperty {
        AllocationProperty::Other
    }

    unsafe fn memory_mut(&mut self, _: AccessPolicy) -> Result<&mut [MaybeUninit<u8>], AccessError> {
        // SAFETY: the block is this long and has one owner.
        Ok(unsafe { std::slice::from_raw_parts_mut(self.0.start.as_ptr().cast(), self.0.size) })
    }

    fn memory(&self, _: AccessPolicy) -> Result<&[MaybeUninit<u8>], AccessError> {
        // SAFETY: the block is this long.
        Ok(unsafe { std::slice::from_raw_parts(self.0.start.as_ptr().cast(), self.0.size) })
    }

    fn duplicate(&self) -> Option<Box<dyn AllocationController>> {
        let copy = Memory::new(self.0.size);
        // SAFETY: both blocks are at least this long, and no two blocks overlap.
        unsafe { std::ptr::copy_nonoverlapping(self.0.start.as_ptr(), copy.0.start.as_ptr(), self.0.size) };
        Some(Box::new(copy))
    }
}

/// Values in recycled memory, aligned for every instruction set.
///
/// A value that was not written yet must not be seen through a slice: until all are, only `as_mut_ptr` and
/// `as_ptr` may be used, which make no reference to the values.
pub struct Buffer<T = f32> {
    memory: Memory,
    len: usize,
    values: PhantomData<T>,
}

impl<T: Pod + Send + Sync> Buffer<T> {
    /// `len` values of which nothing is known.
    ///
    /// # Safety
    /// Every value must be written before it is read, or seen through a slice.
    pub(crate) unsafe fn uninitialized(len: usize) -> Self {
        Self {
            memory: Memory::new(len * size_of::<T>()),
            len,
            values: PhantomData,
        }
    }

    /// Zeros.
    pub(crate) fn zeroed(len: usize) -> Self {
        // SAFETY: written just below.
        let mut buffer = unsafe { Self::uninitialized(len) };
        // SAFETY: the memory holds `len` values, and `Pod` says that zero bytes are one.
        unsafe { std::ptr::write_bytes(buffer.as_mut_ptr(), 0, len) };
        buffer
    }

    /// Number of values.
    pub(crate) fn len(&self) -> usize {
        self.len
    }

    /// Whether there are none.
    pub(crate) fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// The first value, which may not have been written yet.
    pub(crate) fn as_ptr(&self) -> *const T {
        self.memory.0.start.as_ptr().cast()
    }

    /// As `as_ptr`, to write through.
    pub(crate) fn as_mut_ptr(&mut self) -> *mut T {
        self.memory.0.start.as_ptr().cast()
    }

    /// `chunks * chunk` values that `fill` writes chunk by chunk, in parallel.
    ///
    /// # Safety
    /// `fill(i, p)` must write all `chunk` values from `p` on.
    pub(crate) unsafe fn filled(chunks: usize, chunk: usize, fill: impl Fn(usize, *mut T) + Sync) -> Self {
        // SAFETY: the caller's.
        unsafe { Self::filled_then(chunks, chunk, fill, |_| ()).0 }
    }

    /// As [`filled`](Self::filled), and what `after` says to each chunk just written, while it is in the cache.
    ///
    /// # Safety
    /// As [`filled`](Self::filled).
    pub(crate) unsafe fn filled_then<P: Send>(
        chunks: usize,
        chunk: usize,
        fill: impl Fn(usize, *mut T) + Sync,
        after: impl Fn(&[T]) -> P + Sync,
    ) -> (Self, Vec<P>) {
        // SAFETY: `fill` writes every value.
        let mut buffer = unsafe { Self::uninitialized(chunks * chunk) };
        let start = Shared(buffer.as_mut_ptr());
        let said = (0..chunks).into_par_iter().map(|i| {
            // SAFETY: chunk i is inside the buffer, no one else looks at it, and `fill` has written it when it becomes a slice.
            unsafe {
                let part = start.get().add(i * chunk);
                fill(i, part);
                after(std::slice::from_raw_parts(part, chunk))
            }
        });
        let said = said.collect();
        (buffer, said)
    }

    /// `len` values that `fill(start, end, p)` writes in parallel, `block` at a time; the last block may be shorter.
    ///
    /// # Safety
    /// `fill` must write the values `start..end`, the first of them at `p`.
    pub(crate) unsafe fn blocks(len: usize, block: usize, fill: impl Fn(usize, usize, *mut T) + Sync) -> Self {
        // SAFETY: `fill` writes every value.
        let mut buffer = unsafe { Self::uninitialized(len) };
        let first = Shared(buffer.as_mut_ptr());
        (0..len.div_ceil(block)).into_par_iter().for_each(|i| {
            let (start, end) = (i * block, ((i + 1) * block).min(len));
            // SAFETY: `start` is inside the buffer.
            fill(start, end, unsafe { first.get().add(start) });
        });
        buffer
    }

    /// The values as the storage of a tensor.
    pub fn into_bytes(self) -> Bytes {
        let length = self.len * size_of::<T>();
        // SAFETY: the first `length` bytes were written.
        unsafe { Bytes::from_controller(Box::new(self.memory), length) }
    }
}

impl<T: Pod + Send + Sync> Deref for Buffer<T> {
    type Target = [T];

    fn deref(&self) -> &[T] {
        // SAFETY: the memory holds `len` values, aligned to more than any number needs, and whoever made the buffer has written them all.
        unsafe { std::slice::from_raw_parts(self.as_ptr(), self.len) }
    }
}

impl<T: Pod + Send + Sync> DerefMut for Buffer<T> {
    fn deref_mut(&mut self) -> &mut [T] {
        // SAFETY: as in `deref`; and `self` is borrowed mutably, so this is the only reference.
        unsafe { std::slice::from_raw_parts_mut(self.as_mut_ptr(), self.len) }
    }
}

/// A pointer that threads share, each for its own part.
#[derive(Clone, Copy)]
pub(crate) struct Shared<T>(pub *mut T);

// SAFETY: those who dereference it vouch that they touch different places.
unsafe impl<T> Send for Shared<T> {}
// SAFETY: as above.
unsafe impl<T> Sync for Shared<T> {}

impl<T> Shared<T> {
    /// The pointer; a method, so that closures capture the whole.
    pub fn get(&self) -> *mut T {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memory_is_used_again() {
        let first = Buffer::<f32>::zeroed(1_234_567);
        let address = first.as_ptr();
        drop(first);
        let second = Buffer::<f32>::zeroed(1_234_567);
        assert_eq!(second.as_ptr(), address);
        assert_eq!(address as usize % ALIGNMENT, 0);
    }

    #[test]
    fn tensors_share_and_copy() {
        let mut buffer = Buffer::<f32>::zeroed(20_000);
        buffer[19_999] = 3.0;
        let bytes = buffer.into_bytes();
        let copy = bytes.clone();
        drop(bytes);
        assert_eq!(copy.len(), 80_000);
        assert_eq!(copy[79_996..], 3f32.to_le_bytes());
    }

    #[test]
    fn empty_buffers_are_fine() {
        assert!(Buffer::<f32>::zeroed(0).is_empty());
        assert_eq!(Buffer::<f32>::zeroed(0).into_bytes().len(), 0);
    }
}
