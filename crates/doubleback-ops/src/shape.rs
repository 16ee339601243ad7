//! Shapes of convolutions and pools, checked once, then trusted by every body and kernel.

use crate::{Error, Result};

/// Stride, zero padding and dilation of a convolution, as `[height, width]`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Conv2dOptions {
    /// Steps between output pixels, at least 1.
    pub stride: [usize; 2],
    /// Zeros added on each of the two sides.
    pub padding: [usize; 2],
    /// Steps between the pixels that neighbouring taps of the kernel see, at least 1.
    pub dilation: [usize; 2],
}

impl Conv2dOptions {
    /// Stride 1 and the padding that keeps height and width for an odd kernel (`SAME`).
    pub fn same(kernel: [usize; 2]) -> Self {
        Self {
            stride: [1, 1],
            padding: [kernel[0] / 2, kernel[1] / 2],
            dilation: [1, 1],
        }
    }
}

impl Default for Conv2dOptions {
    /// Stride 1, no padding (`VALID`), no dilation.
    fn default() -> Self {
        Self {
            stride: [1, 1],
            padding: [0, 0],
            dilation: [1, 1],
        }
    }
}

/// All sizes of one convolution.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Conv2dShape {
    /// Images.
    pub batch: usize,
    /// Input height and width.
    pub input: [usize; 2],
    /// Input channels.
    pub channels_in: usize,
    /// Kernel height and width.
    pub kernel: [usize; 2],
    /// Output channels.
    pub channels_out: usize,
    /// Stride, padding and dilation.
    pub options: Conv2dOptions,
}

impl Conv2dShape {
    /// Checks that the kernel fits the padded input and that nothing is empty.
    pub fn new(op: &'static str, input: [usize; 4], weight: [usize; 4], options: Conv2dOptions) -> Result<Self> {
        let [batch, height, width, channels] = input;
        let [kernel_height, kernel_width, channels_in, channels_out] = weight;
        if channels != channels_in {
            return Err(Error::shape(
                op,
                format!("{channels_in} input channels, as the weight {weight:?} has"),
                format!("input {input:?}"),
            ));
        }
        if input.contains(&0) || weight.contains(&0) || options.stride.contains(&0) || options.dilation.contains(&0) {
            return Err(Error::shape(
                op,
                "sizes, strides and dilations of at least 1",
                format!("input {input:?}, weight {weight:?}, {options:?}"),
            ));
        }
        let kernel = [kernel_height, kernel_width];
        let shape = Self {
            batch,
            input: [height, width],
            channels_in,
            kernel,
            channels_out,
            options,
        };
        if (0..2).any(|axis| shape.reach()[axis] > shape.input[axis] + 2 * options.padding[axis]) {
            let found = format!("input {input:?}, weight {weight:?}, {options:?}");
            return Err(Error::shape(op, "a kernel no larger than the padded input", found));
        }
        Ok(shape)
    }

    /// Height and width that the dilated kernel covers.
    pub fn reach(&self) -> [usize; 2] {
        std::array::from_fn(|a| {
            self.options.dilation[a]
                .saturating_mul(self.kernel[a] - 1)
                .saturating_add(1)
        })
    }

    /// Output height and width.
    pub fn output(&self) -> [usize; 2] {
        std::array::from_fn(|a| {
            (self.input[a] + 2 * self.options.padding[a] - self.reach()[a]) / self.options.stride[a] + 1
        })
    }

    /// `[batch, height, width, channels]` of the input.
    pub fn input_dims(&self) -> [usize; 4] {
        [self.batch, self.input[0], self.input[1], self.channels_in]
    }

    /// `[height, width, in, out]` of the weight.
    pub fn weight_dims(&self) -> [usize; 4] {
        [self.kernel[0], self.kernel[1], self.channels_in, self.channels_out]
    }

    /// `[batch, height, width, channels]` of the output.
    pub fn output_dims(&self) -> [usize; 4] {
        let [height, width] = self.output();
        [self.batch, height, width, self.channels_out]
    }
}

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
    /// Checks that the window fits the padded input and that every window holds a real pixel.
    pub fn new(op: &'static str, input: [usize; 4], options: Pool2dOptions) -> Result<Self> {
        let [batch, height, width, channels] = input;
        let size = [height, width];
        let fits = (0..2).all(|a| {
            options.kernel[a] >= 1
                && options.stride[a] >= 1
                && 2 * options.padding[a] <= options.kernel[a]
                && options.kernel[a] <= size[a] + 2 * options.padding[a]
        });
        if input.contains(&0) || !fits {
            let expected = "a window that fits the padded input, with padding of at most half the window";
            return Err(Error::shape(op, expected, format!("input {input:?}, {options:?}")));
        }
        Ok(Self {
            batch,
            input: size,
            channels,
            options,
        })
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
