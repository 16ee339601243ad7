//! Batch norm, its vjp, and the vjp of that: per channel each is a linear combination of a few tensors, whose coefficients come from
//! one pass of sums. The ReLU's mask is recomputed from the input rather than stored.

use rayon::prelude::*;

use crate::BatchNormOptions;

use super::output::filled;
use super::simd::{Kernel, Simd, dispatch};

/// Rows whose sums are kept in f32 before they go to f64.
const BLOCK: usize = 64;

/// Most parts that sums over rows are split in; fixed, so that results do not depend on the number of threads.
const PARTS: usize = 64;

/// What the three orders share, per channel, in f64.
pub struct Coefficients {
    mean: Vec<f64>,
    inverse: Vec<f64>,
    gain: Vec<f64>,
    /// Output before the ReLU is `slope * z + offset`.
    slope: Vec<f32>,
    offset: Vec<f32>,
    options: BatchNormOptions,
}

impl Coefficients {
    /// From gain and shift `[channels]` and mean and variance `[2, channels]`.
    pub fn new(gain: &[f32], shift: &[f32], moments: &[f32], options: BatchNormOptions) -> Self {
        let channels = gain.len();
        let (mean, variance) = moments.split_at(channels);
        let inverse: Vec<f64> = variance
            .iter()
            .map(|&v| 1.0 / (v as f64 + options.epsilon).sqrt())
            .collect();
        let slope = |c: usize| gain[c] as f64 * inverse[c];
        Self {
            slope: (0..channels).map(|c| slope(c) as f32).collect(),
            offset: (0..channels)
                .map(|c| (shift[c] as f64 - mean[c] as f64 * slope(c)) as f32)
                .collect(),
            mean: mean.iter().map(|&m| m as f64).collect(),
            gain: gain.iter().map(|&g| g as f64).collect(),
            inverse,
            options,
        }
    }

    fn channels(&self) -> usize {
        self.gain.len()
    }
}

/// Splits `[rows, channels]` into at most [`PARTS`] runs of whole rows, sums each with `sum`, and adds the sums in order.
fn summed<const N: usize>(
    rows: usize,
    channels: usize,
    sum: impl Fn(usize, usize, &mut [Vec<f64>; N]) + Sync,
) -> [Vec<f64>; N] {
    let length = rows.div_ceil(PARTS).max(BLOCK);
    let parts: Vec<[Vec<f64>; N]> = (0..rows.div_ceil(length))
        .into_par_iter()
        .map(|part| {
            let mut sums = std::array::from_fn(|_| vec![0.0; channels]);
            for start in (part * length..((part + 1) * length).min(rows)).step_by(BLOCK) {
                let end = (start + BLOCK).min((part + 1) * length).min(rows);
                sum(start * channels, end * channels, &mut sums);
            }
            sums
        })
        .collect();
    let mut total: [Vec<f64>; N] = std::array::from_fn(|_| vec![0.0; channels]);
    for part in &parts {
        for (to, from) in total.iter_mut().zip(part) {
            for (t, f) in to.iter_mut().zip(from) {
                *t += f;
            }
        }
    }
    total
}

/// Mean and biased variance of each channel of `[rows, channels]`, as `[2, channels]`.
pub fn moments(z: &[f32], channels: usize) -> Vec<f32> {
    let rows = z.len() / channels;
    // Deviations from the first row, so that a large common mean does not cancel.
    let origin = &z[..channels];
    let [sum, square] = summed::<2>(rows, channels, |start, end, sums| {
        // SAFETY: safe slices of whole rows.
        unsafe {
            dispatch(Deviations {
                z: &z[start..end],
                origin,
                sums,
            })
        }
    });
    let n = rows as f64;
    let mean = (0..channels).map(|c| (origin[c] as f64 + sum[c] / n) as f32);
    let variance = (0..channels).map(|c| (square[c] / n - (sum[c] / n).powi(2)).max(0.0) as f32);
    mean.chain(variance).collect()
}

struct Deviations<'a> {
    z: &'a [f32],
    origin: &'a [f32],
    sums: &'a mut [Vec<f64>; 2],
}

