//! The vjp of the vjp.

use rayon::prelude::*;

use super::super::buffer::Buffer;
use super::super::simd::{Kernel, Simd, dispatch};
use super::{Coefficients, ROWS, flush, open, summed};

/// Gradients, for the cotangent `t` of [`batch_norm_vjp`](super::batch_norm_vjp), of its `g`, of `z`, and of the gain; see the default body for the formulas.
pub fn batch_norm_vjp_vjp(
    t: &[f32],
    g: &[f32],
    z: &[f32],
    sums: &[f32],
    k: &Coefficients,
) -> (Buffer, Buffer, Vec<f32>) {
    let channels = k.channels();
    let n = (g.len() / channels) as f64;
    let mean: Vec<f32> = k.mean.iter().map(|&m| m as f32).collect();
    let [sum_t, product_t, sum_tg] = summed::<3>(g.len() / channels, channels, |start, end, sums| {
        // SAFETY: safe slices of whole rows.
        unsafe {
            dispatch(SecondSums {
                t: &t[start..end],
                g: &g[start..end],
                z: &z[start..end],
                mean: &mean,
                k,
                sums,
            })
        }
    });
    let mut c = SecondCoefficients::default();
    let mut gain_grad = Vec::with_capacity(channels);
    for i in 0..channels {
        let (inverse, slope, mu) = (k.inverse[i], k.gain[i] * k.inverse[i], k.mean[i]);
        if k.options.frozen {
            gain_grad.push((inverse * sum_tg[i]) as f32);
            c.push([slope, 0.0, 0.0], [0.0; 4]);
            continue;
        }
        // Means over pixels of t, g, t x, g x, and of t P(g).
        let (mt, mg) = (sum_t[i] / n, sums[i] as f64 / n);
        let (mtx, mgx) = (product_t[i] * inverse / n, sums[channels + i] as f64 / n);
        let mtp = sum_tg[i] / n - mt * mg - mtx * mgx;
        gain_grad.push((inverse * mtp * n) as f32);
        // cotangent_grad = slope (t - mt - x mtx)
        let along = slope * mtx * inverse;
        c.push_first([slope, -along, along * mu - slope * mt]);
        // x_grad = -slope (mgx t + mtx g); input_grad = inverse (P(x_grad) - x slope mtp)
        let mean_x_grad = -slope * (mgx * mt + mtx * mg);
        let along = inverse * inverse * (-2.0 * slope * mgx * mtx + slope * mtp);
        c.push_second([
            -inverse * slope * mgx,
            -inverse * slope * mtx,
            -along,
            along * mu - inverse * mean_x_grad,
        ]);
    }
    // Both outputs in one pass: a block of the first, then the same block of the second.
    let block = ROWS.min(g.len() / channels).max(1) * channels;
    // SAFETY: every block of both is written below.
    let (mut first, mut second) = unsafe { (Buffer::uninitialized(g.len()), Buffer::uninitialized(g.len())) };
    (
        first.par_chunks_mut(block),
        second.par_chunks_mut(block),
        t.par_chunks(block),
        g.par_chunks(block),
        z.par_chunks(block),
    )
        .into_par_iter()
        .for_each(|(first, second, t, g, z)| {
            let (first, second): (&mut [f32], &mut [f32]) = (first, second);
            // SAFETY: the kernel writes as many values to both as `t` has.
            unsafe {
                dispatch(Second {
                    t,
                    g,
                    z,
                    k,
                    c: &c,
                    first: first.as_mut_ptr(),
                    second: second.as_mut_ptr(),
                })
            }
        });
    (first, second, gain_grad)
}

/// Per channel: coefficients of (t, z, 1) in the first output and of (t, g, z, 1) in the second.
#[derive(Default)]
struct SecondCoefficients {
    first: [Vec<f32>; 3],
    second: [Vec<f32>; 4],
}

impl SecondCoefficients {
    fn push(&mut self, first: [f64; 3], second: [f64; 4]) {
        self.push_first(first);
        self.push_second(second);
    }

    fn push_first(&mut self, values: [f64; 3]) {
        for (to, value) in self.first.iter_mut().zip(values) {
            to.push(value as f32);
        }
    }

    fn push_second(&mut self, values: [f64; 4]) {
        for (to, value) in self.second.iter_mut().zip(values) {
            to.push(value as f32);
        }
    }
}

struct SecondSums<'a> {
    t: &'a [f32],
    g: &'a [f32],
    z: &'a [f32],
    mean: &'a [f32],
    k: &'a Coefficients,
    sums: &'a mut [Vec<f64>; 3],
}

impl Kernel for SecondSums<'_> {
    type Output = ();

    #[inline(always)]
    unsafe fn run<S: Simd>(self) {
        let channels = self.k.channels();
        let (slope, offset, mean) = (
            &self.k.slope[..channels],
            &self.k.offset[..channels],
            &self.mean[..channels],
        );
        let floor = if self.k.options.relu { 0.0 } else { f32::NEG_INFINITY };
        let mut sums = vec![0f32; 3 * channels];
        let (sum, rest) = sums.split_at_mut(channels);
        let (along, product) = rest.split_at_mut(channels);
        let rows = self
            .t
            .chunks_exact(channels)
            .zip(self.g.chunks_exact(channels))
            .zip(self.z.chunks_exact(channels));
        for ((t, g), z) in rows {
            for c in 0..channels {
                let g = if open(z[c], slope[c], offset[c], floor) {
                    g[c]
                } else {
                    0.0
                };
                sum[c] += t[c];
                along[c] += t[c] * (z[c] - mean[c]);
                product[c] += t[c] * g;
            }
        }
        flush(&sums, self.sums);
    }
}

struct Second<'a> {
    t: &'a [f32],
    g: &'a [f32],
    z: &'a [f32],
    k: &'a Coefficients,
    c: &'a SecondCoefficients,
    first: *mut f32,
    second: *mut f32,
}

impl Kernel for Second<'_> {
    type Output = ();

    #[inline(always)]
    unsafe fn run<S: Simd>(self) {
        let n = self.k.channels();
        let (slope, offset) = (&self.k.slope[..n], &self.k.offset[..n]);
        let floor = if self.k.options.relu { 0.0 } else { f32::NEG_INFINITY };
        let [at, az, a1] = &self.c.first;
        let [bt, bg, bz, b1] = &self.c.second;
        let (at, az, a1) = (&at[..n], &az[..n], &a1[..n]);
        let (bt, bg, bz, b1) = (&bt[..n], &bg[..n], &bz[..n], &b1[..n]);
        let rows = self
            .t
            .chunks_exact(n)
            .zip(self.g.chunks_exact(n))
            .zip(self.z.chunks_exact(n))
            .enumerate();
        for (r, ((t, g), z)) in rows {
            for c in 0..n {
                let open = open(z[c], slope[c], offset[c], floor);
                let g = if open { g[c] } else { 0.0 };
                let first = at[c] * t[c] + (az[c] * z[c] + a1[c]);
                let second = bt[c] * t[c] + bg[c] * g + (bz[c] * z[c] + b1[c]);
                // SAFETY: inside the block.
                unsafe {
                    *self.first.add(r * n + c) = if open { first } else { 0.0 };
                    *self.second.add(r * n + c) = second;
                }
            }
        }
    }
}
