//! The windows of convolutions and pooling, as nodes say them.

use crate::onnx::model::Node;
use crate::onnx::refusal::Refusal;

/// Kernel, strides, dilations and padding along height and width.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Window {
    pub kernel: [usize; 2],
    pub stride: [usize; 2],
    pub dilation: [usize; 2],
    pads: Pads,
    /// Whether a window that begins within the image may reach beyond its padding: pooling's `ceil_mode`.
    pub ceil: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Pads {
    /// Top, left, bottom, right.
    Explicit([usize; 4]),
    /// As much as makes the output as large as the input over the stride: the odd pixel at the end, or at the start.
    Same { at_end: bool },
}

impl Window {
    /// Of a node whose kernel is known from its weight or its attribute `kernel_shape`, which must agree. `line`: the node has one spatial axis,
    /// which becomes the width of images of height 1.
    pub fn read(node: &Node, kernel: [usize; 2], line: bool) -> Result<Self, Refusal> {
        let pair = |name: &str| pair(node, name, line, 1);
        if let Some(said) = pair("kernel_shape")?
            && said != kernel
        {
            return Err(format!("its `kernel_shape` {said:?} is not the size of its weight, {kernel:?}").into());
        }
        let pads = match node.text("auto_pad", "NOTSET")? {
            "NOTSET" | "" => Pads::Explicit(explicit(node, line)?),
            "VALID" => Pads::Explicit([0; 4]),
            "SAME_UPPER" => Pads::Same { at_end: true },
            "SAME_LOWER" => Pads::Same { at_end: false },
            other => {
                return Err(
                    format!("its `auto_pad` is `{other}`; NOTSET, VALID, SAME_UPPER and SAME_LOWER are known").into(),
                );
            }
        };
        Ok(Self {
            kernel,
            stride: pair("strides")?.unwrap_or([1; 2]),
            dilation: pair("dilations")?.unwrap_or([1; 2]),
            pads,
            ceil: node.int("ceil_mode", 0)? != 0,
        })
    }

    /// Of a node whose attribute `kernel_shape` says the kernel.
    pub fn of_kernel_shape(node: &Node, line: bool) -> Result<Self, Refusal> {
        let said = node.required_ints("kernel_shape")?;
        let sizes: Option<Vec<usize>> = said.iter().map(|&size| usize::try_from(size).ok()).collect();
        match (line, sizes.as_deref()) {
            (true, Some(&[along])) => Self::read(node, [1, along], line),
            (false, Some(&[down, along])) => Self::read(node, [down, along], line),
            _ => Err(format!("its `kernel_shape` {said:?} must be positive, one for each spatial axis").into()),
        }
    }

    /// What a transposed convolution cuts off on top, left, bottom and right of what an image of this height and width becomes, and what it adds
    /// at the end of both: as its pads and `output_padding` say, or as its `output_shape` needs.
    pub fn cut_off(&self, node: &Node, size: [usize; 2], line: bool) -> Result<([usize; 4], [usize; 2]), Refusal> {
        let added = pair(node, "output_padding", line, 0)?.unwrap_or([0; 2]);
        let wanted = match (pair(node, "output_shape", line, 1)?, &self.pads) {
            (Some(shape), _) => shape,
            (None, Pads::Explicit(pads)) => return Ok((*pads, added)),
            (None, Pads::Same { .. }) => [0, 1].map(|axis| size[axis].saturating_mul(self.stride[axis])),
        };
        // The odd row or column is cut off at the start, but where the output should be as of SAME_UPPER.
        let more_at_end = self.pads == Pads::Same { at_end: true };
        let (mut pads, mut added) = ([0; 4], added);
        for axis in 0..2 {
            let whole = self.stride[axis]
                .checked_mul(size[axis].saturating_sub(1))
                .and_then(|start| start.checked_add(self.reach(axis)?)?.checked_add(added[axis]))
                .ok_or("its window is larger than any image")?;
            let all = whole.saturating_sub(wanted[axis]);
            added[axis] += wanted[axis].saturating_sub(whole);
            let before = if more_at_end { all / 2 } else { all - all / 2 };
            (pads[axis], pads[axis + 2]) = (before, all - before);
        }
        Ok((pads, added))
    }

    /// Pixels from the first tap of the kernel to the last.
    fn reach(&self, axis: usize) -> Option<usize> {
        self.dilation[axis]
            .checked_mul(self.kernel[axis].saturating_sub(1))
            .and_then(|reach| reach.checked_add(1))
    }

    /// Pixels added on top, left, bottom and right of an image of this height and width.
    pub fn padding(&self, size: [usize; 2]) -> Result<[usize; 4], Refusal> {
        let at_end = match self.pads {
            Pads::Explicit(pads) => return Ok(pads),
            Pads::Same { at_end } => at_end,
        };
        let mut pads = [0; 4];
        for axis in 0..2 {
            let places = size[axis].div_ceil(self.stride[axis]);
            let seen = places.saturating_sub(1).checked_mul(self.stride[axis]);
            let needed = seen
                .zip(self.reach(axis))
                .and_then(|(seen, reach)| seen.checked_add(reach));
            let needed = needed.ok_or("its window is larger than any image")?;
            let all = needed.saturating_sub(size[axis]);
            let before = if at_end { all / 2 } else { all - all / 2 };
            (pads[axis], pads[axis + 2]) = (before, all - before);
        }
        Ok(pads)
    }
}

/// A list of two numbers, or of one for a line, none below `least`.
fn pair(node: &Node, name: &str, line: bool, least: usize) -> Result<Option<[usize; 2]>, Refusal> {
    let Some(values) = node.ints(name)?.filter(|values| !values.is_empty()) else {
        return Ok(None);
    };
    let wrong = || {
        Refusal(format!(
            "its `{name}` {values:?} must be at least {least}, one for each spatial axis"
        ))
    };
    let sizes = values
        .iter()
        .map(|&value| usize::try_from(value).ok().filter(|&value| value >= least));
    let sizes = sizes.collect::<Option<Vec<_>>>().ok_or_else(wrong)?;
    match (line, sizes.as_slice()) {
        (true, &[along]) => Ok(Some([least, along])),
        (false, &[down, along]) => Ok(Some([down, along])),
        _ => Err(wrong()),
    }
}

fn explicit(node: &Node, line: bool) -> Result<[usize; 4], Refusal> {
    let Some(pads) = node.ints("pads")? else {
        return Ok([0; 4]);
    };
    let wrong = || {
        Refusal(format!(
            "its `pads` {pads:?} must be none below 0, two for each spatial axis"
        ))
    };
    let sizes: Option<Vec<usize>> = pads.iter().map(|&pad| usize::try_from(pad).ok()).collect();
    match (line, sizes.as_deref()) {
        (true, Some(&[left, right])) => Ok([0, left, 0, right]),
        (false, Some(&[top, left, bottom, right])) => Ok([top, left, bottom, right]),
        _ => Err(wrong()),
    }
}
