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
        let pair = |name: &str| -> Result<Option<[usize; 2]>, Refusal> {
            let Some(values) = node.ints(name)? else {
                return Ok(None);
            };
            let wrong = || {
                Refusal(format!(
                    "its `{name}` {values:?} must be positive, one for each spatial axis"
                ))
            };
            let values = values
                .iter()
                .map(|&value| usize::try_from(value).ok().filter(|&value| value > 0));
            let values = values.collect::<Option<Vec<_>>>().ok_or_else(wrong)?;
            match (line, values.as_slice()) {
                (true, &[along]) => Ok(Some([1, along])),
                (false, &[down, along]) => Ok(Some([down, along])),
                _ => Err(wrong()),
            }
        };
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

    /// Pixels added on top, left, bottom and right of an image of this height and width.
    pub fn padding(&self, size: [usize; 2]) -> Result<[usize; 4], Refusal> {
        let at_end = match self.pads {
            Pads::Explicit(pads) => return Ok(pads),
            Pads::Same { at_end } => at_end,
        };
        let mut pads = [0; 4];
        for axis in 0..2 {
            let reach = self.dilation[axis]
                .checked_mul(self.kernel[axis].saturating_sub(1))
                .and_then(|reach| reach.checked_add(1));
            let places = size[axis].div_ceil(self.stride[axis]);
            let seen = places.saturating_sub(1).checked_mul(self.stride[axis]);
            let needed = reach.and_then(|reach| seen?.checked_add(reach));
            let needed = needed.ok_or("its window is larger than any image")?;
            let all = needed.saturating_sub(size[axis]);
            let before = if at_end { all / 2 } else { all - all / 2 };
            (pads[axis], pads[axis + 2]) = (before, all - before);
        }
        Ok(pads)
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
