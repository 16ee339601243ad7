use burn::tensor::Tensor;
use serde::{Deserialize, Serialize};

use super::axis::along;
use super::layer::{Context, Size, UnaryLayer, UnaryPullback};
use super::product::product;
use crate::Result;

/// One number for all values along some axes, which are of size 1 after it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Reduce {
    /// Which number.
    pub function: Reduction,
    /// Of 0: height, 1: width, 2: channels.
    pub axes: Vec<usize>,
}

/// What [`Reduce`] computes. Derivatives where there is none are PyTorch's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Reduction {
    /// Σ x / count.
    Mean,
    /// Σ x.
    Sum,
    /// The greatest; its gradient is shared evenly among equals.
    Max,
    /// The least; likewise.
    Min,
    /// Π x. The derivative by one is the product of the others, zeros among them or not.
    Prod,
    /// Σ |x|, with slope 0 at 0.
    L1,
    /// √Σ x², with slope 0 where all are 0.
    L2,
    /// Σ x².
    SumSquare,
    /// log Σ x.
    LogSum,
    /// log Σ exp x. The greatest is subtracted first, so that nothing overflows.
    LogSumExp,
}

impl UnaryLayer for Reduce {
    fn output(&self, input: Size) -> std::result::Result<Size, String> {
        let mut output = input;
        for (place, &axis) in self.axes.iter().enumerate() {
            along(input, axis)?;
            if self.axes[..place].contains(&axis) {
                return Err(format!("axes {:?} name one twice", self.axes));
            }
            output[axis] = 1;
        }
        match self.axes.is_empty() {
            true => Err("needs an axis".into()),
            false => Ok(output),
        }
    }

    /// Up to two values for each of the input's.
    fn workspace(&self, [height, width, channels]: Size) -> usize {
        (height * width * channels).saturating_mul(2)
    }

    fn forward(&self, x: Tensor<4>, _: &mut Context<'_, '_>) -> Result<(Tensor<4>, UnaryPullback)> {
        let axes: Vec<usize> = self.axes.iter().map(|axis| axis + 1).collect();
        let dims = x.dims();
        let (y, pullback): (_, UnaryPullback) = match self.function {
            Reduction::Sum => (x.sum_dims(&axes), Box::new(move |g| Ok(g.expand(dims)))),
            Reduction::Mean => {
                let share = 1.0 / axes.iter().map(|&axis| dims[axis]).product::<usize>() as f64;
                let pullback = move |g: Tensor<4>| Ok((g * share).expand(dims));
                (x.sum_dims(&axes) * share, Box::new(pullback))
            }
            Reduction::Max => greatest(x, &axes),
            Reduction::Min => {
                let (y, pullback) = greatest(x.neg(), &axes);
                (y.neg(), pullback)
            }
            Reduction::Prod => product(x, &axes),
            Reduction::L1 => {
                let sign = x.clone().inner().sign();
                let y = (x * sign.clone()).sum_dims(&axes);
                (y, Box::new(move |g| Ok(g * sign.clone())))
            }
            Reduction::L2 => norm(x, &axes),
            Reduction::SumSquare => {
                let y = x.clone().square().sum_dims(&axes);
                (y, Box::new(move |g: Tensor<4>| Ok(x.clone() * (g * 2.0))))
            }
            Reduction::LogSum => {
                let sum = x.sum_dims(&axes);
                let y = sum.clone().log();
                (y, Box::new(move |g: Tensor<4>| Ok((g / sum.clone()).expand(dims))))
            }
            Reduction::LogSumExp => {
                // A constant, finite also where all values are -∞.
                let finite = f64::from(f32::MAX);
                let greatest = x.clone().inner().max_dims(&axes).clamp(-finite, finite);
                let exponentials = (x - greatest.clone()).exp();
                let sum = exponentials.clone().sum_dims(&axes);
                let y = sum.clone().log() + greatest;
                let pullback = move |g: Tensor<4>| Ok(exponentials.clone() * (g / sum.clone()));
                (y, Box::new(pullback))
            }
        };
        Ok((y, pullback))
    }
}

/// The greatest value, whose equals have even shares in it.
fn greatest(x: Tensor<4>, axes: &[usize]) -> (Tensor<4>, UnaryPullback) {
    let fixed = x.clone().inner();
    let is_greatest = fixed.clone().equal(fixed.clone().max_dims(axes));
    let one = is_greatest.clone().float().cast(x.dtype());
    let share = one.clone() / one.sum_dims(axes);
    // No product of an infinite value with a share of 0.
    let y = (x.mask_fill(is_greatest.bool_not(), 0.0) * share.clone()).sum_dims(axes);
    (y, Box::new(move |g| Ok(g * share.clone())))
}

/// The root of the sum of squares. Where that is 0, all its derivatives are taken as 0.
fn norm(x: Tensor<4>, axes: &[usize]) -> (Tensor<4>, UnaryPullback) {
    let squares = x.clone().square().sum_dims(axes);
    let is_zero = squares.clone().inner().equal_elem(0.0).float().cast(x.dtype());
    let is_not = is_zero.ones_like() - is_zero.clone();
    let root = (squares + is_zero).sqrt();
    let y = root.clone() * is_not.clone();
    let pullback = move |g: Tensor<4>| Ok(x.clone() * (g * is_not.clone() / root.clone()));
    (y, Box::new(pullback))
}
