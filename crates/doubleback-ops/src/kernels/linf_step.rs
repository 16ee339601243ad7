use rayon::prelude::*;

use super::simd::{Kernel, Simd, dispatch};

/// Values a task.
const BLOCK: usize = 1 << 14;

/// `min(max(x + step · sign(gradient), least), greatest)`, in the place of `x`.
pub fn linf_step(x: &mut [f32], gradient: &[f32], step: f32, least: &[f32], greatest: &[f32]) {
    assert_eq!([gradient.len(), least.len(), greatest.len()], [x.len(); 3]);
    (
        x.par_chunks_mut(BLOCK),
        gradient.par_chunks(BLOCK),
        least.par_chunks(BLOCK),
        greatest.par_chunks(BLOCK),
    )
        .into_par_iter()
        .for_each(|(x, gradient, least, greatest)| {
            // SAFETY: the kernel reads and writes through safe slices, and asks nothing of its caller.
            unsafe {
                dispatch(Block {
                    x,
                    gradient,
                    step,
                    least,
                    greatest,
                })
            }
        });
}

struct Block<'a> {
    x: &'a mut [f32],
    gradient: &'a [f32],
    step: f32,
    least: &'a [f32],
    greatest: &'a [f32],
}

impl Kernel for Block<'_> {
    type Output = ();

    #[inline(always)]
    unsafe fn run<S: Simd>(self) {
        let room = self.least.iter().zip(self.greatest);
        for ((x, &g), (&least, &greatest)) in self.x.iter_mut().zip(self.gradient).zip(room) {
            // A NaN among gradients has no sign, as Burn has it; one among values stays.
            let change = if g < 0.0 { -self.step } else { 0.0 };
            let moved = *x + if g > 0.0 { self.step } else { change };
            let moved = if moved < least { least } else { moved };
            *x = if moved > greatest { greatest } else { moved };
        }
    }
}
