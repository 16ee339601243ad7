//! Images as PNG data URIs.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use doubleback::data::Frame;

use super::color;

/// An image of the data's own bounds, gray or RGB; `None` when the values do not fill the shape.
pub fn image(pixels: &[f32], shape: [usize; 3], bounds: [f32; 2]) -> Option<String> {
    Some(data_uri("image/png", &image_file(pixels, shape, bounds)?))
}

/// [`image`] as a PNG file.
pub fn image_file(pixels: &[f32], [channels, height, width]: [usize; 3], bounds: [f32; 2]) -> Option<Vec<u8>> {
    let area = height.checked_mul(width)?;
    if pixels.len() != channels.checked_mul(area)? {
        return None;
    }
    let kind = match channels {
        1 => png::ColorType::Grayscale,
        3 => png::ColorType::Rgb,
        _ => return None,
    };
    let bytes: Vec<u8> = (0..area)
        .flat_map(|place| (0..channels).map(move |channel| color::byte(pixels[channel * area + place], bounds)))
        .collect();
    png(&bytes, height, width, kind)
}

/// An image as it is kept for showing, gray or RGB; `None` when its bytes do not fill the shape.
pub fn frame(frame: &Frame, [channels, height, width]: [usize; 3]) -> Option<String> {
    let area = height.checked_mul(width)?;
    let bytes = &frame.bytes;
    if area == 0 || bytes.len() != channels.checked_mul(area)? {
        return None;
    }
    if channels == 1 {
        return Some(data_uri("image/png", &file(bytes, height, width, channels)?));
    }
    let interleaved: Vec<u8> = (0..area)
        .flat_map(|place| (0..channels).map(move |channel| bytes[channel * area + place]))
        .collect();
    Some(data_uri("image/png", &file(&interleaved, height, width, channels)?))
}

/// A signed map, scaled by its own greatest magnitude; channels are added up. `None` when the values do not fill the shape.
pub fn signed_map(values: &[f32], shape: [usize; 3]) -> Option<String> {
    Some(data_uri("image/png", &signed_map_file(values, shape)?))
}

/// [`signed_map`] as a PNG file.
pub fn signed_map_file(values: &[f32], [channels, height, width]: [usize; 3]) -> Option<Vec<u8>> {
    let area = height.checked_mul(width)?;
    if channels == 0 || values.len() != channels.checked_mul(area)? {
        return None;
    }
    let sums: Vec<f64> = (0..area)
        .map(|place| {
            (0..channels)
                .map(|channel| f64::from(values[channel * area + place]))
                .sum()
        })
        .collect();
    let greatest = sums
        .iter()
        .filter(|sum| sum.is_finite())
        .fold(0.0_f64, |greatest, sum| greatest.max(sum.abs()));
    let scale = if greatest > 0.0 { greatest } else { 1.0 };
    let bytes: Vec<u8> = sums.iter().flat_map(|sum| color::diverging(sum / scale)).collect();
    png(&bytes, height, width, png::ColorType::Rgb)
}

/// A PNG file of rows of gray values or of RGB triples, for one channel or three.
pub fn file(bytes: &[u8], height: usize, width: usize, channels: usize) -> Option<Vec<u8>> {
    match channels {
        1 => png(bytes, height, width, png::ColorType::Grayscale),
        3 => png(bytes, height, width, png::ColorType::Rgb),
        _ => None,
    }
}

fn png(bytes: &[u8], height: usize, width: usize, kind: png::ColorType) -> Option<Vec<u8>> {
    let mut file = Vec::new();
    let mut encoder = png::Encoder::new(&mut file, u32::try_from(width).ok()?, u32::try_from(height).ok()?);
    encoder.set_color(kind);
    encoder.set_depth(png::BitDepth::Eight);
    encoder.set_compression(png::Compression::High);
    let mut writer = encoder.write_header().ok()?;
    writer.write_image_data(bytes).ok()?;
    writer.finish().ok()?;
    Some(file)
}

/// A file as a data URI.
pub fn data_uri(kind: &str, file: &[u8]) -> String {
    format!("data:{kind};base64,{}", STANDARD.encode(file))
}

/// A PNG file of indices into a palette of RGB colors.
pub fn indexed(indices: &[u8], colors: &[u8], height: usize, width: usize) -> Option<Vec<u8>> {
    let mut file = Vec::new();
    let mut encoder = png::Encoder::new(&mut file, u32::try_from(width).ok()?, u32::try_from(height).ok()?);
    encoder.set_color(png::ColorType::Indexed);
    encoder.set_depth(png::BitDepth::Eight);
    encoder.set_palette(colors.to_vec());
    encoder.set_compression(png::Compression::High);
    let mut writer = encoder.write_header().ok()?;
    writer.write_image_data(indices).ok()?;
    writer.finish().ok()?;
    Some(file)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decode(uri: &str) -> (png::ColorType, Vec<u8>) {
        let file = STANDARD
            .decode(uri.strip_prefix("data:image/png;base64,").unwrap())
            .unwrap();
        let mut reader = png::Decoder::new(std::io::Cursor::new(file)).read_info().unwrap();
        let mut bytes = vec![0; reader.output_buffer_size().unwrap()];
        let info = reader.next_frame(&mut bytes).unwrap();
        bytes.truncate(info.buffer_size());
        (info.color_type, bytes)
    }

    #[test]
    fn gray_and_rgb_come_back() {
        let (kind, bytes) = decode(&image(&[0.0, 1.0], [1, 1, 2], [0.0, 1.0]).unwrap());
        assert_eq!((kind, bytes), (png::ColorType::Grayscale, vec![0, 255]));
        let (kind, bytes) = decode(&image(&[1.0, 0.0, 0.0, 1.0, 0.0, 0.0], [3, 1, 2], [0.0, 1.0]).unwrap());
        assert_eq!((kind, bytes), (png::ColorType::Rgb, vec![255, 0, 0, 0, 255, 0]));
    }

    #[test]
    fn wrong_sizes_are_no_image() {
        assert_eq!(image(&[0.0; 3], [1, 2, 2], [0.0, 1.0]), None);
        assert_eq!(image(&[0.0; 8], [2, 2, 2], [0.0, 1.0]), None);
        assert_eq!(signed_map(&[0.0; 3], [1, 2, 2]), None);
        assert_eq!(image(&[], [1, 0, 0], [0.0, 1.0]), None);
    }

    #[test]
    fn a_map_is_scaled_by_its_own_maximum() {
        let (_, bytes) = decode(&signed_map(&[1e-9, -2e-9, 0.0, f32::NAN], [1, 2, 2]).unwrap());
        assert_eq!(bytes[3..6], [5, 72, 145]);
        assert_eq!(bytes[6..], [255; 6]);
    }
}
