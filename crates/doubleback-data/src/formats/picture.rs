//! One image file, PNG or JPEG, to bytes.
//!
//! What a file says of itself is not believed: its kind is told from its first bytes, and its size is limited before memory is taken.

use std::io::Cursor;

use image::imageops::FilterType;
use image::{DynamicImage, ImageDecoder, ImageReader, Limits};

use crate::image_shape::ImageShape;

/// Most rows or columns of an image file.
pub const MAX_SIDE: u32 = 1 << 14;
/// Most bytes that decoding an image may take: enough for 64 million pixels in color.
pub const MAX_DECODED: u64 = 1 << 28;

/// Unsigned bytes of one image.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Picture {
    /// 1 channel if the file is gray, 3 if it has colors.
    pub shape: ImageShape,
    /// In channel, row, column order.
    pub pixels: Vec<u8>,
    /// Whether the file has an alpha channel, which is left out.
    pub alpha: bool,
}

impl Picture {
    /// Decodes the content of a PNG or JPEG file; `size`, rows and columns, resizes it (bilinear, over the whole area that a pixel covers).
    /// Samples of 16 bits become 8.
    ///
    /// ```
    /// use doubleback_data::Picture;
    /// let no_picture = Picture::decode(b"<html>", None).unwrap_err();
    /// assert_eq!(no_picture, "it is neither PNG nor JPEG");
    /// ```
    ///
    /// # Errors
    /// A few words on why it is no picture, or one of more than [`MAX_SIDE`] rows or columns or [`MAX_DECODED`] bytes.
    pub fn decode(bytes: &[u8], size: Option<[usize; 2]>) -> Result<Self, String> {
        let reader = ImageReader::new(Cursor::new(bytes))
            .with_guessed_format()
            .map_err(|cause| cause.to_string())?;
        if reader.format().is_none() {
            return Err("it is neither PNG nor JPEG".to_owned());
        }
        let problem = |cause: image::ImageError| match cause {
            image::ImageError::Limits(_) => {
                format!("it has more than {MAX_SIDE} rows or columns, or takes too much memory")
            }
            image::ImageError::Unsupported(_) => "it is neither PNG nor JPEG".to_owned(),
            cause => cause.to_string(),
        };
        let mut limits = Limits::default();
        limits.max_image_width = Some(MAX_SIDE);
        limits.max_image_height = Some(MAX_SIDE);
        limits.max_alloc = Some(MAX_DECODED);
        let mut decoder = reader.into_decoder().map_err(problem)?;
        if decoder.total_bytes() > MAX_DECODED {
            let (width, height) = decoder.dimensions();
            return Err(format!("its {height}x{width} pixels take too much memory"));
        }
        decoder.set_limits(limits).map_err(problem)?;
        let decoded = DynamicImage::from_decoder(decoder).map_err(problem)?;
        let resized = match size {
            Some([height, width]) if [decoded.height() as usize, decoded.width() as usize] != [height, width] => {
                let side = |side: usize| u32::try_from(side).unwrap_or(MAX_SIDE).clamp(1, MAX_SIDE);
                decoded.resize_exact(side(width), side(height), FilterType::Triangle)
            }
            _ => decoded,
        };
        Ok(Self::planes(&resized))
    }

    fn planes(image: &DynamicImage) -> Self {
        let color = image.color();
        let (height, width) = (image.height() as usize, image.width() as usize);
        let (channels, pixels) = if color.has_color() {
            let rgb = image.to_rgb8().into_raw();
            let plane = |channel: usize| rgb.iter().skip(channel).step_by(3).copied();
            (3, (0..3).flat_map(plane).collect())
        } else {
            (1, image.to_luma8().into_raw())
        };
        let shape = ImageShape {
            channels,
            height,
            width,
        };
        Self {
            shape,
            pixels,
            alpha: color.has_alpha(),
        }
    }

    /// The same with `channels` channels: a gray picture in color is three times the same, a colored one in gray is its luma.
    pub(crate) fn with_channels(self, channels: usize) -> Self {
        let shape = ImageShape { channels, ..self.shape };
        let pixels = match (self.shape.channels, channels) {
            (1, 3) => self.pixels.repeat(3),
            (3, 1) => {
                let plane = shape.height * shape.width;
                let weights = [0.2989_f32, 0.5870, 0.1140];
                let luma = |at: usize| {
                    (0..3)
                        .map(|c| weights[c] * f32::from(self.pixels[c * plane + at]))
                        .sum::<f32>()
                };
                (0..plane).map(|at| luma(at).round() as u8).collect()
            }
            _ => return self,
        };
        Self {
            shape,
            pixels,
            alpha: self.alpha,
        }
    }
}

#[cfg(test)]
mod tests {
    use image::{ImageFormat, Rgb, RgbImage, Rgba, RgbaImage};

    use super::*;

    fn png(image: impl Into<DynamicImage>) -> Vec<u8> {
        let mut file = Cursor::new(Vec::new());
        image.into().write_to(&mut file, ImageFormat::Png).unwrap();
        file.into_inner()
    }

    #[test]
    fn colors_become_planes_and_gray_stays_one() {
        let file = png(RgbImage::from_fn(2, 1, |x, _| {
            Rgb([x as u8, 10 + x as u8, 20 + x as u8])
        }));
        let colored = Picture::decode(&file, None).unwrap();
        assert_eq!(
            (colored.shape.channels, &colored.pixels[..]),
            (3, &[0, 1, 10, 11, 20, 21][..])
        );
        let gray = Picture::decode(&png(image::GrayImage::from_raw(2, 1, vec![7, 9]).unwrap()), None).unwrap();
        assert_eq!((gray.shape.channels, &gray.pixels[..]), (1, &[7, 9][..]));
        assert_eq!(gray.with_channels(3).pixels, [7, 9, 7, 9, 7, 9]);
        assert_eq!(colored.with_channels(1).pixels, [8, 9]);
    }

    #[test]
    fn alpha_is_told() {
        let file = png(RgbaImage::from_pixel(1, 1, Rgba([1, 2, 3, 0])));
        let picture = Picture::decode(&file, None).unwrap();
        assert!(picture.alpha && picture.pixels == [1, 2, 3]);
    }

    #[test]
    fn a_picture_too_large_to_hold_is_refused_before_it_is_decoded() {
        let mut file = png(RgbImage::new(1, 1));
        // Width and height in the header of a PNG, and the header's checksum.
        file[16..24].copy_from_slice(&[0, 1, 0, 0, 0, 1, 0, 0]);
        let mut crc = flate2::Crc::new();
        crc.update(&file[12..29]);
        file[29..33].copy_from_slice(&crc.sum().to_be_bytes());
        let error = Picture::decode(&file, None).unwrap_err();
        assert!(error.contains("memory"), "{error}");
    }

    #[test]
    fn every_beginning_of_a_file_is_refused() {
        let file = png(RgbImage::new(3, 2));
        // The last chunk has no content.
        for end in 0..file.len() - 12 {
            assert!(Picture::decode(&file[..end], None).is_err(), "{end}");
        }
    }
}
