use super::size::{ADDRESSABLE, addressable};
use crate::error::{Error, Result};

/// Zeros around an image, each pair as `[height, width]`.
///
/// ```
/// use doubleback_ops::Padding2d;
///
/// let one_below_and_right = Padding2d { before: [0, 0], after: [1, 1] };
/// assert_eq!(one_below_and_right, Padding2d::from([0, 0, 1, 1]));
/// assert_eq!(Padding2d::from([2, 3]), Padding2d { before: [2, 3], after: [2, 3] });
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Padding2d {
    /// Rows above and columns to the left.
    pub before: [usize; 2],
    /// Rows below and columns to the right.
    pub after: [usize; 2],
}

impl From<[usize; 2]> for Padding2d {
    /// As many rows above as below, and as many columns to the left as to the right.
    fn from(both: [usize; 2]) -> Self {
        Self {
            before: both,
            after: both,
        }
    }
}

impl From<[usize; 4]> for Padding2d {
    /// Top, left, bottom, right: the order of ONNX.
    fn from([top, left, bottom, right]: [usize; 4]) -> Self {
        Self {
            before: [top, left],
            after: [bottom, right],
        }
    }
}

/// Stride, zero padding, dilation and groups of a convolution; pairs are `[height, width]`.
///
/// ```
/// use doubleback_ops::Conv2dOptions;
///
/// let halved = Conv2dOptions { stride: [2, 2], padding: [1, 1].into(), ..Conv2dOptions::default() };
/// let depthwise = Conv2dOptions { groups: 32, ..Conv2dOptions::same([3, 3]) };
/// # let _ = (halved, depthwise);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Conv2dOptions {
    /// Steps between output pixels, at least 1.
    pub stride: [usize; 2],
    /// Zeros added on each of the four sides.
    pub padding: Padding2d,
    /// Steps between the pixels that neighbouring taps of the kernel see, at least 1.
    pub dilation: [usize; 2],
    /// Equal parts that input and output channels are cut in, at least 1: each output channel sees the input channels of its own part.
    /// As many groups as input channels make a depthwise convolution.
    pub groups: usize,
}

impl Conv2dOptions {
    /// Stride 1 and the padding that keeps height and width for an odd kernel (`SAME`).
    pub fn same(kernel: [usize; 2]) -> Self {
        Self {
            padding: [kernel[0] / 2, kernel[1] / 2].into(),
            ..Self::default()
        }
    }
}

impl Default for Conv2dOptions {
    /// Stride 1, no padding (`VALID`), no dilation, one group.
    fn default() -> Self {
        Self {
            stride: [1, 1],
            padding: Padding2d::default(),
            dilation: [1, 1],
            groups: 1,
        }
    }
}

/// All sizes of one convolution of one group, with the same padding on opposite sides: what backends and kernels take.
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
    /// Steps between output pixels.
    pub stride: [usize; 2],
    /// Zeros on each of the two sides.
    pub padding: [usize; 2],
    /// Steps between the pixels that neighbouring taps of the kernel see.
    pub dilation: [usize; 2],
}

impl Conv2dShape {
    /// Checks that the kernel fits the padded input, that nothing is empty or too large to address, and that options ask for one group
    /// and for the same padding on opposite sides.
    pub fn new(op: &'static str, input: [usize; 4], weight: [usize; 4], options: Conv2dOptions) -> Result<Self> {
        let parts = Conv2dParts::new(op, input, weight, options)?;
        parts.whole().ok_or_else(|| {
            let expected = "one group and the same padding on opposite sides";
            Error::shape(op, expected, format!("{options:?}"))
        })
    }

    /// Refuses sizes that [`new`](Self::new) would not give: the fields are public, and kernels read and write by them.
    pub(crate) fn assert_sound(&self) {
        let options = Conv2dOptions {
            stride: self.stride,
            padding: self.padding.into(),
            dilation: self.dilation,
            groups: 1,
        };
        let checked = Self::new("convolution", self.input_dims(), self.weight_dims(), options);
        assert_eq!(checked.as_ref(), Ok(self));
    }

    /// Height and width that the dilated kernel covers.
    pub fn reach(&self) -> [usize; 2] {
        reach(self.kernel, self.dilation)
    }

    /// Output height and width.
    pub fn output(&self) -> [usize; 2] {
        std::array::from_fn(|a| (self.input[a] + 2 * self.padding[a] - self.reach()[a]) / self.stride[a] + 1)
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

/// All sizes of a convolution of several groups, with the same padding on opposite sides: what backends and kernels take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GroupedConv2dShape {
    /// The convolution of one group: `channels_in` and `channels_out` are those of a group.
    pub part: Conv2dShape,
    /// Groups, side by side.
    pub groups: usize,
}

impl GroupedConv2dShape {
    /// Refuses sizes that no checked convolution has: the fields are public, and kernels read and write by them.
    pub(crate) fn assert_sound(&self) {
        self.part.assert_sound();
        assert!(self.groups > 0);
        let dims = [self.input_dims(), self.weight_dims(), self.output_dims()];
        assert!(dims.iter().all(|dims| addressable(dims)));
    }

