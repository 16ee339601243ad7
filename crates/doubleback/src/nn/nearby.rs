use burn::tensor::Tensor;

use crate::data::ImageShape;
use crate::{Error, Result};

/// A window of an image with other values.
#[derive(Clone, Copy, Debug)]
pub struct Change<'a> {
    /// Place of the image among those that were given.
    pub image: usize,
    /// Row and column of the window's first value.
    pub at: [usize; 2],
    /// Rows and columns of the window.
    pub size: [usize; 2],
    /// The values in it, `[channels, rows, columns]`.
    pub values: &'a [f32],
}

/// Images that a model is asked about again and again, each time with a window of them changed: random searches, occlusion.
///
/// A model that computes pixels from their neighborhood does not compute again what no change reaches. Rounding may be another than that of whole images.
pub trait Nearby {
    /// The logits `[changes, classes]` of the images with one change each. The images stay as they are.
    ///
    /// # Errors
    /// When there is no change, or one does not fit its image.
    fn logits(&self, changes: &[Change<'_>]) -> Result<Tensor<2>>;

    /// Changes images for good, each at most once.
    ///
    /// # Errors
    /// When a change does not fit its image.
    fn keep(&mut self, changes: &[Change<'_>]) -> Result<()>;
}

impl Change<'_> {
    /// Refuses a change that does not fit one of `images` images.
    pub(super) fn check(&self, images: usize, shape: ImageShape) -> Result<()> {
        if self.image >= images {
            return Err(Error::value("image of a change", format!("below {images}"), self.image));
        }
        let within = |axis: usize, size: usize| {
            self.at[axis]
                .checked_add(self.size[axis])
                .is_some_and(|end| end <= size)
        };
        if !(within(0, shape.height) && within(1, shape.width)) {
            let expected = format!("within {} by {} pixels", shape.height, shape.width);
            let found = format!("{:?} pixels from {:?} on", self.size, self.at);
            return Err(Error::value("window of a change", expected, found));
        }
        let expected = shape.channels * self.size[0] * self.size[1];
        if self.values.len() != expected {
            return Err(Error::shape("values of a change", expected, self.values.len()));
        }
        Ok(())
    }

    /// Writes the values into their image, `[channels, height, width]`.
    pub fn write(&self, image: &mut [f32], shape: ImageShape) {
        let [rows, columns] = self.size;
        if columns == 0 {
            return;
        }
        for (place, values) in self.values.chunks_exact(columns).enumerate() {
            let (channel, row) = (place / rows.max(1), place % rows.max(1));
            let start = (channel * shape.height + self.at[0] + row) * shape.width + self.at[1];
            image[start..start + columns].copy_from_slice(values);
        }
    }
}

/// Refuses changes of which one does not fit.
pub(super) fn check_changes(changes: &[Change<'_>], images: usize, shape: ImageShape) -> Result<()> {
    changes.iter().try_for_each(|change| change.check(images, shape))
}

/// Refuses changes of which there are none.
pub(super) fn check_some(changes: &[Change<'_>]) -> Result<()> {
    match changes.is_empty() {
        true => Err(Error::value("changes", "at least one", 0)),
        false => Ok(()),
    }
}
