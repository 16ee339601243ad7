//! Images of one size in rows and columns on gray, as one picture.

use std::io::Cursor;

use image::{ImageFormat, Rgb, RgbImage};

use crate::dataset::Bounds;
use crate::error::DataError;
use crate::image_shape::ImageShape;

/// Least height of an image on a sheet, in pixels; smaller images are enlarged by whole factors.
const TILE: usize = 56;
/// Pixels around images.
const GAP: usize = 4;
/// Most pixels of a sheet.
const MAX_PIXELS: usize = 1 << 28;
const BACKGROUND: Rgb<u8> = Rgb([0x60, 0x60, 0x60]);

/// A sheet on which images are placed; places without one stay gray.
#[derive(Clone, Debug)]
pub struct Sheet {
    picture: RgbImage,
    shape: ImageShape,
    /// Pixels of the sheet for one of an image, in each direction.
    scale: usize,
}

impl Sheet {
    /// A sheet with room for `rows` x `columns` images of `shape`.
    ///
    /// # Errors
    /// [`DataError::SheetTooLarge`] if it would have more than 2^28 pixels.
    pub fn new(rows: usize, columns: usize, shape: ImageShape) -> Result<Self, DataError> {
        let scale = (TILE / shape.height.max(1)).max(1);
        let side = |count: usize, pixels: usize| {
            let pitch = pixels.saturating_mul(scale).saturating_add(GAP);
            count.saturating_mul(pitch).saturating_add(GAP)
        };
        let (width, height) = (side(columns, shape.width), side(rows, shape.height));
        match (u32::try_from(width), u32::try_from(height)) {
            (Ok(wide), Ok(high)) if width.saturating_mul(height) <= MAX_PIXELS => Ok(Self {
                picture: RgbImage::from_pixel(wide, high, BACKGROUND),
                shape,
                scale,
            }),
            _ => Err(DataError::SheetTooLarge { width, height }),
        }
    }

    /// Draws an image, `[channels, height, width]` as one slice, in its place: black at the lower bound, white at the upper. One channel is gray,
    /// three are red, green and blue. What lies beyond the sheet is cut off.
    ///
    /// # Errors
    /// [`DataError::ValueCount`] unless the image has the shape of the sheet's.
    pub fn place(&mut self, [row, column]: [usize; 2], image: &[f32], bounds: Bounds) -> Result<(), DataError> {
        let ImageShape {
            channels,
            height,
            width,
        } = self.shape;
        if image.len() != self.shape.len() || image.is_empty() {
            return Err(DataError::ValueCount {
                values: image.len(),
                labels: 1,
                image_len: self.shape.len(),
            });
        }
        let [wide, high] = [width, height].map(|side| side * self.scale);
        let [left, top] = [column * (wide + GAP) + GAP, row * (high + GAP) + GAP];
        for (y, x) in (0..high).flat_map(|y| (0..wide).map(move |x| (y, x))) {
            let pixel = y / self.scale * width + x / self.scale;
            let value = |channel: usize| byte(image[channel.min(channels - 1) * height * width + pixel], bounds);
            let color = Rgb([value(0), value(1), value(2)]);
            let place = u32::try_from(left + x).ok().zip(u32::try_from(top + y).ok());
            if let Some(pixel) = place.and_then(|(x, y)| self.picture.get_pixel_mut_checked(x, y)) {
                *pixel = color;
            }
        }
        Ok(())
    }

    /// As a PNG file.
    ///
    /// # Errors
    /// [`DataError::Png`] if it cannot be encoded.
    pub fn png(&self) -> Result<Vec<u8>, DataError> {
        let mut png = Cursor::new(Vec::new());
        self.picture
            .write_to(&mut png, ImageFormat::Png)
            .map_err(DataError::Png)?;
        Ok(png.into_inner())
    }
}

/// Black at the lower bound, white at the upper.
fn byte(value: f32, Bounds { low, high }: Bounds) -> u8 {
    // A float to integer cast saturates.
    ((value - low) / (high - low) * 255.0).round() as u8
}

#[cfg(test)]
mod tests {
    use super::*;

    const BOUNDS: Bounds = Bounds { low: 0.0, high: 255.0 };

    fn shape(channels: usize) -> ImageShape {
        ImageShape {
            channels,
            height: 1,
            width: 2,
        }
    }

    /// The color at the middle of pixel `x` of the image in this place.
    fn color(sheet: &Sheet, [row, column]: [usize; 2], x: usize) -> [u8; 3] {
        let at = |offset: usize| (GAP + offset + TILE / 2) as u32;
        let [left, top] = [at(column * (2 * TILE + GAP) + x * TILE), at(row * (TILE + GAP))];
        sheet.picture.get_pixel(left, top).0
    }

    #[test]
    fn images_stand_in_their_places_and_the_others_stay_blank() {
        let mut sheet = Sheet::new(2, 2, shape(1)).unwrap();
        sheet.place([1, 0], &[7.0, 9.0], BOUNDS).unwrap();
        let size = |count: usize, pixels: usize| (count * (pixels * TILE + GAP) + GAP) as u32;
        assert_eq!(sheet.picture.dimensions(), (size(2, 2), size(2, 1)));
        assert_eq!([0, 1].map(|x| color(&sheet, [1, 0], x)), [[7; 3], [9; 3]]);
        assert_eq!(color(&sheet, [0, 0], 0), BACKGROUND.0);
        let before = sheet.picture.clone();
        sheet.place([2, 0], &[7.0, 9.0], BOUNDS).unwrap();
        assert_eq!(sheet.picture, before, "beyond the sheet");
    }

    #[test]
    fn channels_are_planes() {
        let mut sheet = Sheet::new(1, 1, shape(3)).unwrap();
        sheet.place([0, 0], &[0.0, 1.0, 2.0, 3.0, 4.0, 5.0], BOUNDS).unwrap();
        assert_eq!([0, 1].map(|x| color(&sheet, [0, 0], x)), [[0, 2, 4], [1, 3, 5]]);
    }

    #[test]
    fn a_sheet_that_is_too_large_is_an_error() {
        let found = Sheet::new(1 << 20, 1 << 20, shape(1));
        assert!(matches!(found, Err(DataError::SheetTooLarge { .. })));
    }

    #[test]
    fn an_image_of_another_shape_is_an_error() {
        let mut sheet = Sheet::new(1, 1, shape(1)).unwrap();
        let found = sheet.place([0, 0], &[1.0], BOUNDS);
        assert!(matches!(found, Err(DataError::ValueCount { values: 1, .. })));
    }
}
