use burn::tensor::Tensor;
use doubleback_ops::{Conv2dOptions, conv2d, conv2d_input_grad, conv2d_with_statistics};
use serde::{Deserialize, Serialize};

use super::bias::biased;
use super::{Context, Layer, LayerPullback, Size, TensorSpec};
use crate::Result;
use crate::nn::fusion::Tail;
use crate::nn::initialize::Start;
use crate::nn::network::Mode;

/// Convolution.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Conv2d {
    /// Output channels.
    pub channels: usize,
    /// Kernel height and width.
    pub kernel: [usize; 2],
    /// Steps between output pixels.
    pub stride: [usize; 2],
    /// Zeros on each side.
    pub padding: [usize; 2],
    /// Steps between the pixels that neighbouring taps of the kernel see.
    #[serde(default = "adjacent", skip_serializing_if = "is_adjacent")]
    pub dilation: [usize; 2],
    /// Add a bias to each channel. Before a batch norm its gradient would be exactly zero.
    pub bias: bool,
}

/// No dilation: what files from before there was one mean, and what is not worth a line in a file.
fn adjacent() -> [usize; 2] {
    [1, 1]
}

fn is_adjacent(dilation: &[usize; 2]) -> bool {
    *dilation == adjacent()
}

impl Conv2d {
    /// Square kernel of odd size, stride 1, the padding that keeps height and width, no bias.
    pub fn same(channels: usize, kernel: usize) -> Self {
        Self {
            channels,
            kernel: [kernel; 2],
            stride: [1; 2],
            padding: [kernel / 2; 2],
            dilation: adjacent(),
            bias: false,
        }
    }
}

impl Layer for Conv2d {
    fn output(&self, [height, width, _]: Size) -> std::result::Result<Size, String> {
        let along = |axis: usize, size: usize| {
            let room = size + 2 * self.padding[axis];
            if [self.kernel[axis], self.stride[axis], self.dilation[axis]].contains(&0) {
                return Err(format!(
                    "kernel {:?}, stride {:?} and dilation {:?} must be at least 1",
                    self.kernel, self.stride, self.dilation
                ));
            }
            let reach = self.dilation[axis]
                .saturating_mul(self.kernel[axis] - 1)
                .saturating_add(1);
            if reach > room {
                return Err(format!(
                    "a kernel of {:?} with dilation {:?} does not fit {size} pixels",
                    self.kernel, self.dilation
                ));
            }
            Ok((room - reach) / self.stride[axis] + 1)
        };
        if self.channels == 0 {
            return Err("needs at least one output channel".into());
        }
        Ok([along(0, height)?, along(1, width)?, self.channels])
    }

    fn parameters(&self, [_, _, channels]: Size) -> Vec<TensorSpec> {
        let field = self.kernel[0] * self.kernel[1];
        let start = Start::GlorotUniform {
            fan_in: field * channels,
            fan_out: field * self.channels,
        };
        let dims = vec![self.kernel[0], self.kernel[1], channels, self.channels];
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

    fn forward(&self, x: Tensor<4>, context: &mut Context<'_, '_>) -> Result<(Tensor<4>, LayerPullback)> {
        self.forward_with(x, Tail::default(), context)
    }
}

impl Conv2d {
    /// The layer and what follows it.
    ///
    /// # Errors
    /// When a tensor does not fit.
    pub(super) fn forward_with(
        &self,
        x: Tensor<4>,
        tail: Tail,
        context: &mut Context<'_, '_>,
    ) -> Result<(Tensor<4>, LayerPullback)> {
        let options = Conv2dOptions {
            stride: self.stride,
            padding: self.padding.into(),
            dilation: self.dilation,
            groups: 1,
        };
        let weight = context.parameters[0].view::<4>();
        let [_, height, width, _] = x.dims();
        let y = if tail.statistics && matches!(context.mode, Mode::Training(_)) {
            let (y, statistics) = conv2d_with_statistics(x, weight.clone(), options)?;
            *context.statistics = Some(statistics.inner());
            y
        } else {
            conv2d(x, weight.clone(), options)?
        };
        let pullback = move |g| Ok(conv2d_input_grad(g, weight.clone(), [height, width], options)?);
        if !self.bias {
            return Ok((y, Box::new(pullback)));
        }
        let (y, before) = biased(y, context.parameters[1].view(), tail)?;
        Ok((y, Box::new(move |g| pullback(before(g)?))))
    }
}
