//! EXIF data in files.
#![allow(dead_code)]

/// EXIF data that say how a picture is to be turned, and something else before that.
pub fn tiff_with_orientation(orientation: u16, big_endian: bool) -> Vec<u8> {
    let two = |value: u16| {
        if big_endian {
            value.to_be_bytes()
        } else {
            value.to_le_bytes()
        }
    };
    let four = |value: u32| {
        if big_endian {
            value.to_be_bytes()
        } else {
            value.to_le_bytes()
        }
    };
    let mut tiff = if big_endian { b"MM".to_vec() } else { b"II".to_vec() };
    tiff.extend(two(42));
    tiff.extend(four(8));
    tiff.extend(two(2));
    for (tag, value) in [(0x0106, 2), (0x0112, orientation)] {
        tiff.extend(two(tag));
        tiff.extend(two(3));
        tiff.extend(four(1));
        tiff.extend(two(value));
        tiff.extend([0, 0]);
    }
    tiff.extend(four(0));
    tiff
}

/// A JPEG file with these EXIF data.
pub fn jpeg_with_exif(jpeg: &[u8], exif: &[u8]) -> Vec<u8> {
    let length = u16::try_from(exif.len() + 8).unwrap().to_be_bytes();
    [&jpeg[..2], &[0xff, 0xe1], &length, b"Exif\0\0", exif, &jpeg[2..]].concat()
}

/// A PNG file with one more chunk before its pixels.
pub fn png_with_chunk(png: &[u8], name: &[u8; 4], data: &[u8]) -> Vec<u8> {
    // After the signature and the header.
    [&png[..33], &png_chunk(name, data), &png[33..]].concat()
}

/// A chunk of a PNG file.
pub fn png_chunk(name: &[u8; 4], data: &[u8]) -> Vec<u8> {
    let mut crc = flate2::Crc::new();
    crc.update(name);
    crc.update(data);
    let length = u32::try_from(data.len()).unwrap().to_be_bytes();
    [&length, &name[..], data, &crc.sum().to_be_bytes()].concat()
}
