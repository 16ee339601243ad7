use std::num::NonZeroUsize;

use crate::data::ImageShape;
use crate::{Error, Result};

/// Images that a model is asked about at once where none is given, at most.
const IMAGES: usize = 256;
/// Pixel values of these, at most: 256 images of 3 x 64 x 64.
const VALUES: usize = IMAGES * 3 * 64 * 64;

/// How many images a model is asked about at once, which bounds the memory that a method takes: points of a path, noisy copies and occluded images are made,
/// asked about and summed up in portions of so many. No bit of a result depends on it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct InternalBatch(Option<NonZeroUsize>);

impl InternalBatch {
    /// 256 images, of large ones fewer: as many as have 256 x 3 x 64 x 64 values.
    pub const AUTO: Self = Self(None);

    /// So many.
    ///
    /// # Errors
    /// When it is none.
    pub fn of(images: usize) -> Result<Self> {
        match NonZeroUsize::new(images) {
            Some(images) => Ok(Self(Some(images))),
            None => Err(Error::value("internal batch", "at least 1", images)),
        }
    }

    /// Images of this shape.
    pub fn images(self, shape: ImageShape) -> usize {
        match self.0 {
            Some(images) => images.get(),
            None => (VALUES / shape.len().max(1)).clamp(1, IMAGES),
        }
    }
}

impl TryFrom<Option<usize>> for InternalBatch {
    type Error = Error;

    /// So many, if a number is given.
    fn try_from(images: Option<usize>) -> Result<Self> {
        images.map_or(Ok(Self::AUTO), Self::of)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn large_images_are_fewer() {
        let shape = |channels, side| ImageShape {
            channels,
            height: side,
            width: side,
        };
        let auto = |channels, side| InternalBatch::AUTO.images(shape(channels, side));
        assert_eq!([auto(1, 28), auto(3, 64), auto(3, 224)], [256, 256, 20]);
        assert_eq!(InternalBatch::of(7).unwrap().images(shape(3, 224)), 7);
        let refused = InternalBatch::of(0).unwrap_err().to_string();
        assert_eq!(refused, "internal batch: 0 is not at least 1");
    }
}
