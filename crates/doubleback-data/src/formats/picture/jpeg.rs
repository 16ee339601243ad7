//! JPEG files, to their end.
//!
//! A file that was cut off decodes like any other, to a picture whose lower part is gray, unless one looks: at the marker that ends it, and
//! at whether the decoder would have liked to read on there.

use image::metadata::Orientation;
use image::{DynamicImage, GrayImage, RgbImage};
use zune_jpeg::JpegDecoder;
use zune_jpeg::zune_core::bytestream::ZCursor;
use zune_jpeg::zune_core::colorspace::ColorSpace;
use zune_jpeg::zune_core::options::DecoderOptions;

use super::decoded::{Decoded, MAX_SIDE, TOO_SHORT, check_memory};

/// More one bits than the longest code has: a code of ones alone is in no table, so a decoder that reads them fails. Each `FF` is followed
/// by the zero that says that it is no marker.
const NO_CODE: [u8; 16] = [0xff, 0, 0xff, 0, 0xff, 0, 0xff, 0, 0xff, 0, 0xff, 0, 0xff, 0, 0xff, 0];
const END: [u8; 2] = [0xff, 0xd9];

/// The picture, gray or red, green and blue. CMYK becomes red, green and blue.
pub(super) fn decode(bytes: &[u8]) -> Result<Decoded, String> {
    let options = DecoderOptions::default()
        .set_strict_mode(false)
        .set_max_width(MAX_SIDE as usize)
        .set_max_height(MAX_SIDE as usize);
    // Bits that are missing before the end would be read as zeros: with these the decoder fails instead.
    let whole = [&bytes[..end(bytes).ok_or(TOO_SHORT)?], &NO_CODE, &END].concat();
    let mut decoder = JpegDecoder::new_with_options(ZCursor::new(whole.as_slice()), options);
    decoder.decode_headers().map_err(problem)?;
    let (width, height) = decoder.dimensions().ok_or(TOO_SHORT)?;
    let gray = decoder.input_colorspace() == Some(ColorSpace::Luma);
    let (channels, colors) = if gray {
        (1, ColorSpace::Luma)
    } else {
        (3, ColorSpace::RGB)
    };
    check_memory(height, width, channels)?;
    // Headers may be untidy. What follows them is the picture.
    decoder.set_options(options.jpeg_set_out_colorspace(colors).set_strict_mode(true));
    let orientation = decoder.exif().and_then(|exif| Orientation::from_exif_chunk(exif));
    let pixels = decoder.decode().map_err(problem)?;
    // Sides are at most `MAX_SIDE`.
    let (width, height) = (width as u32, height as u32);
    let image = if gray {
        GrayImage::from_raw(width, height, pixels).map(DynamicImage::from)
    } else {
        RgbImage::from_raw(width, height, pixels).map(DynamicImage::from)
    };
    Ok(Decoded {
        image: image.ok_or(TOO_SHORT)?,
        orientation: orientation.unwrap_or(Orientation::NoTransforms),
        animated: false,
    })
}

/// Where the marker is that ends the first picture of the file. What follows it, such as another picture, does not matter.
fn end(bytes: &[u8]) -> Option<usize> {
    // After the marker that begins it.
    let mut at = 2;
    let mut scans = false;
    loop {
        // Between segments there is nothing, or what is coded.
        while *bytes.get(at)? != 0xff {
            at += 1;
        }
        while *bytes.get(at)? == 0xff {
            at += 1;
        }
        let marker = bytes[at];
        at += 1;
        match marker {
            // Stuffing, restarts, and others that stand alone.
            0 | 1 | 0xd0..=0xd8 => {}
            0xd9 => return scans.then_some(at - 2),
            _ => {
                let length = u16::from_be_bytes([*bytes.get(at)?, *bytes.get(at + 1)?]);
                scans |= marker == 0xda;
                at += usize::from(length).max(2);
            }
        }
    }
}

fn problem(cause: zune_jpeg::errors::DecodeErrors) -> String {
    use zune_jpeg::errors::DecodeErrors;
    match cause {
        DecodeErrors::LargeDimensions(_) => format!("it has more than {MAX_SIDE} rows or columns"),
        DecodeErrors::Unsupported(what) => format!("it is a kind of JPEG that is not read ({what:?})"),
        cause => format!(
            "its JPEG data cannot be decoded to their end: {}",
            cause.to_string().trim_matches('"')
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A scan with stuffing and a restart, after a segment that holds a marker of the end.
    const FILE: &[u8] = &[
        0xff, 0xd8, 0xff, 0xe1, 0, 4, 0xff, 0xd9, 0xff, 0xff, 0xda, 0, 2, 7, 0xff, 0, 0xff, 0xd0, 7, 0xff, 0xd9, 1, 2,
    ];

    #[test]
    fn the_end_is_that_of_the_first_picture() {
        assert_eq!(end(FILE), Some(19));
        assert_eq!(end(&[FILE, FILE].concat()), Some(19));
        for length in 0..=20 {
            assert_eq!(end(&FILE[..length]), None, "{length}");
        }
        assert_eq!(end(&[0xff, 0xd8, 0xff, 0xd9]), None, "no picture");
    }
}
