use super::buffer::Buffer;
use super::simd::{Kernel, Simd, dispatch};

/// Values a task.
const BLOCK: usize = 1 << 14;

/// `g` where `y > 0`, else zero.
pub fn relu_mask(g: &[f32], y: &[f32]) -> Buffer {
    assert_eq!(g.len(), y.len());
    // SAFETY: the kernel writes its whole block.
    unsafe {
        Buffer::blocks(g.len(), BLOCK, |start, end, out| {
            dispatch(Mask {
                g: &g[start..end],
                y: &y[start..end],
                out,
            });
        })
    }
}

struct Mask<'a> {
    g: &'a [f32],
    y: &'a [f32],
    out: *mut f32,
}

impl Kernel for Mask<'_> {
    type Output = ();

    #[inline(always)]
    unsafe fn run<S: Simd>(self) {
        for (i, (&g, &y)) in self.g.iter().zip(self.y).enumerate() {
            // SAFETY: as many values at `out` as in `g`.
            unsafe { *self.out.add(i) = if y > 0.0 { g } else { 0.0 } };
        }
    }
}
