use super::graph::Graph;
use super::layers::{LayerKind, Size};

/// Which pixels of the images a value of the network sees along one axis: pixel `j` those from `stride · j - before` to `stride · j + after`, the last not
/// included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Reach {
    pub stride: usize,
    pub before: usize,
    pub after: usize,
}

impl Reach {
    const IMAGES: Self = Self {
        stride: 1,
        before: 0,
        after: 1,
    };

    /// Through a window of `kernel` taps, `dilation` apart, that moves by `stride` and begins in `padding` pixels before the first.
    fn through(self, kernel: usize, dilation: usize, stride: usize, padding: usize) -> Option<Self> {
        let last = dilation.checked_mul(kernel.checked_sub(1)?)?;
        Some(Self {
            stride: self.stride.checked_mul(stride)?,
            before: self.before.checked_add(padding.checked_mul(self.stride)?)?,
            // A window that ends in the padding before the first pixel sees less.
            after: self
                .after
                .checked_add(last.saturating_sub(padding).checked_mul(self.stride)?)?,
        })
    }

    /// What two values see of which a place each is added.
    fn joined(self, other: Self) -> Option<Self> {
        (self.stride == other.stride).then(|| Self {
            stride: self.stride,
            before: self.before.max(other.before),
            after: self.after.max(other.after),
        })
    }

    /// The pixels of this value, of `places` along the axis, that see something of the image's pixels from `start` to `end`: from the first to the last, the
    /// last not included.
    pub fn seeing(self, [start, end]: [usize; 2], places: usize) -> [usize; 2] {
        let first = (start + 1).saturating_sub(self.after).div_ceil(self.stride);
        let last = (end + self.before).div_ceil(self.stride).min(places);
        [first.min(last), last]
    }

    /// Pixels of a piece of the image, of `size` in all, on which all that a window of `changed` pixels reaches comes out as on the whole image: wherever the
    /// window lies, there is such a piece that begins where a place of this value does.
    pub fn piece(self, changed: usize, size: usize) -> usize {
        let least = changed + 2 * (self.before + self.after - 1) + self.stride - 1;
        let more = (size + self.stride - least % self.stride) % self.stride;
        (least + more).min(size)
    }

    /// Where the piece of `piece` pixels begins for changed pixels from `start` on.
    pub fn piece_start(self, start: usize, piece: usize, size: usize) -> usize {
        let first = (start + 1).saturating_sub(self.after).div_ceil(self.stride) * self.stride;
        let begin = first.saturating_sub(self.before) / self.stride * self.stride;
        begin.min(size - piece)
    }
}

/// Along height and width, what each value of the network sees of the images, value by value as in [`Graph`], as far as they are computed pixel by pixel
/// from a neighborhood. `None` from a layer on that is not.
pub(super) fn reaches<'a>(
    kinds: impl Iterator<Item = &'a LayerKind>,
    graph: &Graph,
    sizes: &[Size],
) -> Vec<Option<[Reach; 2]>> {
    let mut reaches = vec![Some([Reach::IMAGES; 2])];
    for (index, kind) in kinds.enumerate() {
        let sources = graph.sources(index);
        let inputs: Option<Vec<[Reach; 2]>> = sources.iter().map(|&value| reaches[value]).collect();
        let alike = sources.windows(2).all(|pair| sizes[pair[0]] == sizes[pair[1]]);
        reaches.push(inputs.filter(|_| alike).and_then(|inputs| reach(kind, &inputs)));
    }
    reaches
}

fn reach(kind: &LayerKind, inputs: &[[Reach; 2]]) -> Option<[Reach; 2]> {
    let window = |kernel: [usize; 2], dilation: [usize; 2], stride: [usize; 2], padding: [usize; 2]| {
        let [input] = inputs else { return None };
        let along = |axis: usize| input[axis].through(kernel[axis], dilation[axis], stride[axis], padding[axis]);
        Some([along(0)?, along(1)?])
    };
    match kind {
        LayerKind::Conv2d(l) => window(l.kernel, l.dilation, l.stride, l.padding.before),
        // One more window at the end would be where another size ends.
        LayerKind::MaxPool(l) if !l.ceil => window(l.kernel, l.dilation, l.stride, l.padding.before),
        LayerKind::AvgPool(l) if !l.ceil => window(l.kernel, l.dilation, l.stride, l.padding.before),
        LayerKind::BatchNorm(_)
        | LayerKind::Standardize(_)
        | LayerKind::Relu(_)
        | LayerKind::LeakyRelu(_)
        | LayerKind::HardSwish(_)
        | LayerKind::Add(_) => {
            let mut inputs = inputs.iter().copied();
            let first = inputs.next()?;
            inputs.try_fold(first, |a, b| Some([a[0].joined(b[0])?, a[1].joined(b[1])?]))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Wherever a window lies, what it reaches lies in a piece, and sees nothing beyond it but beyond the image.
    #[test]
    fn pieces_hold_all_that_a_window_reaches() {
        let images = Reach::IMAGES;
        let chains = [
            images
                .through(3, 1, 1, 0)
                .and_then(|r| r.through(3, 1, 1, 0))
                .and_then(|r| r.through(2, 1, 2, 0)),
            images
                .through(3, 1, 1, 1)
                .and_then(|r| r.through(3, 1, 2, 1))
                .and_then(|r| r.through(3, 1, 1, 1)),
            images.through(7, 1, 2, 3).and_then(|r| r.through(3, 1, 2, 1)),
            images.through(1, 1, 2, 0),
            images.through(3, 2, 1, 2),
        ];
        for reach in chains.map(Option::unwrap) {
            for size in [28, 29, 32, 33] {
                let places = (size + reach.before)
                    .saturating_sub(reach.after - 1)
                    .div_ceil(reach.stride);
                for changed in [1, 2, 3, 5, 9] {
                    let piece = reach.piece(changed, size);
                    assert!(
                        (size - piece) % reach.stride == 0,
                        "{reach:?} {size} {changed}: {piece}"
                    );
                    for start in 0..=size - changed {
                        let begin = reach.piece_start(start, piece, size);
                        assert!(begin % reach.stride == 0 && begin + piece <= size);
                        let [first, last] = reach.seeing([start, start + changed], places);
                        for place in 0..places {
                            let sees = [
                                (place * reach.stride).saturating_sub(reach.before),
                                place * reach.stride + reach.after,
                            ];
                            let touched = sees[0] < start + changed && sees[1] > start;
                            assert_eq!(
                                touched,
                                (first..last).contains(&place),
                                "{reach:?} {size} {changed} {start} {place}"
                            );
                            if touched {
                                assert!(sees[0] >= begin || begin == 0);
                                assert!(
                                    sees[1].min(size) <= begin + piece,
                                    "{reach:?} {size} {changed} {start} {place}"
                                );
                            }
                        }
                    }
                }
            }
        }
    }
}
