use super::output::filled;
use super::simd::{Kernel, Simd, dispatch};

/// Values a task.
const BLOCK: usize = 1 << 14;

/// `g` where `y > 0`, else zero.
pub fn relu_mask(g: &[f32], y: &[f32]) -> Vec<f32> {
    assert_eq!(g.len(), y.len());
    let whole = g.len() / BLOCK;
    // SAFETY: the kernel writes its whole block.
    let mut out = unsafe {
        filled(whole, BLOCK, |block, out| {
            let at = block * BLOCK;
            dispatch(Mask {
                g: &g[at..at + BLOCK],
                y: &y[at..at + BLOCK],
                out,
            });
        })
    };
    out.extend(
        g[whole * BLOCK..]
            .iter()
            .zip(&y[whole * BLOCK..])
            .map(|(&g, &y)| if y > 0.0 { g } else { 0.0 }),
    );
    out
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
