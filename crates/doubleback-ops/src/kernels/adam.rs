use rayon::prelude::*;

use crate::options::AdamOptions;

use super::simd::{Kernel, Simd, dispatch};

/// Values a task.
const BLOCK: usize = 1 << 14;

/// One Adam step in place; `step` counts from 1.
pub fn adam_update(
    parameter: &mut [f32],
    gradient: &[f32],
    first: &mut [f32],
    second: &mut [f32],
    options: AdamOptions,
    step: usize,
) {
    let rate = options.rate(step) as f32;
    (
        parameter.par_chunks_mut(BLOCK),
        gradient.par_chunks(BLOCK),
        first.par_chunks_mut(BLOCK),
        second.par_chunks_mut(BLOCK),
    )
        .into_par_iter()
        .for_each(|(parameter, gradient, first, second)| {
            // SAFETY: the kernel reads and writes through safe slices, and asks nothing of its caller.
            unsafe {
                dispatch(Block {
                    parameter,
                    gradient,
                    first,
                    second,
                    options,
                    rate,
                })
            }
        });
}

struct Block<'a> {
    parameter: &'a mut [f32],
    gradient: &'a [f32],
    first: &'a mut [f32],
    second: &'a mut [f32],
    options: AdamOptions,
    rate: f32,
}

impl Kernel for Block<'_> {
    type Output = ();

    #[inline(always)]
    unsafe fn run<S: Simd>(self) {
        let (beta1, beta2, epsilon) = (
            self.options.beta1 as f32,
            self.options.beta2 as f32,
            self.options.epsilon as f32,
        );
        // 1 - beta is rounded once, from f64.
        let (rest1, rest2) = ((1.0 - self.options.beta1) as f32, (1.0 - self.options.beta2) as f32);
        let moments = self.first.iter_mut().zip(self.second);
        for ((p, &g), (m, v)) in self.parameter.iter_mut().zip(self.gradient).zip(moments) {
            *m = beta1 * *m + rest1 * g;
            *v = beta2 * *v + rest2 * (g * g);
            *p -= self.rate * *m / (v.sqrt() + epsilon);
        }
    }
}
