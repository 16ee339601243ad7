use burn::tensor::Tensor;
use doubleback_ops::{Conv2dOptions, conv2d, conv2d_input_grad};
use serde::{Deserialize, Serialize};

use super::bias::biased;
use super::epilogue::Epilogue;
use super::layer::{Context, LARGEST, Size, TensorSpec, UnaryLayer, UnaryPullback};
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
    /// Rows and columns cut off on each side.
    pub padding: [usize; 2],
    /// Rows and columns added at the end, fewer than the stride: of the sizes that the convolution shrinks to the same one, which is meant.
    pub output_padding: [usize; 2],
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
            padding: [1; 2],
            output_padding: odd.map(usize::from),
            bias: false,
        }
    }
}

impl UnaryLayer for ConvTranspose2d {
    fn output(&self, [height, width, _]: Size) -> std::result::Result<Size, String> {
        let along = |axis: usize, size: usize| {
            let (kernel, stride, padding) = (self.kernel[axis], self.stride[axis], self.padding[axis]);
            if kernel == 0 || stride == 0 || self.output_padding[axis] >= stride.max(1) {
                return Err(format!(
                    "kernel {:?} and stride {:?} must be at least 1, output padding {:?} less than the stride",
                    self.kernel, self.stride, self.output_padding
                ));
            }
            // What the convolution that shrinks this again sees with its padding, and what of it is image.
            let padded = (size - 1)
                .checked_mul(stride)
                .and_then(|reach| reach.checked_add(kernel)?.checked_add(self.output_padding[axis]))
                .filter(|&padded| padded <= LARGEST);
            padded
                .and_then(|padded| padded.checked_sub(padding.checked_mul(2)?))
                .filter(|&size| size > 0)
                .ok_or_else(|| format!("padding {:?} leaves nothing of {size} pixels", self.padding))
        };
        if self.channels == 0 || height == 0 || width == 0 {
            return Err("needs at least one output channel and one input pixel".into());
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
            fan_in: field.saturating_mul(channels) / steps,
            fan_out: field.saturating_mul(self.channels),
        };
        let mut tensors = vec![TensorSpec {
            name: "weight",
            dims: vec![self.kernel[0], self.kernel[1], self.channels, channels],
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
                .saturating_add(self.kernel[axis])
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
        let options = Conv2dOptions {
            stride: self.stride,
            padding: self.padding.into(),
            ..Conv2dOptions::default()
        };
        let weight = context.parameters[0].view::<4>();
        let y = conv2d_input_grad(x, weight.clone(), [height, width], options)?;
        let pullback = move |g| Ok(conv2d(g, weight.clone(), options)?);
        if !self.bias {
            return Ok((y, Box::new(pullback)));
        }
        let (y, before) = biased(y, context.parameters[1].view(), Epilogue::default())?;
        Ok((y, Box::new(move |g| pullback(before(g)?))))
    }
}
