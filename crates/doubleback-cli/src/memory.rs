//! The program's allocator, and how much memory the program took.

use std::ptr::null_mut;

// Every training step allocates and frees tensors of several megabytes. The system's allocator gives such memory back to the kernel each
// time and gets it zeroed again, page by page; mimalloc keeps it.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// After how many milliseconds mimalloc gives back what is free; never, if negative.
fn give_back_after(milliseconds: std::ffi::c_long) {
    /// `mi_option_purge_delay`.
    const PURGE_DELAY: libmimalloc_sys::mi_option_t = 15;
    // SAFETY: a call that stores an aligned word, which other threads, if there are any, at most read: before it or after it, and mimalloc allows
    // both values at any time. Commands call this from one thread alone.
    unsafe { libmimalloc_sys::mi_option_set(PURGE_DELAY, milliseconds) }
}

/// Has mimalloc keep all of it: by default it gives back what was not used for some milliseconds, which is most of a step's memory.
pub fn keep() {
    give_back_after(-1);
}

/// Does something once, such as reading a model, whose memory would be of no use to what follows, and gives that back.
pub fn given_back<R>(work: impl FnOnce() -> R) -> R {
    give_back_after(0);
    let result = work();
    // SAFETY: it frees what this thread has kept for itself and does not use, and may be called at any time.
    unsafe { libmimalloc_sys::mi_collect(true) }
    keep();
    result
}

/// The greatest number of bytes that were resident at once, as the system counts them.
pub fn peak() -> usize {
    let mut peak = 0;
    let none = null_mut();
    // SAFETY: it writes to those pointers that are not null: one, to a number that lives until the call returns.
    unsafe { libmimalloc_sys::mi_process_info(none, none, none, none, &raw mut peak, none, none, none) }
    peak
}
