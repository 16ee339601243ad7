//! PNG files.

use std::io::{Cursor, ErrorKind};

use image::metadata::Orientation;
use image::{DynamicImage, ImageDecoder, ImageError, ImageFormat, ImageReader, Limits};

use super::decoded::{Decoded, MAX_DECODED, MAX_SIDE, TOO_SHORT, check_memory};

/// The picture; of an animation, the one that is shown where animations are not.
pub(super) fn decode(bytes: &[u8]) -> Result<Decoded, String> {
    let reader = ImageReader::with_format(Cursor::new(bytes), ImageFormat::Png);
    let mut limits = Limits::default();
    limits.max_image_width = Some(MAX_SIDE);
    limits.max_image_height = Some(MAX_SIDE);
    limits.max_alloc = Some(MAX_DECODED);
    let mut decoder = reader.into_decoder().map_err(problem)?;
    let (width, height) = decoder.dimensions();
    let bytes_a_pixel = usize::from(decoder.color_type().bytes_per_pixel());
    check_memory(height as usize, width as usize, bytes_a_pixel)?;
    decoder.set_limits(limits).map_err(problem)?;
    let image = DynamicImage::from_decoder(decoder).map_err(problem)?;
    let Extras { exif, animated } = extras(bytes);
    Ok(Decoded {
        image,
        orientation: exif
            .and_then(Orientation::from_exif_chunk)
            .unwrap_or(Orientation::NoTransforms),
        animated,
    })
}

struct Extras<'a> {
    exif: Option<&'a [u8]>,
    animated: bool,
}

/// What chunks before and behind the pixels say: decoders of the pixels see only those before.
fn extras(bytes: &[u8]) -> Extras<'_> {
    let mut extras = Extras {
        exif: None,
        animated: false,
    };
    let mut rest = bytes.get(8..).unwrap_or_default();
    while let Some((length, named)) = rest.split_first_chunk::<4>() {
        let length = u32::from_be_bytes(*length) as usize;
        let Some((name, content)) = named.split_first_chunk::<4>() else {
            break;
        };
        let Some(data) = content.get(..length) else { break };
        match name {
            // Some writers put JPEG's prefix before it.
            b"eXIf" => extras.exif = Some(data.strip_prefix(b"Exif\0\0").unwrap_or(data)),
            b"acTL" => {
                extras.animated = data
                    .get(..4)
                    .is_some_and(|frames| frames != [0, 0, 0, 0] && frames != [0, 0, 0, 1])
            }
            _ => {}
        }
        // The checksum follows.
        rest = content.get(length.saturating_add(4)..).unwrap_or_default();
    }
    extras
}

fn problem(cause: ImageError) -> String {
    match cause {
        ImageError::Limits(_) => format!("it has more than {MAX_SIDE} rows or columns, or takes too much memory"),
        ImageError::IoError(cause) if cause.kind() == ErrorKind::UnexpectedEof => TOO_SHORT.to_owned(),
        cause => format!("its PNG data cannot be decoded: {cause}"),
    }
}
