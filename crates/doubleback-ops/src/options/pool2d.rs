use super::size::{ADDRESSABLE, addressable};
use crate::error::{Error, Result};

/// Positions in an image that the indices of a maximum can tell apart.
const POSITIONS: usize = i32::MAX as usize;

/// Window, stride and padding of a pool, as `[height, width]`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pool2dOptions {
    /// Height and width of a window.
    pub kernel: [usize; 2],
    /// Steps between windows.
    pub stride: [usize; 2],
    /// Padding on each side: minus infinity for the maximum, zeros that count for the average. At most half the kernel.
    pub padding: [usize; 2],
}

impl Pool2dOptions {
    /// Square windows that do not overlap.
    pub fn square(size: usize) -> Self {
        Self {
            kernel: [size; 2],
            stride: [size; 2],
            padding: [0; 2],
        }
    }
}

/// All sizes of one pool.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pool2dShape {
    /// Images.
    pub batch: usize,
    /// Input height and width.
    pub input: [usize; 2],
    /// Channels.
    pub channels: usize,
    /// Window, stride and padding.
    pub options: Pool2dOptions,
}

impl Pool2dShape {
    /// Checks that the window fits the padded input and that every window holds a real pixel, whose position the indices can tell, and that nothing is
    /// empty or too large to address.
    pub fn new(op: &'static str, input: [usize; 4], options: Pool2dOptions) -> Result<Self> {
        let [batch, height, width, channels] = input;
        let size = [height, width];
        let padded = |a: usize| options.padding[a].checked_mul(2)?.checked_add(size[a]);
        let fits = (0..2).all(|a| {
            options.kernel[a] >= 1
                && options.stride[a] >= 1
                && options.padding[a] <= options.kernel[a] / 2
                && padded(a).is_some_and(|padded| options.kernel[a] <= padded)
        });
        if input.contains(&0) || !fits {
            let expected = "a window that fits the padded input, with padding of at most half the window";
            return Err(Error::shape(op, expected, format!("input {input:?}, {options:?}")));
        }
        if height.checked_mul(width).is_none_or(|pixels| pixels > POSITIONS) {
            let expected = format!("at most {POSITIONS} pixels in an image");
            return Err(Error::shape(op, expected, format!("input {input:?}")));
        }
        let shape = Self {
            batch,
            input: size,
            channels,
            options,
        };
        if !addressable(&input) || !addressable(&shape.output_dims()) {
            return Err(Error::shape(op, ADDRESSABLE, format!("input {input:?}, {options:?}")));
        }
        Ok(shape)
    }

    /// Output height and width.
    pub fn output(&self) -> [usize; 2] {
        let o = &self.options;
        std::array::from_fn(|a| (self.input[a] + 2 * o.padding[a] - o.kernel[a]) / o.stride[a] + 1)
    }

    /// `[batch, height, width, channels]` of the input.
    pub fn input_dims(&self) -> [usize; 4] {
        [self.batch, self.input[0], self.input[1], self.channels]
    }

    /// `[batch, height, width, channels]` of the output.
    pub fn output_dims(&self) -> [usize; 4] {
        let [height, width] = self.output();
        [self.batch, height, width, self.channels]
    }
}
