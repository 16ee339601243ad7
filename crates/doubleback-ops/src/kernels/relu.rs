use super::buffer::Buffer;
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
                g: &g[start..end],
                y: &y[start..end],
                slope,
                out,
            });
        })
    }
}

/// `out` must be valid for as many writes as `g` and `y` have values.
struct Mask<'a> {
    g: &'a [f32],
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
        for (i, (&g, &y)) in self.g.iter().zip(self.y).enumerate() {
            // SAFETY: i is below the length of `g`, for which `out` is valid by the kernel's contract.
            unsafe { *self.out.add(i) = if y > 0.0 { g } else { leaked(g) } };
        }
    }
}
