use rayon::prelude::*;

use super::buffer::{Buffer, Shared};
use super::simd::{Kernel, Simd, dispatch};

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
        // Not `0 * g`, which is -0 or NaN for some g.
        let leaked = |g: f32| if self.slope == 0.0 { 0.0 } else { self.slope * g };
        for (i, &y) in self.y.iter().enumerate() {
            // SAFETY: i is below the length of `y`, for which `g` and `out` are valid by the kernel's contract.
            unsafe {
                let g = *self.g.add(i);
                *self.out.add(i) = if y > 0.0 { g } else { leaked(g) };
            }
        }
    }
}
