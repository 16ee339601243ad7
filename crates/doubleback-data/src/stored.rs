//! Images as a part of a data set keeps them: those of files of bytes stay bytes, a quarter of the size, until they are asked for.

use std::sync::Arc;

use rayon::prelude::*;

/// Images of equal length, one after the other.
#[derive(Clone, Debug)]
pub(crate) enum Stored {
    /// Some of the images that a file holds, which several parts may share.
    Bytes {
        /// All images of the file.
        bytes: Arc<Vec<u8>>,
        /// Places of those that are meant among them, in order.
        places: Vec<usize>,
        /// What each byte stands for.
        values: Arc<[f32; 256]>,
    },
    Floats(Vec<f32>),
}

/// What each byte stands for.
pub(crate) fn values(of: impl Fn(u8) -> f32) -> Arc<[f32; 256]> {
    // There are 256 bytes.
    Arc::new(std::array::from_fn(|byte| of(byte as u8)))
}

impl Stored {
    /// Adds the values of image `index` to `to`; images have `length`.
    pub fn append(&self, index: usize, length: usize, to: &mut Vec<f32>) {
        match self {
            Self::Bytes { bytes, places, values } => {
                let image = &bytes[places[index] * length..][..length];
                to.extend(image.iter().map(|&byte| values[usize::from(byte)]));
            }
            Self::Floats(floats) => to.extend_from_slice(&floats[index * length..][..length]),
        }
    }

    /// The images at these places among them, in this order.
    pub fn select(&self, wanted: &[usize], length: usize) -> Self {
        match self {
            Self::Bytes { bytes, places, values } => Self::Bytes {
                bytes: Arc::clone(bytes),
                places: wanted.iter().map(|&index| places[index]).collect(),
                values: Arc::clone(values),
            },
            Self::Floats(floats) => {
                let images = wanted.iter().flat_map(|&index| &floats[index * length..][..length]);
                Self::Floats(images.copied().collect())
            }
        }
    }

    /// The first image that has a value for which `wrong` is true, and the first such value.
    pub fn first(&self, length: usize, wrong: impl Fn(f32) -> bool + Sync) -> Option<(usize, f32)> {
        match self {
            Self::Bytes { bytes, places, values } => {
                let wrong = values.map(wrong);
                if !wrong.contains(&true) {
                    return None;
                }
                let find = |(index, &place): (usize, &usize)| {
                    let mut image = bytes[place * length..][..length].iter().map(|&byte| usize::from(byte));
                    image.find(|&byte| wrong[byte]).map(|byte| (index, values[byte]))
                };
                places.par_iter().enumerate().find_map_first(find)
            }
            Self::Floats(floats) => {
                let place = floats.par_iter().position_first(|&value| wrong(value))?;
                Some((place / length.max(1), floats[place]))
            }
        }
    }
}
