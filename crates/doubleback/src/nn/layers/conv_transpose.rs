use burn::tensor::Tensor;
use doubleback_ops::{Conv2dOptions, Padding2d, conv2d, conv2d_input_grad};
use serde::{Deserialize, Serialize};

use super::bias::biased;
use super::epilogue::Epilogue;
use super::layer::{Context, LARGEST, Size, TensorSpec, UnaryLayer, UnaryPullback};
use super::window_options::{adjacent, is_adjacent, is_one, one, padding};
use crate::Result;
use crate::nn::initialize::Start;

/// Transposed convolution: the input gradient of a convolution, as a layer that enlarges.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ConvTranspose2d {
    /// Output channels.
    pub channels: usize,
    /// Kernel height and width.
    pub kernel: [usize; 2],
    /// Output pixels between the places where neighbouring input pixels land.
    pub stride: [usize; 2],
    /// Rows and columns cut off on each of the four sides. In files two numbers or four, as of a convolution.
    #[serde(with = "padding")]
    pub padding: Padding2d,
    /// Rows and columns added at the end, fewer than the stride or the dilation: of the sizes that the convolution shrinks to the same one,
    /// which is meant.
    pub output_padding: [usize; 2],
    /// Steps between the pixels where neighbouring taps of the kernel land.
    #[serde(default = "adjacent", skip_serializing_if = "is_adjacent")]
    pub dilation: [usize; 2],
    /// Equal parts that input and output channels are cut in, at least 1: each input channel goes to the output channels of its own part.
    #[serde(default = "one", skip_serializing_if = "is_one")]
    pub groups: usize,
    /// Add a bias to each channel.
    pub bias: bool,
}

impl ConvTranspose2d {
    /// Kernel 4, stride 2, padding 1: twice the height and width, and one more where `odd` says so; without a bias.
    pub fn doubling(channels: usize, odd: [bool; 2]) -> Self {
        Self {
            channels,
            kernel: [4; 2],
            stride: [2; 2],
            padding: [1; 2].into(),
            output_padding: odd.map(usize::from),
            dilation: adjacent(),
            groups: one(),
            bias: false,
        }
    }

    /// Pixels that one input pixel reaches, along an axis. The kernel must not be empty.
    fn reach(&self, axis: usize) -> usize {
        self.dilation[axis]
            .saturating_mul(self.kernel[axis] - 1)
            .saturating_add(1)
    }

    /// Rows or columns that nothing reaches, at the end of the output: those of the output padding beyond what is cut off there, where the
    /// convolution that shrinks the output again would see too much with them.
    fn empty(&self, axis: usize) -> usize {
        match self.output_padding[axis] < self.stride[axis] {
            true => 0,
            false => self.output_padding[axis].saturating_sub(self.padding.after[axis]),
        }
    }

    /// The convolution whose input gradient this is.
    fn options(&self) -> Conv2dOptions {
        let after = |axis: usize| match self.output_padding[axis] < self.stride[axis] {
            true => self.padding.after[axis],
            false => self.padding.after[axis].saturating_sub(self.output_padding[axis]),
        };
        Conv2dOptions {
            stride: self.stride,
            padding: Padding2d {
                before: self.padding.before,
                after: [after(0), after(1)],
            },
            dilation: self.dilation,
            groups: self.groups,
        }
    }
}

impl UnaryLayer for ConvTranspose2d {
    fn output(&self, [height, width, channels]: Size) -> std::result::Result<Size, String> {
        let along = |axis: usize, size: usize| {
            let (stride, dilation) = (self.stride[axis], self.dilation[axis]);
            if [self.kernel[axis], stride, dilation].contains(&0) || self.output_padding[axis] >= stride.max(dilation) {
                let dilated = if self.dilation == adjacent() {
                    ""
                } else {
                    " or the dilation"
                };
                return Err(format!(
                    "kernel {:?} and stride {:?} must be at least 1, output padding {:?} less than the stride{dilated}",
                    self.kernel, self.stride, self.output_padding
                ));
            }
            // What the convolution that shrinks this again sees with its padding, and what of it is image.
            let padded = (size - 1)
                .checked_mul(stride)
                .and_then(|start| {
                    start
                        .checked_add(self.reach(axis))?
                        .checked_add(self.output_padding[axis])
                })
                .filter(|&padded| padded <= LARGEST);
            let cut = self.padding.before[axis].checked_add(self.padding.after[axis]);
            padded
                .zip(cut)
                .and_then(|(padded, cut)| padded.checked_sub(cut))
                .filter(|&size| size > self.empty(axis))
                .ok_or_else(|| {
                    format!(
                        "padding {:?} leaves nothing of {size} pixels",
                        padding::numbers(self.padding)
                    )
                })
        };
        if self.channels == 0 || height == 0 || width == 0 {
            return Err("needs at least one output channel and one input pixel".into());
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
        let (field, steps) = (
            self.kernel[0].saturating_mul(self.kernel[1]),
            self.stride[0].saturating_mul(self.stride[1]),
        );
        // An output pixel sees one tap in `steps` of each input channel.
        let start = Start::GlorotUniform {
            fan_in: field.saturating_mul(channels / self.groups) / steps,
            fan_out: field.saturating_mul(self.channels / self.groups),
        };
        let mut tensors = vec![TensorSpec {
            name: "weight",
            dims: vec![self.kernel[0], self.kernel[1], self.channels / self.groups, channels],
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

    /// What the convolution that shrinks it again would see.
    fn workspace(&self, [height, width, _]: Size) -> usize {
        let padded = |axis: usize, size: usize| {
            let reach = size.saturating_sub(1).saturating_mul(self.stride[axis]);
            reach
                .saturating_add(self.reach(axis))
                .saturating_add(self.output_padding[axis])
        };
        padded(0, height)
            .saturating_mul(padded(1, width))
            .saturating_mul(self.channels)
    }

    fn forward(&self, x: Tensor<4>, context: &mut Context<'_, '_>) -> Result<(Tensor<4>, UnaryPullback)> {
        let [_, height, width, channels] = x.dims();
        let [height, width, _] = self
            .output([height, width, channels])
            .map_err(|problem| crate::Error::shape("transposed convolution", problem, x.dims()))?;
        let (options, empty) = (self.options(), [self.empty(0), self.empty(1)]);
        let reached = [height - empty[0], width - empty[1]];
        let weight = context.parameters[0].view::<4>();
        let y = conv2d_input_grad(x, weight.clone(), reached, options)?;
        let y = match empty {
            [0, 0] => y,
            [rows, columns] => y.pad([(0, rows), (0, columns), (0, 0)], 0.0),
        };
        let pullback = move |g: Tensor<4>| {
            let g = match empty {
                [0, 0] => g,
                _ => g.clone().slice([0..g.dims()[0], 0..reached[0], 0..reached[1]]),
            };
            Ok(conv2d(g, weight.clone(), options)?)
        };
        if !self.bias {
            return Ok((y, Box::new(pullback)));
        }
        let (y, before) = biased(y, context.parameters[1].view(), Epilogue::default())?;
        Ok((y, Box::new(move |g| pullback(before(g)?))))
    }
}