    /// `[batch, height, width, channels]` of the input.
    pub fn input_dims(&self) -> [usize; 4] {
        self.side_by_side(self.part.input_dims())
    }

    /// `[height, width, in / groups, out]` of the weight.
    pub fn weight_dims(&self) -> [usize; 4] {
        self.side_by_side(self.part.weight_dims())
    }

    /// `[batch, height, width, channels]` of the output.
    pub fn output_dims(&self) -> [usize; 4] {
        self.side_by_side(self.part.output_dims())
    }

    fn side_by_side(&self, [a, b, c, channels]: [usize; 4]) -> [usize; 4] {
        [a, b, c, channels.saturating_mul(self.groups)]
    }
}

fn reach(kernel: [usize; 2], dilation: [usize; 2]) -> [usize; 2] {
    std::array::from_fn(|a| dilation[a].saturating_mul(kernel[a] - 1).saturating_add(1))
}

/// Any convolution, as equal convolutions of one group side by side, over an input with a few more zeros around it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Conv2dParts {
    /// One group, over the input with `extra`.
    pub part: Conv2dShape,
    /// Parts, each with its own channels.
    pub groups: usize,
    /// Zeros beyond the padding that opposite sides have in common.
    pub extra: Padding2d,
}

impl Conv2dParts {
    /// Checks everything that can be wrong with a convolution.
    pub fn new(op: &'static str, input: [usize; 4], weight: [usize; 4], options: Conv2dOptions) -> Result<Self> {
        let [batch, height, width, channels] = input;
        let [kernel_height, kernel_width, channels_in, channels_out] = weight;
        let Conv2dOptions {
            stride,
            padding,
            dilation,
            groups,
        } = options;
        let refuse = |expected: String| {
            let found = format!("input {input:?}, weight {weight:?}, {options:?}");
            Err(Error::shape(op, expected, found))
        };
        if groups > 1 && (channels % groups != 0 || channels_out % groups != 0) {
            return refuse(format!("input and output channels divisible by {groups} groups"));
        }
        if groups > 0 && channels_in.checked_mul(groups) != Some(channels) {
            let in_groups = if groups > 1 {
                format!(" in each of {groups} groups")
            } else {
                String::new()
            };
            return Err(Error::shape(
                op,
                format!("{channels_in} input channels{in_groups}, as the weight {weight:?} has"),
                format!("input {input:?}"),
            ));
        }
        if [&input[..], &weight[..], &stride[..], &dilation[..], &[groups]]
            .concat()
            .contains(&0)
        {
            let and_groups = if groups == 0 { " and groups" } else { "" };
            return refuse(format!("sizes, strides and dilations{and_groups} of at least 1"));
        }
        let kernel = [kernel_height, kernel_width];
        let common: [usize; 2] = std::array::from_fn(|a| padding.before[a].min(padding.after[a]));
        let extra = Padding2d {
            before: std::array::from_fn(|a| padding.before[a] - common[a]),
            after: std::array::from_fn(|a| padding.after[a] - common[a]),
        };
        let size = [height, width];
        let padded = |a: usize| size[a].checked_add(padding.before[a])?.checked_add(padding.after[a]);
        let (Some(padded_height), Some(padded_width)) = (padded(0), padded(1)) else {
            return refuse(ADDRESSABLE.into());
        };
        let reach = reach(kernel, dilation);
        if reach[0] > padded_height || reach[1] > padded_width {
            return refuse("a kernel no larger than the padded input".into());
        }
        let part = Conv2dShape {
            batch,
            input: std::array::from_fn(|a| size[a] + extra.before[a] + extra.after[a]),
            channels_in,
            kernel,
            channels_out: channels_out / groups,
            stride,
            padding: common,
            dilation,
        };
        let parts = Self { part, groups, extra };
        if ![
            [batch, padded_height, padded_width, channels],
            weight,
            parts.output_dims(),
        ]
        .iter()
        .all(|dims| addressable(dims))
        {
            return refuse(ADDRESSABLE.into());
        }
        Ok(parts)
    }

    /// The convolution itself, where it is of one group and needs no extra zeros.
    pub fn whole(&self) -> Option<Conv2dShape> {
        (self.groups == 1 && self.extra == Padding2d::default()).then_some(self.part)
    }

    /// The convolution of all groups, over the input with `extra`.
    pub fn grouped(&self) -> GroupedConv2dShape {
        GroupedConv2dShape {
            part: self.part,
            groups: self.groups,
        }
    }

    /// `[batch, height, width, channels]` of the output.
    pub fn output_dims(&self) -> [usize; 4] {
        self.grouped().output_dims()
    }
}
