//! The vjp.

use super::super::buffer::Buffer;
use super::super::simd::{Kernel, Simd, dispatch};
use super::{Coefficients, flush, mapped, open, summed};

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
pub fn batch_norm_vjp(g: &[f32], z: &[f32], sums: &[f32], k: &Coefficients) -> Buffer {
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
