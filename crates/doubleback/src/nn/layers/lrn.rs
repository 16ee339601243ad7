use burn::tensor::Tensor;
use serde::{Deserialize, Serialize};

use super::layer::{Context, Size, UnaryLayer, UnaryPullback};
use crate::Result;

/// Local response normalization (Krizhevsky, Sutskever & Hinton 2012): each value over a power of how strong the channels around it are,
/// x / (bias + alpha / size · Σ x²)^beta, where the sum is over `size` channels: its own, (size - 1) / 2 before it (rounded down), and the rest
/// after it.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Lrn {
    /// Channels that the sum is over, at least 1; beyond the first and the last there are zeros.
    pub size: usize,
    /// Weight of the sum, at least 0.
    pub alpha: f64,
    /// The power.
    pub beta: f64,
    /// Added to the sum, above 0.
    pub bias: f64,
}

impl Lrn {
    /// Sums over the channels around each: those `before` and `after` it that there are.
    fn sum(x: Tensor<4>, before: usize, after: usize) -> Tensor<4> {
        let channels = x.dims()[3];
        let (before, after) = (before.min(channels - 1), after.min(channels - 1));
        let padded = x.pad([(0, 0), (0, 0), (before, after)], 0.0);
        let shifted = |by: usize| padded.clone().slice_dim(3, by..by + channels);
        (1..=before + after).fold(shifted(0), |sum, by| sum + shifted(by))
    }
}

impl UnaryLayer for Lrn {
    fn output(&self, input: Size) -> std::result::Result<Size, String> {
        let known = |value: f64| value.abs() <= f64::from(f32::MAX);
        let positive = self.bias >= f64::from(f32::MIN_POSITIVE) && self.alpha >= 0.0;
        if self.size == 0 || !positive || ![self.alpha, self.beta, self.bias].into_iter().all(known) {
            return Err(format!(
                "size {} must be at least 1, bias {} above 0, alpha {} at least 0, and beta {} a number",
                self.size, self.bias, self.alpha, self.beta
            ));
        }
        Ok(input)
    }

    /// A sum for each channel of the window.
    fn workspace(&self, [height, width, channels]: Size) -> usize {
        let shifts = self.size.min(channels.saturating_mul(2)).saturating_add(4);
        (height * width * channels).saturating_mul(shifts)
    }

    fn forward(&self, x: Tensor<4>, _: &mut Context<'_, '_>) -> Result<(Tensor<4>, UnaryPullback)> {
        let before = (self.size - 1) / 2;
        let after = self.size - 1 - before;
        let (each, beta) = (self.alpha / self.size as f64, self.beta);
        let strength = Self::sum(x.clone().square(), before, after) * each + self.bias;
        let scale = strength.clone().powf_scalar(-beta);
        let y = x.clone() * scale.clone();
        let kept = y.clone();
        let pullback = move |g: Tensor<4>| {
            // A channel counts in the sums of those around it, seen from the other side.
            let of_sums = Self::sum(g.clone() * kept.clone() / strength.clone(), after, before);
            Ok(g * scale.clone() - x.clone() * of_sums * (2.0 * each * beta))
        };
        Ok((y, Box::new(pullback)))
    }
}
