//! The program's allocator, and how much memory the program took.

use std::ptr::null_mut;

// Every training step allocates and frees tensors of several megabytes. The system's allocator gives such memory back to the kernel each
// time and gets it zeroed again, page by page; mimalloc keeps it.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Has mimalloc keep all of it: by default it gives back what was not used for some milliseconds, which is most of a step's memory.
pub fn keep() {
    /// `mi_option_purge_delay`, of which -1 means never.
    const PURGE_DELAY: libmimalloc_sys::mi_option_t = 15;
    // SAFETY: a call that sets a number; no other thread runs yet.
    unsafe { libmimalloc_sys::mi_option_set(PURGE_DELAY, -1) }
}

/// The greatest number of bytes that were resident at once, as the system counts them.
pub fn peak() -> usize {
    let mut peak = 0;
    let none = null_mut();
    // SAFETY: it writes to those pointers that are not null: one, to a number that lives until the call returns.
    unsafe { libmimalloc_sys::mi_process_info(none, none, none, none, &raw mut peak, none, none, none) }
    peak
}