impl Kernel for Deviations<'_> {
    type Output = ();

    #[inline(always)]
    unsafe fn run<S: Simd>(self) {
        let channels = self.origin.len();
        let mut sums = vec![0f32; 2 * channels];
        let (sum, square) = sums.split_at_mut(channels);
        for row in self.z.chunks_exact(channels) {
            for c in 0..channels {
                let d = row[c] - self.origin[c];
                sum[c] += d;
                square[c] += d * d;
            }
        }
        flush(&sums, self.sums);
    }
}

/// Adds f32 sums `[N, channels]` to f64 ones.
#[inline(always)]
fn flush<const N: usize>(sums: &[f32], to: &mut [Vec<f64>; N]) {
    let channels = to[0].len();
    for (to, from) in to.iter_mut().zip(sums.chunks_exact(channels)) {
        for (t, &f) in to.iter_mut().zip(from) {
            *t += f as f64;
        }
    }
}

/// Rows a task of an elementwise pass.
const ROWS: usize = 256;

/// Runs `task(start, end, out)` over blocks of whole rows and returns `outputs` tensors shaped as the input, one after the other a block.
fn mapped(length: usize, channels: usize, task: impl Fn(usize, usize, *mut f32) + Sync) -> Vec<f32> {
    let block = ROWS.min(length / channels).max(1) * channels;
    let whole = length / block;
    // SAFETY: tasks write the whole of their block.
    let mut out = unsafe { filled(whole, block, |i, p| task(i * block, (i + 1) * block, p)) };
    let rest = length - whole * block;
    out.reserve_exact(rest);
    // SAFETY: the rest was reserved just now, and the task writes it before its length counts.
    unsafe {
        if rest > 0 {
            task(whole * block, length, out.as_mut_ptr().add(whole * block));
        }
        out.set_len(length);
    }
    out
}

/// Normalized `z`, then ReLU if asked.
pub fn batch_norm(z: &[f32], k: &Coefficients) -> Vec<f32> {
    mapped(z.len(), k.channels(), |start, end, out| {
        // SAFETY: `out` has room for the block.
        unsafe {
            dispatch(Forward {
                z: &z[start..end],
                k,
                out,
            })
        }
    })
}

struct Forward<'a> {
    z: &'a [f32],
    k: &'a Coefficients,
    out: *mut f32,
}

impl Kernel for Forward<'_> {
    type Output = ();

    #[inline(always)]
    unsafe fn run<S: Simd>(self) {
        let channels = self.k.channels();
        let (slope, offset) = (&self.k.slope[..channels], &self.k.offset[..channels]);
        let floor = if self.k.options.relu { 0.0 } else { f32::NEG_INFINITY };
        for (r, row) in self.z.chunks_exact(channels).enumerate() {
            for c in 0..channels {
                let y = row[c] * slope[c] + offset[c];
                // Written so that NaN passes.
                // SAFETY: inside the block.
                unsafe { *self.out.add(r * channels + c) = if y < floor { floor } else { y } };
            }
        }
    }
}

/// Whether the ReLU lets the gradient of this value through.
#[inline(always)]
fn open(z: f32, slope: f32, offset: f32, floor: f32) -> bool {
    z * slope + offset > floor
}

/// `[2, channels]`: sums of `g` and of `g` times the normalized input, after the ReLU's mask.
pub fn vjp_sums(g: &[f32], z: &[f32], k: &Coefficients) -> Vec<f32> {
    let channels = k.channels();
    let mean: Vec<f32> = k.mean.iter().map(|&m| m as f32).collect();
    let [sum, product] = summed::<2>(g.len() / channels, channels, |start, end, sums| {
        // SAFETY: safe slices of whole rows.
        unsafe {
            dispatch(Sums {
                g: &g[start..end],
                z: &z[start..end],
                mean: &mean,
                k,
                sums,
            })
        }
    });
    let product = product.iter().zip(&k.inverse).map(|(p, i)| (p * i) as f32);
    sum.iter().map(|&s| s as f32).chain(product).collect()
}

struct Sums<'a> {
    g: &'a [f32],
    z: &'a [f32],
    mean: &'a [f32],
    k: &'a Coefficients,
    sums: &'a mut [Vec<f64>; 2],
}

