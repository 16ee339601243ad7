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

/// Steps of [`readable_map`] on either side of zero.
const STEPS: i16 = 127;

/// A signed map of one channel, whose values can be read again from its colors (maps.js): in steps of a 127th of `greatest`, blue for negative, white for zero,
/// red-brown for positive. `None` when the values do not fill the shape.
pub fn readable_map(values: &[f32], [height, width]: [usize; 2], greatest: f32) -> Option<String> {
    if values.len() != height.checked_mul(width)? {
        return None;
    }
    let colors: Vec<u8> = (-STEPS..=STEPS)
        .flat_map(|step| color::diverging(f64::from(step) / f64::from(STEPS)))
        .collect();
    let index = |value: &f32| {
        let share = f64::from(*value) / f64::from(greatest);
        let step = if share.is_finite() { share.clamp(-1.0, 1.0) } else { 0.0 } * f64::from(STEPS);
        (step.round() as i16 + STEPS) as u8
    };
    let indices: Vec<u8> = values.iter().map(index).collect();
    Some(data_uri("image/png", &indexed(&indices, &colors, height, width)?))
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

    /// Of negative values red, of positive ones blue falls with each step, and either is less than the other: so the page's script reads them.
    #[test]
    fn the_colors_of_a_readable_map_say_its_values() {
        let uri = readable_map(&[-2.0, -1.0, 0.0, 0.016, 2.0, f32::NAN], [2, 3], 2.0).unwrap();
        let (kind, indices) = decode(&uri);
        assert_eq!(
            (kind, indices),
            (png::ColorType::Indexed, vec![0, 63, 127, 128, 254, 127])
        );
        assert_eq!(decode(&readable_map(&[0.0; 2], [1, 2], 0.0).unwrap()).1, [127; 2]);
        let colors: Vec<[u8; 3]> = (-127..=127)
            .map(|step| color::diverging(f64::from(step) / 127.0))
            .collect();
        for (step, [red, _, blue]) in (-127i16..).zip(colors) {
            let read = match red < blue {
                true => -f64::from(255 - red) / 250.0,
                false => f64::from(255 - blue) / 252.0,
            };
            assert_eq!((127.0 * read).round() as i16, step);
        }
    }
}
