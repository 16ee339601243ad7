use rayon::prelude::*;

use super::buffer::{Buffer, Shared};
use super::simd::{Kernel, Simd, dispatch};
use super::tile::{load_columns, store_columns};

/// Values a task.
const BLOCK: usize = 1 << 14;

/// `g` where `y > 0`, else `slope * g`.
pub fn leaky_relu_vjp(g: &[f32], y: &[f32], slope: f32) -> Buffer {
    assert_eq!(g.len(), y.len());
    // SAFETY: `g` and `y` are equally long, and the kernel writes a value for each of them: `end - start`, the whole block.
    unsafe {
        Buffer::blocks(g.len(), BLOCK, |start, end, out| {
            dispatch(Mask {
                g: g[start..end].as_ptr(),
                y: &y[start..end],
                slope,
                out,
            });
        })
    }
}

/// [`leaky_relu_vjp`] in the place of `g`.
pub fn leaky_relu_vjp_in_place(g: &mut [f32], y: &[f32], slope: f32) {
    assert_eq!(g.len(), y.len());
    let start = Shared(g.as_mut_ptr());
    y.par_chunks(BLOCK).enumerate().for_each(|(block, y)| {
        // SAFETY: `g` is as long as `y`, so it has a value for each of this block's, which no other task touches; the kernel reads each before it
        // writes it.
        unsafe {
            let g = start.get().add(block * BLOCK);
            dispatch(Mask { g, y, slope, out: g });
        }
    });
}

/// `g` must be valid for as many reads, and `out` for as many writes, as `y` has values; they may be the same.
struct Mask<'a> {
    g: *const f32,
    y: &'a [f32],
    slope: f32,
    out: *mut f32,
}

impl Kernel for Mask<'_> {
    type Output = ();

    #[inline(always)]
    unsafe fn run<S: Simd>(self) {
        for start in (0..self.y.len()).step_by(S::LANES) {
            let lanes = self.y.len() - start;
            // SAFETY: `lanes` values are left from `start` on, of `y` and so of `g` and `out` by the kernel's contract, and no more than these are touched.
            unsafe {
                let y = load_columns::<S>(self.y.as_ptr().add(start), lanes);
                let g = load_columns::<S>(self.g.add(start), lanes);
                let open = S::and(S::not_le(y, S::zero()), S::ordered(y));
                // Not `0 * g`, which is -0 or NaN for some g.
                let leaked = match self.slope {
                    0.0 => S::zero(),
                    _ => S::mul(S::splat(&self.slope), g),
                };
                store_columns::<S>(self.out.add(start), S::select(open, g, leaked), lanes);
            }
        }
    }
}
