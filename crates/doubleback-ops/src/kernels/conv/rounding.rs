//! Convolutions without the fast algorithm, where rounding counts more than time.

use std::cell::Cell;

thread_local! {
    static DIRECT: Cell<bool> = const { Cell::new(false) };
}

/// Does `work`, in which the convolutions of this thread are direct, if `direct`, and rounded as little as a sum in f32 can be: equal patches have equal values, and
/// a max pool among these takes the first. By default those that the fast algorithm (Winograd's) can do take a third to half of the time and round each place of
/// a tile differently. Gradients, by which nothing is chosen, are fast either way. Other devices have one way alone.
///
/// ```
/// use doubleback_ops::kernels::{convolutions_are_direct, with_direct_convolutions};
///
/// assert!(with_direct_convolutions(true, convolutions_are_direct));
/// assert!(!convolutions_are_direct());
/// ```
pub fn with_direct_convolutions<R>(direct: bool, work: impl FnOnce() -> R) -> R {
    struct Before(bool);
    impl Drop for Before {
        fn drop(&mut self) {
            DIRECT.set(self.0);
        }
    }
    let _before = Before(DIRECT.replace(direct));
    work()
}

/// Whether this thread's are.
pub fn convolutions_are_direct() -> bool {
    DIRECT.get()
}
