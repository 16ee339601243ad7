//! Images as participants get them: PNG files that all have the same length, so that nothing but the pixels tells one from another.

use std::fs;
use std::io::Cursor;
use std::path::Path;

use doubleback_data::sha256;
use png::{BitDepth, ColorType, Compression, Decoder, Encoder, Filter, Transformations};

use crate::{Error, Result};

/// Reads an image of a study, checks it, and encodes it anew without compression, filters or anything besides the pixels.
///
/// # Errors
/// If the file cannot be read, has another checksum than the manifest says, or is no PNG of eight bits a channel and of this shape (rows, columns, channels).
pub(super) fn read(path: &Path, checksum: &str, shape: [usize; 3]) -> Result<Vec<u8>> {
    let bytes = fs::read(path).map_err(|cause| Error::File {
        path: path.to_owned(),
        action: "cannot read",
        cause,
    })?;
    let content = |what: String| Error::Content {
        path: path.to_owned(),
        what,
    };
    let found = sha256(std::iter::once(bytes.as_slice()));
    if !found.eq_ignore_ascii_case(checksum) {
        return Err(content(format!(
            "its SHA-256 is {found}, and study.json says {checksum}: bring back the file that the study was made with, or make the study again"
        )));
    }
    let pixels = decode(&bytes, shape).map_err(content)?;
    encode(&pixels, shape).map_err(|error| content(format!("cannot be encoded: {error}")))
}

fn color(channels: usize) -> Option<ColorType> {
    match channels {
        1 => Some(ColorType::Grayscale),
        3 => Some(ColorType::Rgb),
        _ => None,
    }
}

fn decode(bytes: &[u8], [rows, columns, channels]: [usize; 3]) -> std::result::Result<Vec<u8>, String> {
    let mut decoder = Decoder::new(Cursor::new(bytes));
    decoder.set_transformations(Transformations::IDENTITY);
    let broken = |error: png::DecodingError| format!("is no PNG: {error}");
    let mut reader = decoder.read_info().map_err(broken)?;
    let info = reader.info();
    let found = (
        info.height as usize,
        info.width as usize,
        info.color_type,
        info.bit_depth,
    );
    let expected =
        color(channels).ok_or_else(|| format!("study.json says {channels} channels: 1 or 3 can be shown"))?;
    if found != (rows, columns, expected, BitDepth::Eight) {
        let (height, width, color, depth) = found;
        return Err(format!(
            "{height} by {width} pixels, {color:?}, {} bits: expected {rows} by {columns}, {expected:?}, 8 bits, as study.json says",
            depth as u8
        ));
    }
    let mut pixels = vec![0; rows * columns * channels];
    reader.next_frame(&mut pixels).map_err(broken)?;
    Ok(pixels)
}

/// A PNG whose length depends on the shape only.
fn encode(pixels: &[u8], [rows, columns, channels]: [usize; 3]) -> std::result::Result<Vec<u8>, png::EncodingError> {
    let mut bytes = Vec::new();
    let mut encoder = Encoder::new(
        &mut bytes,
        u32::try_from(columns).unwrap_or(0),
        u32::try_from(rows).unwrap_or(0),
    );
    encoder.set_color(color(channels).unwrap_or(ColorType::Grayscale));
    encoder.set_depth(BitDepth::Eight);
    encoder.set_compression(Compression::NoCompression);
    encoder.set_filter(Filter::NoFilter);
    let mut writer = encoder.write_header()?;
    writer.write_image_data(pixels)?;
    writer.finish()?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn pixels_stay_and_lengths_are_equal(rows in 1..40_usize, columns in 1..40_usize, color: bool, seed: u8) {
            let shape = [rows, columns, if color { 3 } else { 1 }];
            let count = rows * columns * shape[2];
            let noise: Vec<u8> = (0..count).map(|at| (at * at) as u8 ^ seed).collect();
            let encoded = encode(&noise, shape).unwrap();
            prop_assert_eq!(decode(&encoded, shape).unwrap(), noise);
            prop_assert_eq!(encoded.len(), encode(&vec![0; count], shape).unwrap().len());
        }
    }

    #[test]
    fn other_shapes_and_what_is_no_image_are_refused() {
        let encoded = encode(&[0; 12], [3, 4, 1]).unwrap();
        assert!(decode(&encoded, [4, 3, 1]).unwrap_err().contains("3 by 4 pixels"));
        assert!(decode(&encoded, [2, 2, 3]).unwrap_err().contains("Rgb"));
        assert!(decode(&encoded[..encoded.len() / 2], [3, 4, 1]).is_err());
        assert!(decode(b"hello", [3, 4, 1]).unwrap_err().contains("no PNG"));
    }

    #[test]
    fn a_changed_file_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.png");
        let bytes = encode(&[1; 4], [2, 2, 1]).unwrap();
        fs::write(&path, &bytes).unwrap();
        let checksum = sha256(std::iter::once(bytes.as_slice()));
        assert_eq!(read(&path, &checksum, [2, 2, 1]).unwrap(), bytes);
        fs::write(&path, encode(&[2; 4], [2, 2, 1]).unwrap()).unwrap();
        assert!(
            read(&path, &checksum, [2, 2, 1])
                .unwrap_err()
                .to_string()
                .contains("SHA-256")
        );
    }
}
