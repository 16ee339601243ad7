//! The gradients of a batch norm's vjp, per channel, from sums.

use super::coefficients::Coefficients;
use super::combination::Dense;
use super::windows::Windows;

/// The gradients as combinations, and the one that is a sum.
pub(super) struct Factors {
    /// Of the cotangent; before weights, where a function follows.
    pub cotangent: Dense,
    /// Of the input; zero where the statistics are frozen.
    pub input: Dense,
    /// Of the gain.
    pub gain: Vec<f32>,
}

impl Factors {
    pub fn new(t_sums: &[f32], sums: &[f32], windows: &Windows, k: &Coefficients) -> Self {
        let (n, share, channels) = (windows.pixels() as f64, k.share(), k.channels());
        let mut gain = Vec::with_capacity(channels);
        let (mut first, mut second) = (Dense::default(), Dense::default());
        for c in 0..channels {
            let (inverse, slope, mean) = (k.inverse[c], k.gain[c] * k.inverse[c], k.mean[c]);
            let [sum_t, product_t, sum_tg] = [0, 1, 2].map(|i| f64::from(t_sums[i * channels + c]));
            if k.options.frozen {
                gain.push((inverse * share * sum_tg) as f32);
                first.push([0.0, 0.0, 0.0, share * slope]);
                second.push([0.0; 4]);
                continue;
            }
            // Means over pixels of t, g, t x, g x, and of t P(g), P the projection that the statistics amount to.
            let (mt, mg) = (sum_t / n, sums[c] as f64 / n);
            let (mtx, mgx) = (product_t * inverse / n, sums[channels + c] as f64 / n);
            let mtp = share * sum_tg / n - mt * mg - mtx * mgx;
            gain.push((inverse * mtp * n) as f32);
            // cotangent = slope (t - mt - x mtx), where the value counts
            let along = slope * mtx * inverse;
            first.push([0.0, -share * along, share * (along * mean - slope * mt), share * slope]);
            // x_grad = -slope (mgx t + mtx g); input = inverse (P(x_grad) - x slope mtp)
            let mean_x_grad = -slope * (mgx * mt + mtx * mg);
            let along = inverse * inverse * (-2.0 * slope * mgx * mtx + slope * mtp);
            second.push([
                -inverse * slope * mtx * share,
                -along,
                along * mean - inverse * mean_x_grad,
                -inverse * slope * mgx,
            ]);
        }
        Self {
            cotangent: first,
            input: second,
            gain,
        }
    }
}
