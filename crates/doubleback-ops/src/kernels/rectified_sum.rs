//! A sum and the ReLU behind it.

use super::buffer::{Buffer, Shared, Unwritten};
use super::simd::{Kernel, Simd, dispatch};
use super::tile::{load_columns, store_columns};

/// Values a task.
const BLOCK: usize = 1 << 14;

/// `max(a + b, 0)`, and a byte a value if wanted, whose first bit says whether the sum is positive, or NaN: these pass.
pub fn rectified_sum(a: &[f32], b: &[f32], with_bits: bool) -> (Buffer, Buffer<u8>) {
    assert_eq!(a.len(), b.len());
    let mut bits = Unwritten::<u8>::new(if with_bits { a.len() } else { 0 });
    let to = Shared(bits.as_mut_ptr());
    // SAFETY: `a` and `b` are equally long, and the kernel writes a value for each of them, and a bit if there is room for bits: `end - start`, the whole
    // block, so that all are written in the end.
    unsafe {
        let sum = Buffer::blocks(a.len(), BLOCK, |start, end, out| {
            dispatch(Sum {
                a: &a[start..end],
                b: &b[start..end],
                out,
                bits: if with_bits {
                    to.get().add(start)
                } else {
                    std::ptr::null_mut()
                },
            });
        });
        (sum, bits.assume_written())
    }
}

/// `g` where the bit is set, else 0.
pub fn masked(g: &[f32], bits: &[u8]) -> Buffer {
    assert_eq!(g.len(), bits.len());
    // SAFETY: `g` and `bits` are equally long, and the kernel writes a value for each of them: `end - start`, the whole block.
    unsafe {
        Buffer::blocks(g.len(), BLOCK, |start, end, out| {
            dispatch(Masked {
                g: &g[start..end],
                bits: &bits[start..end],
                out,
            });
        })
    }
}

/// `a` and `b` must be equally long; `out` must be valid for as many writes, and so must `bits` unless it is null.
struct Sum<'a> {
    a: &'a [f32],
    b: &'a [f32],
    out: *mut f32,
    bits: *mut u8,
}

impl Kernel for Sum<'_> {
    type Output = ();

    #[inline(always)]
    unsafe fn run<S: Simd>(self) {
        for i in (0..self.a.len()).step_by(S::LANES) {
            let lanes = self.a.len() - i;
            // SAFETY: `lanes` values are left from `i` on, and no more are read or written: so long are the slices, and `out` and `bits` valid.
            unsafe {
                let a = load_columns::<S>(self.a.as_ptr().add(i), lanes);
                let sum = S::add(a, load_columns::<S>(self.b.as_ptr().add(i), lanes));
                let positive = S::not_le(sum, S::zero());
                store_columns::<S>(self.out.add(i), S::keep(positive, sum), lanes);
                if !self.bits.is_null() {
                    S::store_bits(self.bits.add(i), [positive], lanes.min(S::LANES));
                }
            }
        }
    }
}

/// `g` and `bits` must be equally long, and `out` valid for as many writes.
struct Masked<'a> {
    g: &'a [f32],
    bits: &'a [u8],
    out: *mut f32,
}

impl Kernel for Masked<'_> {
    type Output = ();

    #[inline(always)]
    unsafe fn run<S: Simd>(self) {
        for i in (0..self.g.len()).step_by(S::LANES) {
            let lanes = self.g.len() - i;
            // SAFETY: `lanes` values are left from `i` on, and no more are read or written: so long are the slices, and `out` is valid.
            unsafe {
                let bits = S::load_bits(self.bits.as_ptr().add(i), lanes.min(S::LANES));
                let g = load_columns::<S>(self.g.as_ptr().add(i), lanes);
                store_columns::<S>(self.out.add(i), S::keep(S::bit(bits, 0), g), lanes);
            }
        }
    }
}
