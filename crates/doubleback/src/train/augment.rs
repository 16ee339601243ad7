use rand::Rng;

use crate::data::ImageShape;
use crate::random::Stream;
use crate::{Error, Result};

/// What is done to training images at random each time they are met, as is usual on CIFAR-10: shifted by a crop of the padded image, and mirrored.
///
/// What happens to an image is a function of the training's seed, the round through the training set and the image's place in it: the same in
/// batches of any size, with any number of threads, and after an interruption. Validation images stay as they are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Augmentation {
    /// Rows and columns that are added on each side, before a piece of the image's own size is cut out at random; below the smaller side of an
    /// image. What is added is 0, or the bound of the pixel values nearest to it.
    pub crop: usize,
    /// Mirror every other image, left to right.
    pub flip: bool,
}

/// Where an image is met in a training.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Meeting {
    /// Seed of the training.
    pub seed: u64,
    /// Rounds through the training set before.
    pub round: usize,
    /// The image's place in the training set.
    pub place: usize,
}

impl Augmentation {
    /// Whether images stay as they are.
    pub fn is_none(self) -> bool {
        self == Self::default()
    }

    /// Refuses a crop that could miss the image.
    pub(super) fn check(self, shape: ImageShape) -> Result<()> {
        let side = shape.height.min(shape.width);
        match self.crop > 0 && self.crop >= side {
            true => Err(Error::value(
                "crop",
                format!("below {side}, the smaller side of an image"),
                self.crop,
            )),
            false => Ok(()),
        }
    }

    /// Writes an image of `shape`, in channel, row, column order, into `augmented` as it is met; `fill` is what it is padded with.
    ///
    /// ```
    /// use doubleback::data::ImageShape;
    /// use doubleback::train::{Augmentation, Meeting};
    ///
    /// let shape = ImageShape { channels: 1, height: 1, width: 3 };
    /// let flip = Augmentation { crop: 0, flip: true };
    /// let seen = |round| {
    ///     let mut augmented = [0.0; 3];
    ///     flip.write(&[0.1, 0.2, 0.3], shape, 0.0, Meeting { seed: 0, round, place: 7 }, &mut augmented);
    ///     augmented
    /// };
    /// assert!((0..20).any(|round| seen(round) == [0.3, 0.2, 0.1]));
    /// assert!((0..20).any(|round| seen(round) == [0.1, 0.2, 0.3]));
    /// assert_eq!(seen(3), seen(3));
    /// ```
    pub fn write(self, image: &[f32], shape: ImageShape, fill: f32, met: Meeting, augmented: &mut [f32]) {
        let stream = Stream::Augmentation {
            round: met.round as u64,
            place: met.place as u64,
        };
        let mut random = stream.of(met.seed);
        // Each is drawn whether it is wanted or not, so that neither depends on the other.
        let mirrored = random.random::<bool>() && self.flip;
        let [top, left] = [(); 2].map(|()| random.random_range(0..=2 * self.crop as u64) as usize);
        let (height, width) = (shape.height, shape.width);
        let rows: Vec<&[f32]> = image.chunks_exact(width.max(1)).collect();
        let planes = augmented.chunks_exact_mut((height * width).max(1));
        for (plane_rows, plane) in rows.chunks_exact(height.max(1)).zip(planes) {
            for (y, to) in plane.chunks_exact_mut(width.max(1)).enumerate() {
                match (y + top).checked_sub(self.crop).and_then(|y| plane_rows.get(y)) {
                    None => to.fill(fill),
                    Some(from) => {
                        shift(from, left, self.crop, fill, to);
                        if mirrored {
                            to.reverse();
                        }
                    }
                }
            }
        }
    }
}

/// A row that begins `left` after the padding of `crop` does.
fn shift(from: &[f32], left: usize, crop: usize, fill: f32, to: &mut [f32]) {
    let width = from.len();
    let (skipped, padded) = (left.saturating_sub(crop), crop.saturating_sub(left));
    let kept = width.saturating_sub(skipped.max(padded));
    to.fill(fill);
    if kept == 0 {
        return;
    }
    to[padded..padded + kept].copy_from_slice(&from[skipped..skipped + kept]);
}
