use burn::tensor::Tensor;
use doubleback_ops::{Pool2dOptions, avg_pool2d, avg_pool2d_transpose, max_pool2d, pool_unselect};
use serde::{Deserialize, Serialize};

use super::{Context, Layer, LayerPullback, Size};
use crate::Result;

fn pooled(size: usize, [height, width, channels]: Size) -> std::result::Result<Size, String> {
    if size == 0 || size > height || size > width {
        return Err(format!(
            "windows of {size} x {size} do not fit {height} x {width} pixels"
        ));
    }
    Ok([height / size, width / size, channels])
}

/// Largest value of each square window; windows do not overlap.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MaxPool {
    /// Height and width of a window.
    pub size: usize,
}

impl Layer for MaxPool {
    fn output(&self, input: Size) -> std::result::Result<Size, String> {
        pooled(self.size, input)
    }

    fn forward(&self, x: Tensor<4>, _: &mut Context<'_, '_>) -> Result<(Tensor<4>, LayerPullback)> {
        let (y, indices) = max_pool2d(x, Pool2dOptions::square(self.size))?;
        Ok((y, Box::new(move |g| Ok(pool_unselect(g, &indices)?))))
    }
}

/// Mean of each square window; windows do not overlap.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AvgPool {
    /// Height and width of a window.
    pub size: usize,
}

impl Layer for AvgPool {
    fn output(&self, input: Size) -> std::result::Result<Size, String> {
        pooled(self.size, input)
    }

    fn forward(&self, x: Tensor<4>, _: &mut Context<'_, '_>) -> Result<(Tensor<4>, LayerPullback)> {
        average(x, Pool2dOptions::square(self.size))
    }
}

/// Mean of each channel over all pixels.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GlobalAvgPool {}

impl Layer for GlobalAvgPool {
    fn output(&self, [_, _, channels]: Size) -> std::result::Result<Size, String> {
        Ok([1, 1, channels])
    }

    fn forward(&self, x: Tensor<4>, _: &mut Context<'_, '_>) -> Result<(Tensor<4>, LayerPullback)> {
        let [_, height, width, _] = x.dims();
        let options = Pool2dOptions {
            kernel: [height, width],
            stride: [height, width],
            padding: [0, 0],
        };
        average(x, options)
    }
}

fn average(x: Tensor<4>, options: Pool2dOptions) -> Result<(Tensor<4>, LayerPullback)> {
    let [_, height, width, _] = x.dims();
    let y = avg_pool2d(x, options)?;
    let pullback = move |g| Ok(avg_pool2d_transpose(g, [height, width], options)?);
    Ok((y, Box::new(pullback)))
}
