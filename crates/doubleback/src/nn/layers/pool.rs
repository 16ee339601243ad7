use burn::tensor::Tensor;
use doubleback_ops::{
    MaxPoolIndices, Padding2d, Pool2dOptions, PoolKind, avg_pool2d, avg_pool2d_transpose, max_pool2d, pool_unselect,
};
use serde::{Deserialize, Serialize};

use super::epilogue::Role;
use super::layer::{Context, Size, UnaryLayer, UnaryPullback};
use super::pool_windows::{Placed, PoolWindows, Taps};
use super::window_options::{adjacent, is_adjacent, is_no, is_yes, padding, yes};
use crate::Result;

/// Largest value of each window; padding never is.
///
/// ```
/// use doubleback::nn::layers::MaxPool;
///
/// // One column more on the right, and a last window over what is left.
/// let uneven = MaxPool { padding: [0, 0, 0, 1].into(), ceil: true, ..MaxPool::square(3) };
/// # let _ = uneven;
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MaxPool {
    /// Height and width of a window.
    pub kernel: [usize; 2],
    /// Steps between windows.
    pub stride: [usize; 2],
    /// Pixels added on each of the four sides, fewer than a window covers. In files two numbers or four, as of a convolution.
    #[serde(default, skip_serializing_if = "padding::is_none", with = "padding")]
    pub padding: Padding2d,
    /// Steps between the pixels that neighbouring taps of a window see.
    #[serde(default = "adjacent", skip_serializing_if = "is_adjacent")]
    pub dilation: [usize; 2],
    /// Have one more window where pixels are left over, as long as it starts inside the image or the padding before it (`ceil_mode`).
    #[serde(default, skip_serializing_if = "is_no")]
    pub ceil: bool,
}

/// Mean of each window; padding counts as zeros, or not at all.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AvgPool {
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
    /// As of [`MaxPool`]. What such a window sees beyond the padding does not count.
    #[serde(default, skip_serializing_if = "is_no")]
    pub ceil: bool,
    /// Divide by the taps on the image and its padding (`count_include_pad`), not by those on the image alone.
    #[serde(default = "yes", skip_serializing_if = "is_yes")]
    pub count_padding: bool,
}

/// Mean of each channel over all pixels.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GlobalAvgPool {}

impl MaxPool {
    /// Square windows that do not overlap, without padding; rows and columns that are left over are dropped.
    pub fn square(size: usize) -> Self {
        Self {
            kernel: [size; 2],
            stride: [size; 2],
            padding: Padding2d::default(),
            dilation: adjacent(),
            ceil: false,
        }
    }

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

impl AvgPool {
    /// Square windows that do not overlap, without padding; rows and columns that are left over are dropped.
    pub fn square(size: usize) -> Self {
        Self {
            kernel: [size; 2],
            stride: [size; 2],
            padding: Padding2d::default(),
            dilation: adjacent(),
            ceil: false,
            count_padding: true,
        }
    }

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

/// The largest values, and the way back from them.
type Pooled = (Tensor<4>, Box<dyn Fn(Tensor<4>) -> Result<Tensor<4>> + Send>);

/// The largest of what each window sees along one axis after the other. So ties go to the first in row order, as without dilation.
fn dilated_max(placed: Placed, x: Tensor<4>) -> Result<Pooled> {
    let x = placed.extended(x, f32::NEG_INFINITY);
    let [_, height, width, _] = x.dims();
    let kernel = placed.windows.kernel;
    let (columns, rows) = (placed.taps(1, &x.device()), placed.taps(0, &x.device()));
    let along = |x: Tensor<4>, taps: &Taps, kernel: [usize; 2]| -> Result<(Tensor<4>, MaxPoolIndices)> {
        let options = Pool2dOptions {
            kernel,
            stride: kernel,
            padding: [0; 2],
        };
        Ok(max_pool2d(taps.of(x), options)?)
    };
    let (y, in_row) = along(x, &columns, [1, kernel[1]])?;
    let (y, in_column) = along(y, &rows, [kernel[0], 1])?;
    let pullback = move |g| {
        let g = rows.back(pool_unselect(g, &in_column)?, height);
        let g = columns.back(pool_unselect(g, &in_row)?, width);
        Ok(placed.image(g))
    };
    Ok((y, Box::new(pullback)))
}

impl UnaryLayer for MaxPool {
    fn output(&self, input: Size) -> std::result::Result<Size, String> {
        self.windows().output(input)
    }

    fn workspace(&self, input: Size) -> usize {
        self.windows().workspace(input)
    }

    fn role(&self) -> Role {
        match *self == Self::square(2) {
            true => Role::Pool(PoolKind::Max),
            false => Role::Other,
        }
    }

    fn forward(&self, x: Tensor<4>, _: &mut Context<'_, '_>) -> Result<(Tensor<4>, UnaryPullback)> {
        let [_, height, width, _] = x.dims();
        let windows = self.windows();
        if let Some(options) = windows.whole([height, width]) {
            let (y, indices) = max_pool2d(x, options)?;
            return Ok((y, Box::new(move |g| Ok(pool_unselect(g, &indices)?))));
        }
        let placed = windows.over([height, width])?;
        if self.dilation != adjacent() {
            return dilated_max(placed, x);
        }
        let options = Pool2dOptions {
            kernel: self.kernel,
            stride: self.stride,
            padding: [0; 2],
        };
        let (y, indices) = max_pool2d(placed.extended(x, f32::NEG_INFINITY), options)?;
        let pullback = move |g| Ok(placed.image(pool_unselect(g, &indices)?));
        Ok((y, Box::new(pullback)))
    }
}

fn average(x: Tensor<4>, options: Pool2dOptions) -> Result<(Tensor<4>, UnaryPullback)> {
    let [_, height, width, _] = x.dims();
    let y = avg_pool2d(x, options)?;
    let pullback = move |g| Ok(avg_pool2d_transpose(g, [height, width], options)?);
    Ok((y, Box::new(pullback)))
}

impl UnaryLayer for AvgPool {
    fn output(&self, input: Size) -> std::result::Result<Size, String> {
        self.windows().output(input)
    }

    fn workspace(&self, input: Size) -> usize {
        self.windows().workspace(input)
    }

    fn role(&self) -> Role {
        match *self == Self::square(2) {
            true => Role::Pool(PoolKind::Avg),
            false => Role::Other,
        }
    }

    fn forward(&self, x: Tensor<4>, _: &mut Context<'_, '_>) -> Result<(Tensor<4>, UnaryPullback)> {
        let [_, height, width, _] = x.dims();
        let windows = self.windows();
        if let Some(options) = windows.whole([height, width])
            && (self.count_padding || padding::is_none(&self.padding))
        {
            return average(x, options);
        }
        let placed = windows.over([height, width])?;
        let shares = placed.shares(self.count_padding, &x);
        let y = placed.sum(x)? * shares.clone();
        Ok((y, Box::new(move |g| placed.spread(g * shares.clone()))))
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
