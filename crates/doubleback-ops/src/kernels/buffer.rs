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
    most_held: usize,
}

static FREE: Mutex<Free> = Mutex::new(Free {
    blocks: VecDeque::new(),
    bytes: 0,
    used: 0,
    most_used: 0,
    most_held: 0,
});

impl Free {
    /// A block for so many bytes: of this size, or the smallest that is a little larger. A smaller last batch would otherwise take as much memory again
    /// as the batches before it.
    fn place(&self, size: usize) -> Option<usize> {
        // The one let go last is most likely still in the cache.
        let exact = self.blocks.iter().rposition(|block| block.size == size);
        exact.or_else(|| {
            let blocks = self.blocks.iter().enumerate();
            let fitting = blocks.filter(|(_, block)| (size..=size + size / 4).contains(&block.size));
            fitting.min_by_key(|(_, block)| block.size).map(|(place, _)| place)
        })
    }
}

/// High-water marks of the memory for results, in bytes; small results are not counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BufferMemory {
    /// In use at once.
    pub most_used: usize,
    /// In use, or kept to be used again, at once.
    pub most_held: usize,
}

/// How much memory results have taken since the process began.
pub fn buffer_memory() -> BufferMemory {
    let free = FREE.lock().unwrap_or_else(PoisonError::into_inner);
    BufferMemory {
        most_used: free.most_used,
        most_held: free.most_held,
    }
}

/// An allocation of the global allocator.
struct Block {
    start: NonNull<u8>,
    size: usize,
}

// SAFETY: a block owns memory of the global allocator, which any thread may use and free, and nothing else points into it.
unsafe impl Send for Block {}
// SAFETY: `&Block` gives the address and the size, both of which never change; who reads or writes behind the address answers for it.
unsafe impl Sync for Block {}

impl Block {
    fn layout(size: usize) -> Layout {
        Layout::from_size_align(size, ALIGNMENT).unwrap_or_else(|_| handle_alloc_error(Layout::new::<u8>()))
    }

    /// # Panics
    /// When the size is 0, of which there is no allocation.
    fn fresh(size: usize) -> Self {
        assert!(size > 0);
        let layout = Self::layout(size);
        // SAFETY: the layout's size is not zero, as asserted.
        let start = unsafe { alloc(layout) };
        Self {
            start: NonNull::new(start).unwrap_or_else(|| handle_alloc_error(layout)),
            size,
        }
    }
}

impl Drop for Block {
    fn drop(&mut self) {
        // SAFETY: `fresh`, which alone makes blocks, allocated `start` with the layout of this size, and a block is dropped once.
        unsafe { dealloc(self.start.as_ptr(), Self::layout(self.size)) }
    }
}

/// What no allocator could give.
fn too_large() -> ! {
    panic!("a buffer of more bytes than memory has addresses")
}

/// A block that goes back to [`FREE`] when dropped.
struct Memory(ManuallyDrop<Block>);

impl Memory {
    fn new(bytes: usize) -> Self {
        let size = bytes
            .max(1)
            .checked_next_multiple_of(if bytes < LEAST { ALIGNMENT } else { 4096 })
            .unwrap_or_else(|| too_large());
        if size < LEAST {
            return Self(ManuallyDrop::new(Block::fresh(size)));
        }
        let mut free = FREE.lock().unwrap_or_else(PoisonError::into_inner);
        let block = free.place(size).and_then(|place| free.blocks.remove(place));
        let taken = block.as_ref().map_or(size, |block| block.size);
        if block.is_some() {
            free.bytes -= taken;
        }
        free.used += taken;
        free.most_used = free.most_used.max(free.used);
        free.most_held = free.most_held.max(free.used + free.bytes);
        drop(free);
        Self(ManuallyDrop::new(block.unwrap_or_else(|| Block::fresh(size))))
    }
}

impl Drop for Memory {
    fn drop(&mut self) {
        // SAFETY: `self.0` is not used again: this is `drop`, which runs once, and a `ManuallyDrop` has no drop of its own.
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
        // SAFETY: `start` is the first of `size` allocated bytes, which may be unwritten as `MaybeUninit` allows; the block has one owner, borrowed
        // mutably here, so there is no other reference.
        Ok(unsafe { std::slice::from_raw_parts_mut(self.0.start.as_ptr().cast(), self.0.size) })
    }

    fn memory(&self, _: AccessPolicy) -> Result<&[MaybeUninit<u8>], AccessError> {
        // SAFETY: `start` is the first of `size` allocated bytes, which may be unwritten as `MaybeUninit` allows; they are written through `&mut self`
        // alone, which this borrow excludes.
        Ok(unsafe { std::slice::from_raw_parts(self.0.start.as_ptr().cast(), self.0.size) })
    }

