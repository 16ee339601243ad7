use burn::tensor::Tensor;
use doubleback_ops::{Pool2dOptions, PoolKind, avg_pool2d, avg_pool2d_transpose, max_pool2d, pool_unselect};
use serde::{Deserialize, Serialize};

use super::epilogue::Role;
use super::layer::{Context, Size, UnaryLayer, UnaryPullback};
use super::window::{Unfit, Window};
use crate::Result;

/// Largest value of each window; padding never is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MaxPool {
    /// Height and width of a window.
    pub kernel: [usize; 2],
    /// Steps between windows.
    pub stride: [usize; 2],
    /// Pixels added on each side, at most half the kernel.
    #[serde(default, skip_serializing_if = "is_none")]
    pub padding: [usize; 2],
}

/// Mean of each window; padding counts as zeros.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AvgPool {
    /// Height and width of a window.
    pub kernel: [usize; 2],
    /// Steps between windows.
    pub stride: [usize; 2],
    /// Zeros added on each side, at most half the kernel.
    #[serde(default, skip_serializing_if = "is_none")]
    pub padding: [usize; 2],
}

/// Mean of each channel over all pixels.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GlobalAvgPool {}

fn is_none(padding: &[usize; 2]) -> bool {
    *padding == [0, 0]
}

impl MaxPool {
    /// Square windows that do not overlap, without padding; rows and columns that are left over are dropped.
    pub fn square(size: usize) -> Self {
        Self {
            kernel: [size; 2],
            stride: [size; 2],
            padding: [0; 2],
        }
    }

    fn options(&self) -> Pool2dOptions {
        Pool2dOptions {
            kernel: self.kernel,
            stride: self.stride,
            padding: self.padding,
        }
    }
}

impl AvgPool {
    /// Square windows that do not overlap, without padding; rows and columns that are left over are dropped.
    pub fn square(size: usize) -> Self {
        Self {
            kernel: [size; 2],
            stride: [size; 2],
            padding: [0; 2],
        }
    }

    fn options(&self) -> Pool2dOptions {
        Pool2dOptions {
            kernel: self.kernel,
            stride: self.stride,
            padding: self.padding,
        }
    }
}

fn pooled(options: Pool2dOptions, [height, width, channels]: Size) -> std::result::Result<Size, String> {
    let along = |axis: usize, size: usize| {
        let (kernel, padding) = (options.kernel[axis], options.padding[axis]);
        if padding > kernel / 2 {
            return Err(format!(
                "padding {:?} is more than half the kernel {:?}",
                options.padding, options.kernel
            ));
        }
        let window = Window {
            kernel,
            dilation: 1,
            stride: options.stride[axis],
            padding: [padding; 2],
        };
        window.places(size).map_err(|unfit| match unfit {
            Unfit::Zero if options.stride != options.kernel => format!(
                "kernel {:?} and stride {:?} must be at least 1",
                options.kernel, options.stride
            ),
            _ => format!(
                "windows of {} x {} do not fit {height} x {width} pixels",
                options.kernel[0], options.kernel[1]
            ),
        })
    };
    Ok([along(0, height)?, along(1, width)?, channels])
}

/// What the pooling of a kind is to the layers before it.
fn role(options: Pool2dOptions, kind: PoolKind) -> Role {
    match options == Pool2dOptions::square(2) {
        true => Role::Pool(kind),
        false => Role::Other,
    }
}

fn average(x: Tensor<4>, options: Pool2dOptions) -> Result<(Tensor<4>, UnaryPullback)> {
    let [_, height, width, _] = x.dims();
    let y = avg_pool2d(x, options)?;
    let pullback = move |g| Ok(avg_pool2d_transpose(g, [height, width], options)?);
    Ok((y, Box::new(pullback)))
}

impl UnaryLayer for MaxPool {
    fn output(&self, input: Size) -> std::result::Result<Size, String> {
        pooled(self.options(), input)
    }

    fn role(&self) -> Role {
        role(self.options(), PoolKind::Max)
    }

    fn forward(&self, x: Tensor<4>, _: &mut Context<'_, '_>) -> Result<(Tensor<4>, UnaryPullback)> {
        let (y, indices) = max_pool2d(x, self.options())?;
        Ok((y, Box::new(move |g| Ok(pool_unselect(g, &indices)?))))
    }
}

impl UnaryLayer for AvgPool {
    fn output(&self, input: Size) -> std::result::Result<Size, String> {
        pooled(self.options(), input)
    }

    fn role(&self) -> Role {
        role(self.options(), PoolKind::Avg)
    }

    fn forward(&self, x: Tensor<4>, _: &mut Context<'_, '_>) -> Result<(Tensor<4>, UnaryPullback)> {
        average(x, self.options())
    }
}

impl UnaryLayer for GlobalAvgPool {
    fn output(&self, [_, _, channels]: Size) -> std::result::Result<Size, String> {
        Ok([1, 1, channels])
    }

    fn forward(&self, x: Tensor<4>, _: &mut Context<'_, '_>) -> Result<(Tensor<4>, UnaryPullback)> {
        let [_, height, width, _] = x.dims();
        let options = Pool2dOptions {
            kernel: [height, width],
            stride: [height, width],
            padding: [0, 0],
        };
        average(x, options)
    }
}
