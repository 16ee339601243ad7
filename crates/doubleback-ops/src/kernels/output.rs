use std::mem::MaybeUninit;

use rayon::prelude::*;

/// A vector of `chunks * chunk` values that `fill` writes chunk by chunk, in parallel, without clearing it first
/// (clearing costs as much memory traffic as most kernels).
///
/// # Safety
/// `fill(i, p)` must write all `chunk` values from `p` on.
pub(crate) unsafe fn filled<T: Copy + Send>(
    chunks: usize,
    chunk: usize,
    fill: impl Fn(usize, *mut T) + Sync,
) -> Vec<T> {
    let mut values: Vec<MaybeUninit<T>> = Vec::with_capacity(chunks * chunk);
    // SAFETY: uninitialized values are what MaybeUninit is for.
    unsafe { values.set_len(chunks * chunk) };
    values
        .par_chunks_exact_mut(chunk)
        .enumerate()
        .for_each(|(i, part)| fill(i, part.as_mut_ptr().cast()));
    let (pointer, length, capacity) = (values.as_mut_ptr(), values.len(), values.capacity());
    std::mem::forget(values);
    // SAFETY: the parts come from a vector of the same layout, and `fill` wrote every value.
    unsafe { Vec::from_raw_parts(pointer.cast(), length, capacity) }
}