    fn duplicate(&self) -> Option<Box<dyn AllocationController>> {
        let copy = Memory::new(self.0.size);
        // SAFETY: this block has `size` bytes, and `copy` at least as many, as were asked for. Two allocations do not overlap. Unwritten bytes are copied
        // as what they are.
        unsafe { std::ptr::copy_nonoverlapping(self.0.start.as_ptr(), copy.0.start.as_ptr(), self.0.size) };
        Some(Box::new(copy))
    }
}

/// Room for values in recycled memory, aligned for every instruction set, of which some or all were not written yet: there is no reference
/// to the values, only pointers.
pub(crate) struct Unwritten<T = f32> {
    memory: Memory,
    len: usize,
    values: PhantomData<T>,
}

impl<T: Pod + Send + Sync> Unwritten<T> {
    /// Room for `len` values.
    pub fn new(len: usize) -> Self {
        const { assert!(align_of::<T>() <= ALIGNMENT) };
        let bytes = len.checked_mul(size_of::<T>()).unwrap_or_else(|| too_large());
        Self {
            memory: Memory::new(bytes),
            len,
            values: PhantomData,
        }
    }

    /// Room for `len` zeros.
    pub fn zeroed(len: usize) -> Self {
        let mut room = Self::new(len);
        // SAFETY: there is room for `len` values; `Pod` says that zero bytes are a value.
        unsafe { std::ptr::write_bytes(room.as_mut_ptr(), 0, len) };
        room
    }

    /// Where the first value belongs. Valid for as many values as there is room for, reads of what was written, until the room is dropped.
    pub fn as_mut_ptr(&mut self) -> *mut T {
        self.memory.0.start.as_ptr().cast()
    }

    /// As `as_mut_ptr`, to read what was written.
    pub fn as_ptr(&self) -> *const T {
        self.memory.0.start.as_ptr().cast()
    }

    /// The values.
    ///
    /// # Safety
    /// All `len` values must have been written.
    pub unsafe fn assume_written(self) -> Buffer<T> {
        Buffer(self)
    }
}

/// Values in recycled memory, aligned for every instruction set.
pub struct Buffer<T = f32>(
    /// Every value of it is written: only `assume_written`, whose caller vouches for that, makes a buffer.
    Unwritten<T>,
);

impl<T: Pod + Send + Sync> Buffer<T> {
    /// Zeros.
    pub(crate) fn zeroed(len: usize) -> Self {
        // SAFETY: all `len` values are written.
        unsafe { Unwritten::<T>::zeroed(len).assume_written() }
    }

    /// Number of values.
    pub(crate) fn len(&self) -> usize {
        self.0.len
    }

    /// Whether there are none.
    pub(crate) fn is_empty(&self) -> bool {
        self.0.len == 0
    }

    /// `chunks * chunk` values that `fill` writes chunk by chunk, in parallel.
    ///
    /// # Safety
    /// `fill(i, p)` must write all `chunk` values from `p` on, and touch no others.
    pub(crate) unsafe fn filled(chunks: usize, chunk: usize, fill: impl Fn(usize, *mut T) + Sync) -> Self {
        // SAFETY: asked of the caller in the same words.
        unsafe { Self::filled_then(chunks, chunk, fill, |_| ()).0 }
    }

    /// As [`filled`](Self::filled), and what `after` says to each chunk just written, and may change of it, while it is in the cache.
    ///
    /// # Safety
    /// As [`filled`](Self::filled).
    pub(crate) unsafe fn filled_then<P: Send>(
        chunks: usize,
        chunk: usize,
        fill: impl Fn(usize, *mut T) + Sync,
        after: impl Fn(&mut [T]) -> P + Sync,
    ) -> (Self, Vec<P>) {
        let mut room = Unwritten::<T>::new(chunks.checked_mul(chunk).unwrap_or_else(|| too_large()));
        let start = Shared(room.as_mut_ptr());
        let said = (0..chunks).into_par_iter().map(|i| {
            // SAFETY: there is room for `chunks * chunk` values and i < chunks, so chunk i is inside of it. No other task touches it, and `fill` has
            // written all of it, as the caller says, when it becomes a slice.
            unsafe {
                let part = start.get().add(i * chunk);
                fill(i, part);
                after(std::slice::from_raw_parts_mut(part, chunk))
            }
        });
        let said = said.collect();
        // SAFETY: the loop ended, so `fill` has written every chunk.
        (unsafe { room.assume_written() }, said)
    }

