use burn::tensor::Tensor;
use doubleback_ops::{
    Conv2dOptions, Padding2d, conv2d, conv2d_biased, conv2d_input_grad, conv2d_with_statistics, relu_vjp,
};
use serde::{Deserialize, Serialize};

use super::bias::biased;
use super::epilogue::Absorbs;
use super::layer::{Context, LARGEST, Size, TensorSpec, UnaryLayer, UnaryPullback};
use super::window::{Unfit, Window};
use super::window_options::{adjacent, is_adjacent, is_one, one, padding};
use crate::Result;
use crate::nn::initialize::Start;
use crate::nn::mode::Mode;

/// Convolution.
///
/// ```
/// use doubleback::nn::layers::Conv2d;
///
/// let depthwise = Conv2d { groups: 32, ..Conv2d::same(32, 3) };
/// // Top, left, bottom, right.
/// let uneven = Conv2d { stride: [2; 2], padding: [0, 0, 1, 1].into(), ..Conv2d::same(16, 3) };
/// # let _ = (depthwise, uneven);
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Conv2d {
    /// Output channels.
    pub channels: usize,
    /// Kernel height and width.
    pub kernel: [usize; 2],
    /// Steps between output pixels.
    pub stride: [usize; 2],
    /// Zeros on each of the four sides. In files two numbers (above and below, left and right), or four: top, left, bottom, right.
    #[serde(with = "padding")]
    pub padding: Padding2d,
    /// Steps between the pixels that neighbouring taps of the kernel see.
    #[serde(default = "adjacent", skip_serializing_if = "is_adjacent")]
    pub dilation: [usize; 2],
    /// Equal parts that input and output channels are cut in, at least 1: each output channel sees the input channels of its own part. As
    /// many groups as input channels make a depthwise convolution.
    #[serde(default = "one", skip_serializing_if = "is_one")]
    pub groups: usize,
    /// Add a bias to each channel. Before a batch norm its gradient would be exactly zero.
    pub bias: bool,
}

impl Conv2d {
    /// Square kernel of odd size, stride 1, the padding that keeps height and width, no bias.
    pub fn same(channels: usize, kernel: usize) -> Self {
        Self {
            channels,
            kernel: [kernel; 2],
            stride: [1; 2],
            padding: [kernel / 2; 2].into(),
            dilation: adjacent(),
            groups: one(),
            bias: false,
        }
    }

    /// What the op takes.
    pub fn options(&self) -> Conv2dOptions {
        Conv2dOptions {
            stride: self.stride,
            padding: self.padding,
            dilation: self.dilation,
            groups: self.groups,
        }
    }
}

impl UnaryLayer for Conv2d {
    fn output(&self, [height, width, channels]: Size) -> std::result::Result<Size, String> {
        let along = |axis: usize, size: usize| {
            let window = Window {
                kernel: self.kernel[axis],
                dilation: self.dilation[axis],
                stride: self.stride[axis],
                padding: [self.padding.before[axis], self.padding.after[axis]],
            };
            window.places(size).map_err(|unfit| match unfit {
                Unfit::Zero => format!(
                    "kernel {:?}, stride {:?} and dilation {:?} must be at least 1",
                    self.kernel, self.stride, self.dilation
                ),
                Unfit::Padding => format!("{:?} makes more than {LARGEST} pixels of {size}", self.padding),
                Unfit::Kernel => format!(
                    "a kernel of {:?} with dilation {:?} does not fit {size} pixels",
                    self.kernel, self.dilation
                ),
            })
        };
        if self.channels == 0 {
            return Err("needs at least one output channel".into());
        }
        let divisible = |channels: usize| channels.checked_rem(self.groups) == Some(0);
        if !divisible(channels) || !divisible(self.channels) {
            return Err(format!(
                "{channels} input and {} output channels do not make {} equal groups",
                self.channels, self.groups
            ));
        }
        Ok([along(0, height)?, along(1, width)?, self.channels])
    }

    fn parameters(&self, [_, _, channels]: Size) -> Vec<TensorSpec> {
        let field = self.kernel[0].saturating_mul(self.kernel[1]);
        let start = Start::GlorotUniform {
            fan_in: field.saturating_mul(channels / self.groups),
            fan_out: field.saturating_mul(self.channels / self.groups),
        };
        let dims = vec![self.kernel[0], self.kernel[1], channels / self.groups, self.channels];
        let mut tensors = vec![TensorSpec {
            name: "weight",
            dims,
            start,
        }];
        if self.bias {
            tensors.push(TensorSpec {
                name: "bias",
                dims: vec![self.channels],
                start: Start::Zeros,
            });
        }
        tensors
    }

    /// The padded image.
    fn workspace(&self, [height, width, channels]: Size) -> usize {
        let padded = |axis: usize, size: usize| {
            let size = size.saturating_add(self.padding.before[axis]);
            size.saturating_add(self.padding.after[axis])
        };
        padded(0, height)
            .saturating_mul(padded(1, width))
            .saturating_mul(channels)
    }

    fn absorbs(&self) -> Absorbs {
        match self.bias {
            true => Absorbs::ReluAndPool,
            false => Absorbs::Statistics,
        }
    }

    fn forward(&self, x: Tensor<4>, context: &mut Context<'_, '_>) -> Result<(Tensor<4>, UnaryPullback)> {
        let options = self.options();
        let weight = context.parameters[0].view::<4>();
        let [_, height, width, _] = x.dims();
        let pullback = {
            let weight = weight.clone();
            move |g| Ok(conv2d_input_grad(g, weight.clone(), [height, width], options)?)
        };
        let taped = x.is_autodiff() || weight.is_autodiff();
        if self.bias && context.epilogue.pool.is_none() && !taped {
            let bias = context.parameters[1].view();
            let y = conv2d_biased(x, weight, bias, options, context.epilogue.relu())?;
            if !context.epilogue.relu() {
                return Ok((y, Box::new(pullback)));
            }
            let kept = y.clone();
            return Ok((y, Box::new(move |g| pullback(relu_vjp(g, kept.clone())?))));
        }
        let y = if context.epilogue.statistics && matches!(context.mode, Mode::Training(_)) {
            let (y, statistics) = conv2d_with_statistics(x, weight.clone(), options)?;
            *context.statistics = Some(statistics.inner());
            y
        } else {
            conv2d(x, weight, options)?
        };
        if !self.bias {
            return Ok((y, Box::new(pullback)));
        }
        let (y, before) = biased(y, context.parameters[1].view(), context.epilogue)?;
        Ok((y, Box::new(move |g| pullback(before(g)?))))
    }
}
