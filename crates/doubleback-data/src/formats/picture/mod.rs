//! One image file, PNG or JPEG, to bytes.
//!
//! What a file says of itself is not believed: its kind is told from its first bytes, its size is limited before memory is taken, and a file
//! that ends before its picture does is refused, where decoders give what there is.

mod decoded;
mod jpeg;
mod kind;
mod png;

use image::DynamicImage;
use image::imageops::FilterType;

use crate::image_shape::ImageShape;
use crate::preparation::background::Background;
use crate::preparation::preprocess::Preprocess;
use decoded::Decoded;
pub use decoded::{MAX_DECODED, MAX_SIDE};
use kind::Kind;

/// Unsigned bytes of one image, the way up that it is shown.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Picture {
    /// 1 channel if the file is gray, 3 if it has colors.
    pub shape: ImageShape,
    /// In channel, row, column order.
    pub pixels: Vec<u8>,
    /// Whether some pixel of the file is not opaque. Its transparency is gone: left out, or put on a color.
    pub transparent: bool,
    /// How the file's EXIF data say that it is to be turned and mirrored, from 1 (not at all) to 8. It has been.
    pub orientation: u8,
    /// Whether the file has further pictures of an animation.
    pub animated: bool,
}

impl Picture {
    /// Decodes the content of a PNG or JPEG file, turns it as its EXIF data say, puts what is transparent on `background` (without one,
    /// transparency is left out), and resizes it to `size`, rows and columns (bilinear, over the whole area that a pixel covers). Samples of 16
    /// bits become 8.
    ///
    /// ```
    /// use doubleback_data::Picture;
    /// let no_picture = Picture::decode(b"<html>", None, None).unwrap_err();
    /// assert_eq!(no_picture, "it is neither PNG nor JPEG");
    /// ```
    ///
    /// # Errors
    /// A few words on why it is no picture, or not a whole one, or one of more than [`MAX_SIDE`] rows or columns or [`MAX_DECODED`] bytes.
    pub fn decode(bytes: &[u8], size: Option<[usize; 2]>, background: Option<Background>) -> Result<Self, String> {
        Self::decode_with(bytes, size, None, background)
    }

    /// The same, after which what `preprocess` says is done to the picture's bytes.
    ///
    /// # Errors
    /// As [`decode`](Self::decode).
    pub(crate) fn decode_with(
        bytes: &[u8],
        size: Option<[usize; 2]>,
        preprocess: Option<Preprocess>,
        background: Option<Background>,
    ) -> Result<Self, String> {
        let Decoded {
            mut image,
            orientation,
            animated,
        } = match kind::kind(bytes) {
            Kind::Jpeg => jpeg::decode(bytes)?,
            Kind::Png => png::decode(bytes)?,
            Kind::Empty => return Err("it is empty".to_owned()),
            Kind::Other(format) => return Err(format!("it is neither PNG nor JPEG but {format}")),
            Kind::Unknown => return Err("it is neither PNG nor JPEG".to_owned()),
        };
        image.apply_orientation(orientation);
        let transparent = is_transparent(&image);
        if let Some(background) = background.filter(|_| transparent) {
            image = background.under(&image);
        }
        if let Some([height, width]) = size
            && [image.height() as usize, image.width() as usize] != [height, width]
        {
            let side = |side: usize| u32::try_from(side).unwrap_or(MAX_SIDE).clamp(1, MAX_SIDE);
            image = image.resize_exact(side(width), side(height), FilterType::Triangle);
        }
        let (mut shape, mut pixels) = planes(&image);
        if let Some(preprocess) = preprocess {
            ([shape.height, shape.width], pixels) = preprocess.apply(&pixels, [shape.height, shape.width])?;
        }
        Ok(Self {
            shape,
            pixels,
            transparent,
            orientation: orientation.to_exif(),
            animated,
        })
    }

    /// Whether it has three channels that are not all the same.
    pub(crate) fn is_colored(&self) -> bool {
        let plane = self.shape.height * self.shape.width;
        self.shape.channels == 3
            && (self.pixels[..plane] != self.pixels[plane..2 * plane]
                || self.pixels[..plane] != self.pixels[2 * plane..])
    }

    /// The same in `channels` channels: a gray picture in color is three times the same, a colored one is made gray by `gray`, which takes
    /// `[red, green, blue]` of each pixel in [0, 1] and gives its gray.
    pub(crate) fn with_channels(self, channels: usize, gray: &dyn Fn(&[[f64; 3]]) -> Vec<f64>) -> Self {
        let shape = ImageShape { channels, ..self.shape };
        let pixels = match (self.shape.channels, channels) {
            (1, 3) => self.pixels.repeat(3),
            (3, 1) => {
                let plane = shape.height * shape.width;
                let value = |at: usize| f64::from(self.pixels[at]) / 255.0;
                let colors: Vec<[f64; 3]> = (0..plane)
                    .map(|at| [value(at), value(at + plane), value(at + 2 * plane)])
                    .collect();
                // A float to integer cast saturates.
                let byte = |gray: f64| (gray * 255.0).round() as u8;
                gray(&colors).into_iter().map(byte).collect()
            }
            _ => return self,
        };
        Self { shape, pixels, ..self }
    }
}

