//! Sums over images in parts that do not depend on the number of threads.

use crate::kernels::buffer::Buffer;

/// Partial sums over images; fixed, so that the result does not depend on the number of threads.
pub(super) const GROUPS: usize = 16;

/// Sum of equally long parts; zeros if there are none.
pub(super) fn sum_in_order(parts: Vec<Buffer>, length: usize) -> Buffer {
    let mut parts = parts.into_iter();
    let mut total = parts.next().unwrap_or_else(|| Buffer::zeroed(length));
    for part in parts {
        for (t, p) in total.iter_mut().zip(part.iter()) {
            *t += p;
        }
    }
    total
}
