//! What is left of examples in 8-bit pictures.

use crate::data::{Bounds, Dataset, Frame, Split};

/// The 256 values that the pixels of 8-bit pictures have, evenly from the least to the greatest of a data set.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct EightBit {
    bounds: Bounds,
}

impl EightBit {
    /// Of a data set; none if its images were not 8-bit pictures, or are something else by now: contrast-normalized, or with values within other
    /// bounds than 0 to 1 that are not 256 steps.
    pub fn of(dataset: &Dataset) -> Option<Self> {
        if dataset.preparation.contrast_normalized {
            return None;
        }
        let grid = Self { bounds: dataset.bounds };
        (dataset.bounds == Bounds::UNIT || grid.has_all(&dataset.test)).then_some(grid)
    }

    /// The nearest of the 256 values to each pixel, from 0 for the least.
    pub fn bytes(self, pixels: &[f32]) -> Vec<u8> {
        Frame::quantized(pixels, [self.bounds.low, self.bounds.high]).bytes
    }

    /// The pixels of these bytes; between 0 and 1 they are bytes over 255, as of pictures that are read.
    pub fn pixels(self, bytes: &[u8]) -> Vec<f32> {
        let Bounds { low, high } = self.bounds;
        let pixel = |&byte: &u8| low + f32::from(byte) / 255.0 * (high - low);
        bytes.iter().map(pixel).collect()
    }

    fn has_all(self, split: &Split) -> bool {
        (0..split.len()).all(|image| self.has(&split.image(image)))
    }

    /// Whether pixels are such values, up to rounding.
    fn has(self, pixels: &[f32]) -> bool {
        let tolerance = 1e-5 * (self.bounds.high - self.bounds.low);
        let rounded = self.pixels(&self.bytes(pixels));
        pixels
            .iter()
            .zip(rounded)
            .all(|(pixel, near)| (pixel - near).abs() <= tolerance)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::ImageShape;

    fn dataset(pixels: Vec<f32>, bounds: Bounds) -> Dataset {
        let shape = ImageShape {
            channels: 1,
            height: 1,
            width: 1,
        };
        let labels = vec![0; pixels.len()];
        let test = Split::new(pixels, labels, shape).unwrap();
        let empty = || Split::empty(shape);
        Dataset::new("tiny", vec!["a".into()], shape, bounds, empty(), empty(), test).unwrap()
    }

    #[test]
    fn values_of_8_bit_pictures_stay_as_they_are() {
        let bytes: Vec<u8> = (0..=255).collect();
        let pixels: Vec<f32> = bytes.iter().map(|&byte| f32::from(byte) / 255.0).collect();
        let grid = EightBit::of(&dataset(vec![0.1], Bounds::UNIT)).unwrap();
        assert_eq!(grid.pixels(&bytes), pixels);
        assert_eq!(grid.bytes(&pixels), bytes);
        assert_eq!(grid.bytes(&[0.0019, 0.002, 0.9999]), [0, 1, 255]);
    }

    #[test]
    fn other_bounds_need_values_of_256_steps() {
        let bounds = Bounds { low: -1.0, high: 1.0 };
        let steps = |count: u8| (0..count).map(|i| -1.0 + f32::from(i) / 255.0 * 2.0).collect();
        let grid = EightBit::of(&dataset(steps(255), bounds)).unwrap();
        assert_eq!(grid.pixels(&[0, 255]), [-1.0, 1.0]);
        assert_eq!(EightBit::of(&dataset(vec![0.1234], bounds)), None);
        let mut normalized = dataset(vec![0.5], Bounds::UNIT);
        normalized.preparation.contrast_normalized = true;
        assert_eq!(EightBit::of(&normalized), None);
    }
}
