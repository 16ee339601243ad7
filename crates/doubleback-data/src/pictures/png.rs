//! One image as a PNG file of its own size.

use std::io::Cursor;

use image::{GrayImage, ImageFormat, RgbImage};

use crate::error::DataError;
use crate::image_shape::ImageShape;

/// An image, `[channels, height, width]` as one slice of bytes, as a PNG file: gray, or red, green and blue. `name` is for messages.
///
/// # Errors
/// [`DataError::ValueCount`] unless there is a byte for each value of the shape, [`DataError::Channels`] if it has neither 1 nor 3 channels,
/// [`DataError::Png`] if it cannot be encoded.
pub fn png(name: &str, bytes: &[u8], shape: ImageShape) -> Result<Vec<u8>, DataError> {
    let wrong = || DataError::ValueCount {
        values: bytes.len(),
        labels: 1,
        image_len: shape.len(),
    };
    let side = |side: usize| u32::try_from(side).map_err(|_| wrong());
    let (width, height) = (side(shape.width)?, side(shape.height)?);
    if bytes.len() != shape.len() || shape.is_empty() {
        return Err(wrong());
    }
    let mut png = Cursor::new(Vec::new());
    let plane = shape.height * shape.width;
    let written = match shape.channels {
        1 => GrayImage::from_raw(width, height, bytes.to_vec()).map(|image| image.write_to(&mut png, ImageFormat::Png)),
        3 => {
            let pixels = (0..plane).flat_map(|pixel| [0, 1, 2].map(|channel| bytes[channel * plane + pixel]));
            RgbImage::from_raw(width, height, pixels.collect()).map(|image| image.write_to(&mut png, ImageFormat::Png))
        }
        channels => {
            return Err(DataError::Channels {
                dataset: name.to_owned(),
                channels,
            });
        }
    };
    written.ok_or_else(wrong)?.map_err(DataError::Png)?;
    Ok(png.into_inner())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_come_back_from_the_file() {
        let shape = |channels| ImageShape {
            channels,
            height: 1,
            width: 2,
        };
        let gray = image::load_from_memory(&png("tiny", &[7, 9], shape(1)).unwrap()).unwrap();
        assert_eq!(gray.color(), image::ColorType::L8);
        assert_eq!(gray.to_luma8().into_raw(), [7, 9]);
        let color = png("tiny", &[1, 2, 3, 4, 5, 6], shape(3)).unwrap();
        let color = image::load_from_memory(&color).unwrap().to_rgb8();
        assert_eq!(color.into_raw(), [1, 3, 5, 2, 4, 6]);
        assert!(matches!(png("tiny", &[7], shape(1)), Err(DataError::ValueCount { .. })));
        assert!(matches!(
            png("tiny", &[7; 4], shape(2)),
            Err(DataError::Channels { channels: 2, .. })
        ));
    }
}