impl Kernel for Sums<'_> {
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
        let mut sums = vec![0f32; 2 * channels];
        let (sum, product) = sums.split_at_mut(channels);
        for (g, z) in self.g.chunks_exact(channels).zip(self.z.chunks_exact(channels)) {
            for c in 0..channels {
                let g = if open(z[c], slope[c], offset[c], floor) {
                    g[c]
                } else {
                    0.0
                };
                sum[c] += g;
                product[c] += g * (z[c] - mean[c]);
            }
        }
        flush(&sums, self.sums);
    }
}

/// Gradient of the input: `slope * (g - mean(g) - x mean(g x))` with x the normalized input, or `slope * g` when frozen.
pub fn batch_norm_vjp(g: &[f32], z: &[f32], sums: &[f32], k: &Coefficients) -> Vec<f32> {
    let channels = k.channels();
    let n = (g.len() / channels) as f64;
    let (mut at_z, mut constant) = (vec![0f32; channels], vec![0f32; channels]);
    if !k.options.frozen {
        for c in 0..channels {
            let slope = k.gain[c] * k.inverse[c];
            let along = slope * sums[channels + c] as f64 / n * k.inverse[c];
            at_z[c] = -along as f32;
            constant[c] = (along * k.mean[c] - slope * sums[c] as f64 / n) as f32;
        }
    }
    mapped(g.len(), channels, |start, end, out| {
        // SAFETY: `out` has room for the block.
        unsafe {
            dispatch(Vjp {
                g: &g[start..end],
                z: &z[start..end],
                k,
                at_z: &at_z,
                constant: &constant,
                out,
            })
        }
    })
}

struct Vjp<'a> {
    g: &'a [f32],
    z: &'a [f32],
    k: &'a Coefficients,
    at_z: &'a [f32],
    constant: &'a [f32],
    out: *mut f32,
}

impl Kernel for Vjp<'_> {
    type Output = ();

    #[inline(always)]
    unsafe fn run<S: Simd>(self) {
        let channels = self.k.channels();
        let (slope, offset) = (&self.k.slope[..channels], &self.k.offset[..channels]);
        let (at_z, constant) = (&self.at_z[..channels], &self.constant[..channels]);
        let floor = if self.k.options.relu { 0.0 } else { f32::NEG_INFINITY };
        for (r, (g, z)) in self
            .g
            .chunks_exact(channels)
            .zip(self.z.chunks_exact(channels))
            .enumerate()
        {
            for c in 0..channels {
                let g = if open(z[c], slope[c], offset[c], floor) {
                    g[c]
                } else {
                    0.0
                };
                // SAFETY: inside the block.
                unsafe { *self.out.add(r * channels + c) = slope[c] * g + (at_z[c] * z[c] + constant[c]) };
            }
        }
    }
}

/// Gradients, for the cotangent `t` of [`batch_norm_vjp`], of its `g`, of `z`, and of the gain; see the default body for the formulas.
pub fn batch_norm_vjp_vjp(
    t: &[f32],
    g: &[f32],
    z: &[f32],
    sums: &[f32],
    k: &Coefficients,
) -> (Vec<f32>, Vec<f32>, Vec<f32>) {
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
    let (mut first, mut second) = (vec![0f32; 0], vec![0f32; 0]);
    first.reserve_exact(g.len());
    second.reserve_exact(g.len());
    {
        let first = &mut first.spare_capacity_mut()[..g.len()];
        let second = &mut second.spare_capacity_mut()[..g.len()];
        (
            first.par_chunks_mut(block),
            second.par_chunks_mut(block),
            t.par_chunks(block),
            g.par_chunks(block),
            z.par_chunks(block),
        )
            .into_par_iter()
            .for_each(|(first, second, t, g, z)| {
                let (first, second) = (first.as_mut_ptr().cast(), second.as_mut_ptr().cast());
                // SAFETY: the kernel writes as many values to both as `t` has.
                unsafe {
                    dispatch(Second {
                        t,
                        g,
                        z,
                        k,
                        c: &c,
                        first,
                        second,
                    })
                }
            });
    }
    // SAFETY: every block of both was written.
    unsafe {
        first.set_len(g.len());
        second.set_len(g.len());
    }
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
