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
        let room = padded.checked_sub(self.reach()).ok_or(Unfit::Kernel)?;
        Ok(room / self.stride + 1)
    }

    /// Number of its places along `size` pixels when it may reach beyond the padding (`ceil_mode` of PyTorch and ONNX): one more where something
    /// is left over, as long as it starts inside the image or the padding before it.
    pub fn places_with_rest(self, size: usize) -> Result<usize, Unfit> {
        let start = size.saturating_add(self.padding[0]);
        match self.places(size) {
            Ok(places) => {
                let rest = start + self.padding[1] - self.reach() - (places - 1) * self.stride;
                let another = rest > 0 && places.saturating_mul(self.stride) < start;
                Ok(places + usize::from(another))
            }
            Err(Unfit::Kernel) => {
                let beyond = self.reach() - start - self.padding[1];
                let fits = start > 0 && beyond < self.stride && self.reach() <= LARGEST;
                fits.then_some(1).ok_or(Unfit::Kernel)
            }
            Err(unfit) => Err(unfit),
        }
    }

    /// Pixels from its first tap to its last, both counted. The kernel must not be empty.
    pub fn reach(self) -> usize {
        self.dilation.saturating_mul(self.kernel - 1).saturating_add(1)
    }

    /// Number of its taps, at each of `places` places, that lie on the image or the first pixels of padding after it, or in the padding before it
    /// if that counts. No number here may be larger than an activation's.
    pub fn taps(self, places: usize, size: usize, count_padding: bool) -> Vec<usize> {
        let [before, after] = self.padding;
        let (first, end) = match count_padding {
            true => (0, before + size + after),
            false => (before, before + size),
        };
        let taps_below =
            |start: usize, limit: usize| limit.saturating_sub(start).div_ceil(self.dilation).min(self.kernel);
        let starts = (0..places).map(|place| place * self.stride);
        starts
            .map(|start| taps_below(start, end) - taps_below(start, first))
            .collect()
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

    #[test]
    fn a_window_over_the_rest_starts_inside_the_image_or_the_padding_before_it() {
        let places = |size, kernel, stride, padding, dilation| {
            let window = Window {
                kernel,
                dilation,
                stride,
                padding,
            };
            window.places_with_rest(size)
        };
        // As PyTorch 2.9.1's MaxPool2d(ceil_mode=True).
        assert_eq!(places(6, 3, 2, [0, 0], 1), Ok(3));
        assert_eq!(places(7, 3, 2, [0, 0], 1), Ok(3));
        assert_eq!(places(4, 1, 3, [0, 0], 1), Ok(2));
        assert_eq!(places(3, 2, 3, [1, 1], 1), Ok(2));
        assert_eq!(places(2, 2, 3, [1, 1], 1), Ok(1));
        assert_eq!(places(2, 3, 2, [0, 0], 1), Ok(1));
        assert_eq!(places(2, 4, 2, [0, 0], 1), Err(Unfit::Kernel));
        assert_eq!(places(8, 2, 4, [0, 0], 3), Ok(2));
        assert_eq!(places(usize::MAX, 2, 4, [1, 0], 3), Err(Unfit::Padding));
        assert_eq!(places(2, usize::MAX, usize::MAX, [0, 0], 3), Err(Unfit::Kernel));
    }

    #[test]
    fn taps_are_counted_with_padding_but_without_what_lies_beyond() {
        let window = Window {
            kernel: 3,
            dilation: 1,
            stride: 2,
            padding: [1, 1],
        };
        assert_eq!(window.places_with_rest(6), Ok(4));
        assert_eq!(window.taps(4, 6, true), [3, 3, 3, 2]);
        assert_eq!(window.taps(4, 6, false), [2, 3, 3, 1]);
        let dilated = Window {
            dilation: 2,
            stride: 1,
            padding: [2, 2],
            ..window
        };
        assert_eq!(dilated.taps(4, 4, true), [3, 3, 3, 3]);
        assert_eq!(dilated.taps(4, 4, false), [2, 2, 2, 2]);
    }
}