fn is_transparent(image: &DynamicImage) -> bool {
    match image {
        DynamicImage::ImageLumaA8(image) => image.pixels().any(|pixel| pixel.0[1] < u8::MAX),
        DynamicImage::ImageRgba8(image) => image.pixels().any(|pixel| pixel.0[3] < u8::MAX),
        DynamicImage::ImageLumaA16(image) => image.pixels().any(|pixel| pixel.0[1] < u16::MAX),
        DynamicImage::ImageRgba16(image) => image.pixels().any(|pixel| pixel.0[3] < u16::MAX),
        _ => false,
    }
}

fn planes(image: &DynamicImage) -> (ImageShape, Vec<u8>) {
    let (channels, pixels) = if image.color().has_color() {
        let rgb = image.to_rgb8().into_raw();
        let plane = |channel: usize| rgb.iter().skip(channel).step_by(3).copied();
        (3, (0..3).flat_map(plane).collect())
    } else {
        (1, image.to_luma8().into_raw())
    };
    let shape = ImageShape {
        channels,
        height: image.height() as usize,
        width: image.width() as usize,
    };
    (shape, pixels)
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use image::{ImageFormat, Rgb, RgbImage, Rgba, RgbaImage};

    use super::*;
    use crate::preparation::grayscale::Grayscale;

    fn png(image: impl Into<DynamicImage>) -> Vec<u8> {
        let mut file = Cursor::new(Vec::new());
        image.into().write_to(&mut file, ImageFormat::Png).unwrap();
        file.into_inner()
    }

    fn decode(file: &[u8]) -> Picture {
        Picture::decode(file, None, None).unwrap()
    }

    #[test]
    fn colors_become_planes_and_gray_stays_one() {
        let file = png(RgbImage::from_fn(2, 1, |x, _| {
            Rgb([x as u8, 10 + x as u8, 20 + x as u8])
        }));
        let colored = decode(&file);
        assert_eq!(
            (colored.shape.channels, &colored.pixels[..]),
            (3, &[0, 1, 10, 11, 20, 21][..])
        );
        let gray = decode(&png(image::GrayImage::from_raw(2, 1, vec![7, 9]).unwrap()));
        assert_eq!((gray.shape.channels, &gray.pixels[..]), (1, &[7, 9][..]));
        let luma = Grayscale::Luma.converter(1, 2);
        assert_eq!(gray.with_channels(3, &luma).pixels, [7, 9, 7, 9, 7, 9]);
        assert!(colored.is_colored());
        assert_eq!(colored.with_channels(1, &luma).pixels, [8, 9]);
    }

    #[test]
    fn gray_in_three_channels_is_the_same_in_one() {
        let file = png(RgbImage::from_fn(256, 1, |x, _| Rgb([x as u8; 3])));
        let picture = decode(&file);
        assert!(!picture.is_colored());
        let gray = picture.with_channels(1, &Grayscale::Luma.converter(1, 256));
        assert!(gray.pixels.iter().copied().eq(0..=255));
    }

    #[test]
    fn transparency_is_told_and_goes_onto_the_background() {
        let file = png(RgbaImage::from_pixel(1, 1, Rgba([1, 2, 3, 0])));
        let picture = decode(&file);
        assert!(picture.transparent && picture.pixels == [1, 2, 3]);
        let white = Picture::decode(&file, None, Some(Background::WHITE)).unwrap();
        assert!(white.transparent && white.pixels == [255; 3]);
        let opaque = png(RgbaImage::from_pixel(1, 1, Rgba([1, 2, 3, 255])));
        assert!(!decode(&opaque).transparent);
    }

    #[test]
    fn a_picture_too_large_to_hold_is_refused_before_it_is_decoded() {
        let mut file = png(RgbImage::new(1, 1));
        // Width and height in the header of a PNG, and the header's checksum.
        file[16..24].copy_from_slice(&[0, 1, 0, 0, 0, 1, 0, 0]);
        let mut crc = flate2::Crc::new();
        crc.update(&file[12..29]);
        file[29..33].copy_from_slice(&crc.sum().to_be_bytes());
        let error = Picture::decode(&file, None, None).unwrap_err();
        assert!(error.contains("memory"), "{error}");
    }

    #[test]
    fn every_beginning_of_a_png_is_refused() {
        let file = png(RgbImage::new(3, 2));
        // The last chunk has no content.
        for end in 0..file.len() - 12 {
            assert!(Picture::decode(&file[..end], None, None).is_err(), "{end}");
        }
    }
}
