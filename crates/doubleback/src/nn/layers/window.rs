use super::layer::LARGEST;

/// A window that slides along one axis of an image, of a convolution or of pooling.
#[derive(Clone, Copy)]
pub(super) struct Window {
    /// Taps of the kernel.
    pub kernel: usize,
    /// Steps between neighbouring taps.
    pub dilation: usize,
    /// Steps between places of the window.
    pub stride: usize,
    /// Pixels added before and after the image.
    pub padding: [usize; 2],
}

/// Why a window has no place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Unfit {
    /// Kernel, dilation or stride is 0.
    Zero,
    /// The padded image has more pixels than an activation may have.
    Padding,
    /// It reaches farther than the padded image.
    Kernel,
}

impl Window {
    /// Number of its places along `size` pixels.
    pub fn places(self, size: usize) -> Result<usize, Unfit> {
        let [before, after] = self.padding;
        if [self.kernel, self.dilation, self.stride].contains(&0) {
            return Err(Unfit::Zero);
        }
        let padded = size.checked_add(before).and_then(|size| size.checked_add(after));
        let padded = padded.filter(|&padded| padded <= LARGEST).ok_or(Unfit::Padding)?;
        let reach = self.dilation.saturating_mul(self.kernel - 1).saturating_add(1);
        let room = padded.checked_sub(reach).ok_or(Unfit::Kernel)?;
        Ok(room / self.stride + 1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_counted_and_nothing_overflows() {
        let window = |kernel, dilation, stride, padding| Window {
            kernel,
            dilation,
            stride,
            padding,
        };
        assert_eq!(window(3, 1, 1, [1, 1]).places(28), Ok(28));
        assert_eq!(window(3, 2, 2, [0, 1]).places(6), Ok(2));
        assert_eq!(window(2, 1, 2, [0, 0]).places(5), Ok(2));
        for (unfit, why) in [
            (window(4, 1, 1, [0, 0]), Unfit::Kernel),
            (window(2, 3, 1, [0, 0]), Unfit::Kernel),
            (window(usize::MAX, usize::MAX, 1, [0, 0]), Unfit::Kernel),
            (window(1, 1, 1, [1_000_000_000, 0]), Unfit::Padding),
            (window(1, 1, 1, [usize::MAX, usize::MAX]), Unfit::Padding),
            (window(1, 1, 0, [0, 0]), Unfit::Zero),
            (window(0, 1, 1, [0, 0]), Unfit::Zero),
        ] {
            assert_eq!(unfit.places(3), Err(why));
        }
    }
}
