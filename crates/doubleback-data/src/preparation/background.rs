//! The color that transparent pictures are put on.

use std::fmt;
use std::str::FromStr;

use image::{DynamicImage, GrayImage, Luma, Rgb, RgbImage};

/// An opaque color, red, green and blue: what shows where a picture is transparent.
///
/// ```
/// use doubleback_data::Background;
/// assert_eq!("white".parse(), Ok(Background([255; 3])));
/// assert_eq!("#FF8000".parse(), Ok(Background([255, 128, 0])));
/// assert_eq!(Background([255, 128, 0]).to_string(), "#ff8000");
/// assert!("grey".parse::<Background>().is_err());
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Background(pub [u8; 3]);

impl Background {
    /// White.
    pub const WHITE: Self = Self([255; 3]);
    /// Black.
    pub const BLACK: Self = Self([0; 3]);

    /// The picture on this color. It stays gray if it is gray and so is the color.
    pub(crate) fn under(self, picture: &DynamicImage) -> DynamicImage {
        let [red, green, blue] = self.0;
        if picture.color().has_color() || red != green || green != blue {
            let rgba = picture.to_rgba8();
            let flat = RgbImage::from_fn(rgba.width(), rgba.height(), |x, y| {
                let [r, g, b, alpha] = rgba.get_pixel(x, y).0;
                Rgb([blend(r, red, alpha), blend(g, green, alpha), blend(b, blue, alpha)])
            });
            return flat.into();
        }
        let gray = picture.to_luma_alpha8();
        let flat = GrayImage::from_fn(gray.width(), gray.height(), |x, y| {
            let [value, alpha] = gray.get_pixel(x, y).0;
            Luma([blend(value, red, alpha)])
        });
        flat.into()
    }
}

/// `alpha` / 255 of `over`, the rest of `under`, rounded.
fn blend(over: u8, under: u8, alpha: u8) -> u8 {
    let [over, under, alpha] = [over, under, alpha].map(u32::from);
    // A weighted mean of bytes is at most 255.
    ((over * alpha + under * (255 - alpha) + 127) / 255) as u8
}

impl fmt::Display for Background {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::WHITE => f.write_str("white"),
            Self::BLACK => f.write_str("black"),
            Self([red, green, blue]) => write!(f, "#{red:02x}{green:02x}{blue:02x}"),
        }
    }
}

/// A text that names no color.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("expected white, black or a color such as #ff8000 (red, green and blue, two hexadecimal digits each)")]
pub struct NoColor;

impl FromStr for Background {
    type Err = NoColor;

    fn from_str(text: &str) -> Result<Self, NoColor> {
        match text {
            "white" => return Ok(Self::WHITE),
            "black" => return Ok(Self::BLACK),
            _ => {}
        }
        let digits = text
            .strip_prefix('#')
            .filter(|digits| digits.len() == 6 && digits.bytes().all(|byte| byte.is_ascii_hexdigit()))
            .ok_or(NoColor)?;
        let [_, red, green, blue] = u32::from_str_radix(digits, 16).map_err(|_| NoColor)?.to_be_bytes();
        Ok(Self([red, green, blue]))
    }
}

#[cfg(test)]
mod tests {
    use image::{LumaA, Rgba};

    use super::*;

    #[test]
    fn what_is_transparent_shows_the_color_and_what_is_opaque_does_not() {
        let ink = DynamicImage::from(image::ImageBuffer::from_fn(3, 1, |x, _| {
            LumaA([10, [0_u8, 128, 255][x as usize]])
        }));
        let on = |background: Background| background.under(&ink);
        assert_eq!(on(Background::WHITE).as_bytes(), [255, 132, 10]);
        assert_eq!(on(Background::BLACK).as_bytes(), [0, 5, 10]);
        assert_eq!(on(Background::WHITE).color(), image::ColorType::L8);
        let red = on(Background([255, 0, 0]));
        assert_eq!(red.as_bytes(), [255, 0, 0, 132, 5, 5, 10, 10, 10]);
    }

    #[test]
    fn colored_pictures_stay_colored() {
        let glass = DynamicImage::from(image::RgbaImage::from_pixel(1, 1, Rgba([200, 100, 0, 0])));
        assert_eq!(Background([1, 2, 3]).under(&glass).as_bytes(), [1, 2, 3]);
    }

    #[test]
    fn colors_are_read_as_they_are_written() {
        for color in [Background::WHITE, Background::BLACK, Background([1, 160, 255])] {
            assert_eq!(color.to_string().parse(), Ok(color));
        }
        for text in ["", "red", "#fff", "#12345g", "#+12345", "ffffff", "#ééé"] {
            assert_eq!(text.parse::<Background>(), Err(NoColor), "{text}");
        }
    }
}
