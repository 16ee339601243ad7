use burn::tensor::Tensor;
use doubleback_ops::Padding2d;
use serde::{Deserialize, Serialize};

use super::layer::{Context, Size, UnaryLayer, UnaryPullback};
use super::pool_windows::PoolWindows;
use super::window_options::{adjacent, is_adjacent, is_no, padding};
use crate::Result;

/// The p-norm of each window, (Σ |x|ᵖ)^(1/p); padding is zeros.
///
/// The norm has no derivative where a whole window is zero, and gets none.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LpPool {
    /// The p of the norm, from 1 to 64.
    pub p: u32,
    /// Height and width of a window.
    pub kernel: [usize; 2],
    /// Steps between windows.
    pub stride: [usize; 2],
    /// Zeros added on each of the four sides, fewer than a window covers. In files two numbers or four, as of a convolution.
    #[serde(default, skip_serializing_if = "padding::is_none", with = "padding")]
    pub padding: Padding2d,
    /// Steps between the pixels that neighbouring taps of a window see.
    #[serde(default = "adjacent", skip_serializing_if = "is_adjacent")]
    pub dilation: [usize; 2],
    /// As of [`MaxPool`](super::MaxPool).
    #[serde(default, skip_serializing_if = "is_no")]
    pub ceil: bool,
}

/// Largest p: above it a window far below the largest value of its image would be lost in `f32`.
const MOST: u32 = 64;

impl LpPool {
    fn windows(&self) -> PoolWindows {
        PoolWindows {
            kernel: self.kernel,
            stride: self.stride,
            padding: self.padding,
            dilation: self.dilation,
            ceil: self.ceil,
        }
    }
}

/// x to a whole power.
fn power(x: &Tensor<4>, exponent: u32) -> Tensor<4> {
    match exponent {
        0 => x.ones_like(),
        1 => x.clone(),
        _ => {
            let half = power(x, exponent / 2);
            let square = half.clone() * half;
            if exponent % 2 == 1 { square * x.clone() } else { square }
        }
    }
}

impl UnaryLayer for LpPool {
    fn output(&self, input: Size) -> std::result::Result<Size, String> {
        if !(1..=MOST).contains(&self.p) {
            return Err(format!("p {} is not from 1 to {MOST}", self.p));
        }
        self.windows().output(input)
    }

    /// Powers, and what pooling them writes.
    fn workspace(&self, input: Size) -> usize {
        let powers = input.iter().product::<usize>().saturating_mul(4);
        self.windows().workspace(input).saturating_add(powers)
    }

    fn forward(&self, x: Tensor<4>, _: &mut Context<'_, '_>) -> Result<(Tensor<4>, UnaryPullback)> {
        let [_, height, width, _] = x.dims();
        let (p, dtype) = (self.p, x.dtype());
        let placed = self.windows().over([height, width])?;
        // The norm scales with the image: by its largest value, a constant, so that no power overflows.
        let largest = x.clone().inner().abs().max_dims(&[1, 2, 3]);
        let zero = largest.clone().equal_elem(0.0).float().cast(dtype);
        let largest = largest + zero;
        let scaled = x / largest.clone();
        let sum = placed.sum(power(&scaled.clone().abs(), p))?;
        let empty = sum.clone().inner().equal_elem(0.0).float().cast(dtype);
        let root = (sum + empty.clone()).powf_scalar(1.0 / f64::from(p)) * (empty.ones_like() - empty.clone());
        let y = root.clone() * largest;
        let pullback = move |g: Tensor<4>| {
            // Σ |u|ᵖ to the power of 1/p - 1, where it is not zero.
            let below = power(&(root.clone() + empty.clone()), p - 1).recip();
            let of_power = placed.spread(g * below * (empty.ones_like() - empty.clone()))?;
            let slope = match p {
                1 => scaled.clone().inner().sign(),
                _ => scaled.clone() * power(&scaled.clone().abs(), p - 2),
            };
            Ok(of_power * slope)
        };
        Ok((y, Box::new(pullback)))
    }
}