    /// `len` values that `fill(start, end, p)` writes in parallel, `block` at a time; the last block may be shorter.
    ///
    /// # Safety
    /// `fill` must write the values `start..end`, the first of them at `p`, and touch no others.
    pub(crate) unsafe fn blocks(len: usize, block: usize, fill: impl Fn(usize, usize, *mut T) + Sync) -> Self {
        let mut room = Unwritten::<T>::new(len);
        let first = Shared(room.as_mut_ptr());
        (0..len.div_ceil(block)).into_par_iter().for_each(|i| {
            let (start, end) = (i * block, ((i + 1) * block).min(len));
            // SAFETY: i < len.div_ceil(block), so start < len, for which there is room.
            fill(start, end, unsafe { first.get().add(start) });
        });
        // SAFETY: the loop ended, so `fill` has written all blocks, which together are all values.
        unsafe { room.assume_written() }
    }

    /// The values as the storage of a tensor.
    pub fn into_bytes(self) -> Bytes {
        let length = self.0.len * size_of::<T>();
        // SAFETY: the first `length` bytes are those of the values, all of which are written; `Pod` has no padding that could be unwritten.
        unsafe { Bytes::from_controller(Box::new(self.0.memory), length) }
    }
}

impl<T: Pod + Send + Sync> Deref for Buffer<T> {
    type Target = [T];

    fn deref(&self) -> &[T] {
        // SAFETY: the room is for `len` values, aligned to `ALIGNMENT`, which is enough as `Unwritten::new` asserts; all are written, and no one
        // writes while `self` is borrowed.
        unsafe { std::slice::from_raw_parts(self.0.as_ptr(), self.0.len) }
    }
}

impl<T: Pod + Send + Sync> DerefMut for Buffer<T> {
    fn deref_mut(&mut self) -> &mut [T] {
        // SAFETY: as in `deref`; `self` is borrowed mutably, so this is the only reference.
        unsafe { std::slice::from_raw_parts_mut(self.0.as_mut_ptr(), self.0.len) }
    }
}

/// A pointer that threads share, each for its own part.
#[derive(Clone, Copy)]
pub(crate) struct Shared<T>(pub *mut T);

// SAFETY: an address is a number, which any thread may have. Only dereferencing it can do harm, which is unsafe: who does so says there why no
// other thread touches the same place at the same time. `T: Send`, since the values are written by other threads than the one that owns them.
unsafe impl<T: Send> Send for Shared<T> {}
// SAFETY: as for `Send`: a `&Shared` gives the same address.
unsafe impl<T: Send> Sync for Shared<T> {}

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
    fn a_little_less_is_taken_from_what_is_there() {
        // Sizes that no other test asks for.
        let large = Buffer::<f32>::zeroed(3_000_000);
        let address = large.as_ptr();
        drop(large);
        let half = Buffer::<f32>::zeroed(1_500_000);
        assert_ne!(half.as_ptr(), address);
        let most = Buffer::<f32>::zeroed(2_500_000);
        assert_eq!((most.as_ptr(), most.len()), (address, 2_500_000));
        let found = buffer_memory();
        assert!(found.most_used <= found.most_held && found.most_used >= 4 * 4_500_000);
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
    fn every_value_that_was_written_is_there() {
        // SAFETY: all three values of each chunk are written.
        let (buffer, sums) = unsafe {
            Buffer::<i32>::filled_then(
                5,
                3,
                |i, p| (0..3).for_each(|k| p.add(k).write((3 * i + k) as i32)),
                |chunk| chunk.iter().sum::<i32>(),
            )
        };
        assert_eq!(buffer[..], (0..15).collect::<Vec<_>>()[..]);
        assert_eq!(sums, [3, 12, 21, 30, 39]);
        // SAFETY: each block is written from its start to its end.
        let buffer = unsafe { Buffer::<u8>::blocks(7, 3, |start, end, p| p.write_bytes(start as u8, end - start)) };
        assert_eq!(buffer[..], [0, 0, 0, 3, 3, 3, 6]);
    }

    #[test]
    #[should_panic(expected = "more bytes than memory has addresses")]
    fn sizes_do_not_wrap_around() {
        Buffer::<f32>::zeroed(usize::MAX / 4 + 2);
    }

    #[test]
    fn empty_buffers_are_fine() {
        assert!(Buffer::<f32>::zeroed(0).is_empty());
        assert_eq!(Buffer::<f32>::zeroed(0).into_bytes().len(), 0);
    }
}
