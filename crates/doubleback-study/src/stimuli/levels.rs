//! Images as the 8 bits of a PNG, and what a model sees of these.

use doubleback::data::{Dataset, Frame, ImageShape, Picture, png};
use doubleback::evaluate::EightBit;
use serde::{Deserialize, Serialize};

use crate::{Error, Result};

/// The pixel values that black and white stand for; the 254 grays between them are evenly spaced.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Levels {
    pub black: f32,
    pub white: f32,
}

impl Levels {
    /// The nearest of the 256 values to each pixel.
    pub fn bytes(self, pixels: &[f32]) -> Vec<u8> {
        Frame::quantized(pixels, [self.black, self.white]).bytes
    }

    /// The pixels of these bytes.
    pub fn pixels(self, bytes: &[u8]) -> Vec<f32> {
        let pixel = |&byte: &u8| self.black + f32::from(byte) / 255.0 * (self.white - self.black);
        bytes.iter().map(pixel).collect()
    }
}

/// How the images of a data set are drawn.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Scale {
    /// All between the same values.
    Same(Levels),
    /// Each between its own extremes: the values of contrast-normalized images say nothing of brightness, and between the extremes of all of them most
    /// would be a flat gray.
    Own,
}

impl Scale {
    /// That of a data set's images.
    ///
    /// # Errors
    /// When they are no pictures of 8 bits: neither gray nor colored, or with other values than 256 even ones.
    pub fn of(dataset: &Dataset) -> Result<Self> {
        let name = &dataset.name;
        if ![1, 3].contains(&dataset.shape.channels) {
            let channels = dataset.shape.channels;
            return Err(Error::Setting(format!(
                "{name}: its images have {channels} channels. Give gray images (1) or colored ones (3), which people can look at"
            )));
        }
        if dataset.preparation.contrast_normalized {
            return Ok(Self::Own);
        }
        if EightBit::of(dataset).is_none() {
            return Err(Error::Setting(format!(
                "{name}: its pixels are not 256 even steps between {} and {}, and people would see other images than the models. Give images of 8 bits",
                dataset.bounds.low, dataset.bounds.high
            )));
        }
        Ok(Self::Same(Levels {
            black: dataset.bounds.low,
            white: dataset.bounds.high,
        }))
    }

    /// What black and white are in an image.
    pub fn levels(self, pixels: &[f32]) -> Levels {
        match self {
            Self::Same(levels) => levels,
            Self::Own => {
                let black = pixels.iter().copied().fold(f32::INFINITY, f32::min);
                let white = pixels.iter().copied().fold(f32::NEG_INFINITY, f32::max);
                // One value alone is black.
                let white = if white > black { white } else { black + 1.0 };
                Levels { black, white }
            }
        }
    }
}

/// An image as a PNG file, and what a model is shown of it: the pixels that the file decodes to.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Drawn {
    /// The file.
    pub png: Vec<u8>,
    /// Its bytes, `[channels, height, width]`.
    pub bytes: Vec<u8>,
    /// What they stand for.
    pub levels: Levels,
}

impl Drawn {
    /// Rounds an image, and reads the file again.
    pub fn of(pixels: &[f32], scale: Scale, shape: ImageShape) -> Result<Self> {
        let levels = scale.levels(pixels);
        let png = png("an image of the study", &levels.bytes(pixels), shape)?;
        let decoded = Picture::decode(&png, None, None)
            .map_err(|problem| doubleback::Error::internal("reading an image of the study", problem))?;
        if decoded.shape != shape {
            let problem = format!("{} instead of {shape}", decoded.shape);
            return Err(doubleback::Error::internal("reading an image of the study", problem).into());
        }
        Ok(Self {
            png,
            bytes: decoded.pixels,
            levels,
        })
    }

    /// What a model sees.
    pub fn pixels(&self) -> Vec<f32> {
        self.levels.pixels(&self.bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SHAPE: ImageShape = ImageShape {
        channels: 3,
        height: 1,
        width: 2,
    };

    #[test]
    fn what_is_drawn_between_the_datas_bounds_comes_back_rounded() {
        let scale = Scale::Same(Levels {
            black: -1.0,
            white: 1.0,
        });
        let drawn = Drawn::of(&[-1.0, 1.0, 0.0, 0.001, 3.0, -3.0], scale, SHAPE).unwrap();
        assert_eq!(drawn.bytes, [0, 255, 128, 128, 255, 0]);
        assert_eq!(drawn.pixels()[..2], [-1.0, 1.0]);
    }

    #[test]
    fn contrast_normalized_images_use_all_of_the_scale() {
        let drawn = Drawn::of(&[-1.5, 2.5, 0.5, 0.5, 0.5, 0.5], Scale::Own, SHAPE).unwrap();
        assert_eq!(drawn.bytes, [0, 255, 128, 128, 128, 128]);
        assert_eq!(drawn.pixels()[..2], [-1.5, 2.5]);
        let flat = Drawn::of(&[0.7; 6], Scale::Own, SHAPE).unwrap();
        assert_eq!((flat.bytes.clone(), flat.pixels()), (vec![0; 6], vec![0.7; 6]));
    }

    #[test]
    fn what_is_no_picture_of_8_bits_is_refused() {
        use doubleback::data::{Bounds, Split};

        let of = |channels: usize, pixel: f32| {
            let shape = ImageShape {
                channels,
                height: 1,
                width: 1,
            };
            let bounds = Bounds { low: -1.0, high: 1.0 };
            let test = Split::new(vec![pixel; channels], vec![0], shape).unwrap();
            let (classes, empty) = (vec!["a".to_owned()], Split::empty(shape));
            Dataset::new("tiny", classes, shape, bounds, empty.clone(), empty, test).unwrap()
        };
        let message = |dataset: &Dataset| Scale::of(dataset).unwrap_err().to_string();
        assert!(message(&of(2, 1.0)).starts_with("tiny: its images have 2 channels. Give"));
        assert!(message(&of(1, 0.1234)).starts_with("tiny: its pixels are not 256 even steps between -1 and 1"));
        assert!(matches!(
            Scale::of(&of(3, 1.0)),
            Ok(Scale::Same(Levels { black: -1.0, .. }))
        ));
        let mut normalized = of(1, 0.1234);
        normalized.preparation.contrast_normalized = true;
        assert_eq!(Scale::of(&normalized).unwrap(), Scale::Own);
    }
}
